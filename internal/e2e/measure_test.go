package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/internal/api"
)

// workflowsOf lists every run of every workflow of this stack's task queue; all belong to one migration.
func (s *stack) workflowsOf(string) []*commonpb.WorkflowExecution {
	var out []*commonpb.WorkflowExecution
	s.each(func(e *workflowpb.WorkflowExecutionInfo) { out = append(out, e.GetExecution()) })
	return out
}

// history counts the events of every workflow of this stack's task queue by type of workflow.
func (s *stack) history() map[string]int64 {
	out := map[string]int64{}
	s.each(func(e *workflowpb.WorkflowExecutionInfo) { out[e.GetType().GetName()] += e.GetHistoryLength() })
	return out
}

// continuedAsNew tells whether a workflow of a type has handed over to a run of its own that goes on.
func (s *stack) continuedAsNew(kind string) (yes bool) {
	s.each(func(e *workflowpb.WorkflowExecutionInfo) {
		yes = yes || e.GetType().GetName() == kind && e.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
	})
	return yes
}

func (s *stack) each(fn func(*workflowpb.WorkflowExecutionInfo)) {
	s.Helper()
	var token []byte
	for {
		list, err := s.client.ListWorkflow(context.Background(), &workflowservice.ListWorkflowExecutionsRequest{Query: "TaskQueue = '" + s.queue + "'", NextPageToken: token})
		require.NoError(s, err)
		for _, e := range list.GetExecutions() {
			fn(e)
		}
		if token = list.GetNextPageToken(); len(token) == 0 {
			return
		}
	}
}

// effects counts the calls that changed something.
func (s *stack) effects() (effects, calls int64) {
	st := s.dest.Stats()
	for kind, n := range st.Kinds {
		calls += n.Total()
		if kind != "read" {
			effects += n.Accepted
		}
	}
	return effects, calls
}

func TestTheCallsOfAnAccountOfFifteenHundred(t *testing.T) {
	c := small()
	c.Size = "S"
	s := newStack(t, c, unlimited())
	s.work()
	began := time.Now()
	s.start(`{"migration":"bounded","write_probes":false,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	s.confirm("bounded", s.untilGate("bounded"))
	p := s.result("bounded", 5*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	effects, calls := s.effects()
	t.Logf("%d calls for %d effects = %.4f, in %s, history %v", calls, effects, float64(calls)/float64(effects), time.Since(began), s.history())
	assert.LessOrEqual(t, float64(calls), 1.05*float64(effects), "calls an effect")
	assert.Equal(t, calls, p.Calls.Total(), "the calls that are shown are the calls that were made")
}
