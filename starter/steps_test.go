package main

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/workflows"
)

const testDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// script answers the steps of one test's migrations; a step without a line finishes at once.
type script struct {
	mu    sync.Mutex
	steps map[string]func(context.Context, json.RawMessage) (any, error)
}

func (s *script) on(name string, fn func(context.Context, json.RawMessage) (any, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps[name] = fn
}

func (s *script) do(ctx context.Context, in json.RawMessage) (any, error) {
	s.mu.Lock()
	fn := s.steps[activity.GetInfo(ctx).ActivityType.Name]
	s.mu.Unlock()
	if fn == nil {
		return struct{}{}, nil
	}
	return fn(ctx, in)
}

// theWorker runs the real workflows over scripted steps, on a task queue of its own. It ends with the test.
func theWorker(t *testing.T) (*script, map[string]string) {
	t.Helper()
	c, err := server.Client()
	require.NoError(t, err)
	queue := strings.ReplaceAll(t.Name(), "/", "-")
	w := worker.New(c, queue, worker.Options{})
	workflows.Register(w)
	s := &script{steps: map[string]func(context.Context, json.RawMessage) (any, error){}}
	for _, name := range []string{
		step.Open, step.Preflight, step.Extract, step.Owners, step.Plan, step.PreReport, step.Probe, step.Fields, step.PickSample, step.Write, step.Settle,
		step.SampleDiff, step.Recrawl, step.Archive, step.PlanDelta, step.Reconcile, step.Repair, step.Finish, step.SetPause, step.Record, step.AwaitHost,
		step.OpenUndo, step.PlanUndo, step.Undo, step.Prove,
	} {
		w.RegisterActivityWithOptions(s.do, activity.RegisterOptions{Name: name})
	}
	s.on(step.Open, func(_ context.Context, raw json.RawMessage) (any, error) {
		var in step.OpenIn
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, err
		}
		input, err := api.DecodeInput(in.Input)
		return step.OpenOut{Ref: step.Ref{Migration: input.Migration, Generation: 1, Ledger: "l"}}, err
	})
	s.on(step.Plan, func(context.Context, json.RawMessage) (any, error) {
		return step.PlanOut{Counters: step.Counters{Objects: []api.ObjectProgress{{Object: "people", Total: 20}}}}, nil
	})
	s.on(step.SampleDiff, func(context.Context, json.RawMessage) (any, error) {
		return step.ReportOut{URL: "file:///srv/archive/x/sample-diff.html", Digest: testDigest}, nil
	})
	require.NoError(t, w.Start())
	t.Cleanup(func() { w.Stop(); c.Close() })
	return s, live("TEMPORAL_TASK_QUEUE", queue)
}

// leave ends a migration with its test, so that the name is free again.
func leave(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() {
		c, err := server.Client()
		require.NoError(t, err)
		defer c.Close()
		assert.NoError(t, c.TerminateWorkflow(context.Background(), api.MigrationIDPrefix+name, "", "the test is over"))
	})
}

// waitFor polls the progress of a migration.
func waitFor(t *testing.T, id string, what func(api.Progress) bool) api.Progress {
	t.Helper()
	c, err := server.Client()
	require.NoError(t, err)
	defer c.Close()
	var p api.Progress
	require.Eventually(t, func() bool { return query(t.Context(), c, id, &p) == nil && what(p) }, waitMost, waitTick, "%s: last progress %+v", id, &p)
	return p
}

func query(ctx context.Context, c client.Client, id string, p *api.Progress) error {
	v, err := c.QueryWorkflow(ctx, id, "", api.ProgressQuery)
	if err != nil {
		return err
	}
	*p = api.Progress{}
	return v.Get(p)
}
