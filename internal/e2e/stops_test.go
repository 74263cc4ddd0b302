package e2e

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
)

func TestANameIsUsedOnceUntilItIsRolledBack(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"again","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.finish("again")
	reason := s.fails(`{"migration":"again"}`)
	assert.Contains(t, reason, "migration")
	assert.Contains(t, reason, "roll")
	s.rollBack("again", before)
	s.start(`{"migration":"again","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.finish("again")
	for _, file := range []string{"reconciliation.json", "rollback.json", "sample-diff.json", "id-map.csv"} {
		assert.FileExists(t, filepath.Join(s.dir, "archive", "again", "runs", "1", file))
	}
	assert.NoFileExists(t, filepath.Join(s.dir, "archive", "again", "rollback.json"))
	s.exactlyOnce()
	s.clean("again")
}

func TestABadMapFailsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.env["MAPPING_DIR"] = s.dir
	s.file("bad.yaml", "lead_status: {new: sideways}\n")
	s.work()
	assert.Contains(t, s.fails(`{"migration":"nomap","mapping":"nowhere.yaml"}`), "nowhere.yaml")
	assert.Contains(t, s.fails(`{"migration":"badmap","mapping":"bad.yaml"}`), "bad.yaml")
	assert.Contains(t, s.fails(`{"migration":"badkey","colour":"red"}`), "colour")
	assert.Zero(t, s.written())
}

func TestTheMapGateHoldsEverythingBack(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.furnish()
	s.work()
	s.start(`{"migration":"gated","map_gate":"confirm","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	gate := s.until("gated", "the map gate", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	assert.Equal(t, api.PhaseMap, gate.Phase)
	assert.Zero(t, s.written(), "nothing is written before the map is confirmed")
	assert.Error(t, s.tryUpdate("gated", api.Confirm, api.Decision{Approved: true}), "a confirm must name the report")
	require.NoError(t, s.tryUpdate("gated", api.Confirm, api.Decision{Approved: false, Report: gate.Digest[:8]}))
	assert.Equal(t, api.StatusRolledBack, s.result("gated", time.Minute).Status)
	assert.Zero(t, s.written())
	s.untouched(before)
	s.start(`{"migration":"gated","map_gate":"confirm","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	gate = s.until("gated", "the map gate", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm && p.Phase == api.PhaseMap })
	s.confirm("gated", gate)
	s.until("gated", "the sample", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseSample })
	s.finish("gated")
	s.judge("gated", before, false, nil)
}

func TestWhatWasStoppedMidLoadIsUndoneFromTheLedgerAlone(t *testing.T) {
	t.Parallel()
	for how, stop := range map[string]func(*stack, string){
		"cancel": func(s *stack, id string) {
			require.NoError(s, s.client.CancelWorkflow(context.Background(), id, ""))
			assert.Equal(s, api.StatusCanceled, s.result("stopped-cancel", time.Minute).Status)
		},
		"terminate": func(s *stack, id string) {
			require.NoError(s, s.client.TerminateWorkflow(context.Background(), id, "", "no more"))
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			m := "stopped-" + how
			s := newStack(t, small(), unlimited())
			before := s.furnish()
			s.work()
			s.start(`{"migration":"` + m + `","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
			gate := s.untilGate(m)
			s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
			s.confirm(m, gate)
			s.until(m, "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople && objectOf(p, "people").Created > 15 })
			stop(s, api.MigrationIDPrefix+m)
			s.dest.SetLatency(nutshelltest.Latency{})
			s.rollBack(m, before)
		})
	}
}

func TestAResetToTheFirstTaskEndsExactlyOnce(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"reset","page_size":10,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("reset")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
	s.confirm("reset", gate)
	s.until("reset", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople && objectOf(p, "people").Created > 15 })
	s.reset("reset")
	s.confirm("reset", s.untilGate("reset"))
	p := s.result("reset", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("reset", before, false, nil)
	s.exactlyOnce()
	s.clean("reset")
}

// reset resets a workflow to the end of its first task.
func (s *stack) reset(migration string) {
	s.Helper()
	_, err := s.client.ResetWorkflowExecution(context.Background(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: api.MigrationIDPrefix + migration},
		Reason: "a test", WorkflowTaskFinishEventId: 4, RequestId: s.Name(),
	})
	require.NoError(s, err)
}

func TestNothingIsCalledWhilePaused(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"paused","page_size":20,"sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("paused")
	s.dest.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 25})
	s.confirm("paused", gate)
	s.until("paused", "people", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople })
	began := time.Now()
	s.update("paused", api.Pause)
	assert.Less(t, time.Since(began), 5*time.Second, "the update returns when nothing is in flight")
	calls, asked := s.dest.Stats().Calls(), s.source.Stats()
	p, err := s.progress("paused")
	require.NoError(t, err)
	assert.Equal(t, api.StatusPaused, p.Status)
	assert.Equal(t, api.Resume, p.WaitingFor)
	assert.Never(t, func() bool { return s.dest.Stats().Calls() != calls }, 3*time.Second, 100*time.Millisecond)
	assert.Equal(t, asked, s.source.Stats())
	s.resume("paused")
	p = s.result("paused", time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("paused", before, false, nil)
	s.exactlyOnce()
}
