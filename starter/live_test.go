package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

const (
	waitMost = 20 * time.Second
	waitTick = 50 * time.Millisecond
)

func atGate(p api.Progress) bool {
	return p.Status == api.StatusWaiting && p.Phase == api.PhaseApproval
}

func TestFromStartToEnd(t *testing.T) {
	t.Parallel()
	_, env := theWorker(t)
	input := filepath.Join(t.TempDir(), "input.json")
	require.NoError(t, os.WriteFile(input, []byte(`{"migration":"whole","delta_window":"1s","delta_interval":"1s","approvers":["jo@example.com"]}`), 0o600))

	out := command(t, env, "start", "--input", input, "--sample-size", "200").done(t).out
	assert.Contains(t, out, "migration/whole")
	assert.Contains(t, out, "starter status whole")
	command(t, env, "start", "whole").oneLine(t, exitFailed, "running already")
	waitFor(t, "migration/whole", atGate)

	page := command(t, env, "status", "whole", "--once").done(t).out
	assert.Contains(t, page, "WAITING")
	assert.Contains(t, page, "starter confirm whole --approve")
	command(t, env, "confirm", "whole", "--approve", "--approver", "jo@example.com", "--report", "ffffffff").oneLine(t, exitFailed, "confirm was refused", "01234567")
	command(t, env, "confirm", "whole", "--approve").oneLine(t, exitFailed, "confirm was refused", "approver")
	command(t, env, "accept", "whole").oneLine(t, exitFailed, "nothing to accept")
	command(t, env, "cutover", "whole").oneLine(t, exitFailed, "no delta window is open")
	command(t, env, "confirm", "whole", "--approve", "--approver", "Jo@example.com", "--report", testDigest[:8]).done(t)

	followed := command(t, env, "status", "whole").done(t).out
	assert.Contains(t, followed, "completed")
	var p api.Progress
	require.NoError(t, json.Unmarshal([]byte(command(t, env, "status", "whole", "--json").done(t).out), &p))
	assert.Equal(t, api.StatusCompleted, p.Status)
	assert.Len(t, p.Objects, len(api.Objects))
	command(t, env, "pause", "whole").oneLine(t, exitFailed, "has ended already")
}

func TestInputOfFlagsReachesTheWorkflowAsGiven(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	got := make(chan []byte, 1)
	s.on(step.Open, func(_ context.Context, raw json.RawMessage) (any, error) {
		var in step.OpenIn
		err := json.Unmarshal(raw, &in)
		got <- in.Input
		return step.OpenOut{Ref: step.Ref{Migration: "flags"}}, err
	})
	command(t, env, "start", "flags", "--map-gate", "confirm", "--approvers", "a@example.com,b@example.com", "--delta-window", "90s", "--write-probes=false",
		"--discrepancy-threshold", "0.01", "--window", "8").done(t)
	leave(t, "flags")
	in, err := api.DecodeInput(<-got)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"migration", "map_gate", "approvers", "delta_window", "write_probes", "discrepancy_threshold", "window"}, in.Given,
		"keys that nobody gave are left to their defaults")
	assert.Equal(t, []string{"a@example.com", "b@example.com"}, in.Approvers)
	assert.Equal(t, 90*time.Second, in.DeltaWindow.D())
	assert.False(t, in.WriteProbes)
}

func TestStartTellsWhatIsWrongWithTheInput(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	s.on(step.Open, func(context.Context, json.RawMessage) (any, error) {
		return nil, temporal.NewNonRetryableApplicationError("mapping: file none.yaml in MAPPING_DIR cannot be read", api.BadInput, nil)
	})
	command(t, env, "start", "refused", "--mapping", "none.yaml").oneLine(t, exitFailed, "none.yaml", "MAPPING_DIR")
	command(t, env, "status", "refused").oneLine(t, exitFailed, "none.yaml")
}

func TestAcceptedFindingsAreCode3(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	s.on(step.Reconcile, func(context.Context, json.RawMessage) (any, error) { return step.ReportOut{Findings: true}, nil })
	command(t, env, "start", "findings", "--delta-window", "0s").done(t)
	waitFor(t, "migration/findings", atGate)
	command(t, env, "confirm", "findings", "--approve").done(t)
	r := command(t, env, "status", "findings")
	assert.Equal(t, exitFindings, r.code)
	assert.Empty(t, r.err)
	r = command(t, env, "status", "findings", "--json")
	assert.Equal(t, exitFindings, r.code)
	assert.True(t, json.Valid([]byte(r.out)))
}

func TestParkedRunShowsLiveNumbersAndGoesOn(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	s.on(step.Owners, func(ctx context.Context, raw json.RawMessage) (any, error) {
		var in step.In
		if err := json.Unmarshal(raw, &in); err != nil || in.Accepted {
			return step.OwnersOut{}, err
		}
		return step.OwnersOut{Outcome: step.Outcome{Park: &step.Park{Code: "orphans", Accept: true, Reason: "3 agents have no user; create them and resume, or accept"}}}, nil
	})
	working := make(chan struct{})
	s.on(step.Plan, func(ctx context.Context, _ json.RawMessage) (any, error) {
		activity.RecordHeartbeat(ctx, step.Beat{Step: "plan contacts", Done: 120, Total: 400})
		select {
		case <-working:
		case <-ctx.Done():
		}
		return step.PlanOut{}, ctx.Err()
	})
	command(t, env, "start", "parked").done(t)
	waitFor(t, "migration/parked", func(p api.Progress) bool { return p.Status == api.StatusParked })
	page := command(t, env, "status", "parked", "--once").done(t).out
	assert.Contains(t, page, "3 agents have no user")
	assert.Contains(t, page, "starter accept parked")
	command(t, env, "accept", "parked", "--by", "op", "--reason", "they left").done(t)
	require.Eventually(t, func() bool {
		return strings.Contains(command(t, env, "status", "parked", "--once").out, "now     plan contacts: 120 of 400")
	}, waitMost, waitTick)
	close(working)
	waitFor(t, "migration/parked", atGate)
	assert.Contains(t, command(t, env, "rollback", "parked", "--wait").done(t).out, "stops and undoes")
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	_, env := theWorker(t)
	command(t, env, "start", "rest").done(t)
	waitFor(t, "migration/rest", atGate)
	command(t, env, "pause", "rest").done(t)
	command(t, env, "pause", "rest").oneLine(t, exitFailed, "paused already")
	command(t, env, "resume", "rest").done(t)
	command(t, env, "confirm", "rest", "--reject", "--comment", "not yet").done(t)
	waitFor(t, "migration/rest", func(p api.Progress) bool { return p.Status == api.StatusRolledBack })
}

func TestRollbackOfAnEndedMigration(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	s.on(step.OpenUndo, func(_ context.Context, raw json.RawMessage) (any, error) {
		var in step.UndoOpenIn
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, err
		}
		input, err := api.DecodeRollback(in.Input)
		if err == nil && input.Edited != "force" {
			err = temporal.NewNonRetryableApplicationError("edited is not force", api.BadInput, nil)
		}
		return step.OpenOut{Ref: step.Ref{Migration: input.Migration}}, err
	})
	command(t, env, "start", "ended", "--delta-window", "0s").done(t)
	waitFor(t, "migration/ended", atGate)
	command(t, env, "rollback", "ended", "--edited", "force").oneLine(t, exitUsage, "--edited force", "ended")
	command(t, env, "confirm", "ended", "--approve").done(t)
	command(t, env, "status", "ended").done(t)

	command(t, env, "rollback", "ended").oneLine(t, exitFailed, "edited is not force")
	out := command(t, env, "rollback", "ended", "--edited", "force", "--wait").done(t).out
	assert.Contains(t, out, "rollback/ended")
	assert.Contains(t, out, "rolled_back")
	assert.Contains(t, command(t, env, "status", "ended", "--once").done(t).out, "ROLLED_BACK", "status shows the latest of both workflows")
}

func TestWithoutWorkerStatusSaysSo(t *testing.T) {
	t.Parallel()
	env := live("TEMPORAL_TASK_QUEUE", "nobody-listens")
	started := command(t, env, "start", "alone").done(t).out
	leave(t, "alone")
	assert.Contains(t, started, "no worker has opened it yet")
	command(t, env, "status", "alone", "--json").oneLine(t, exitFailed, "no worker answers", "nobody-listens")

	ctx, stopLooking := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"status", "alone"}, console{out: &out, err: &errs, environ: env}) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "no worker answers") }, waitMost, waitTick)
	stopLooking()
	assert.Equal(t, exitDone, <-ended, "whoever looks may stop looking")
	assert.Empty(t, errs.String())
}
