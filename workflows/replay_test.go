package workflows_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/workflows"
)

// histories are those of real runs, by file; a folder holds what was recorded on one day (make record-histories).
func histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob("testdata/histories/*/*.json.gz")
	require.NoError(t, err)
	out := map[string]*historypb.History{}
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(t, err)
		z, err := gzip.NewReader(f)
		require.NoError(t, err, file)
		b, err := io.ReadAll(z)
		require.NoError(t, err, file)
		require.NoError(t, f.Close())
		h := &historypb.History{}
		require.NoError(t, protojson.Unmarshal(b, h), file)
		out[strings.TrimPrefix(file, "testdata/histories/")] = h
	}
	return out
}

func start(h *historypb.History) *historypb.WorkflowExecutionStartedEventAttributes {
	return h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
}

func replay(h *historypb.History) error {
	r := worker.NewWorkflowReplayer()
	workflows.Register(r)
	s := start(h)
	return r.ReplayWorkflowHistoryWithOptions(nil, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: s.GetWorkflowId(), RunID: s.GetOriginalExecutionRunId()},
	})
}

// TestRecordedHistoriesReplay guards determinism: histories recorded from real runs still lead to the same decisions. A change that breaks
// one would break running migrations; it belongs behind workflow.GetVersion, and new histories beside the old ones.
func TestRecordedHistoriesReplay(t *testing.T) {
	for file, h := range histories(t) {
		t.Run(file, func(t *testing.T) { require.NoError(t, replay(h)) })
	}
}

// TestHistoriesOfEveryKindAreRecorded: what can happen to a run has happened to one that is replayed.
func TestHistoriesOfEveryKindAreRecorded(t *testing.T) {
	found := map[string]string{}
	for file, h := range histories(t) {
		for _, kind := range kindsOf(h) {
			found[kind] = file
		}
	}
	for _, kind := range []string{
		"Migration undisturbed", "Migration told " + api.Pause, "Migration told " + api.Resume, "Migration told " + api.Confirm, "Migration told " + api.Cutover,
		"Migration told " + api.Accept, "Migration told " + api.Rollback, "Migration refused a message", "Migration with " + api.RollbackWorkflow, "Migration canceled",
		"Rollback in a migration", "Rollback alone", "Pages", "Pages continued as new", "Pages going on", "Delta", "Delta continued as new", "Delta going on", "Retry", "Notice",
	} {
		assert.NotEmpty(t, found[kind], "no history is recorded of: %s", kind)
	}
}

// kindsOf says what a history is an example of.
func kindsOf(h *historypb.History) (kinds []string) {
	s := start(h)
	name := s.GetWorkflowType().GetName()
	is := func(what string) { kinds = append(kinds, strings.TrimSpace(name+" "+what)) }
	is("")
	if s.GetContinuedExecutionRunId() != "" {
		is("going on")
	}
	if name == api.RollbackWorkflow && s.GetParentWorkflowExecution() == nil {
		is("alone")
	} else if name == api.RollbackWorkflow {
		is("in a migration")
	}
	told := 0
	for _, e := range h.GetEvents() {
		message := e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName()
		if u := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); u != nil {
			message = u.GetAcceptedRequest().GetInput().GetName()
		}
		switch message {
		case api.Pause, api.Resume, api.Confirm, api.Cutover, api.Accept, api.Rollback:
			is("told " + message)
			told++
		}
		if summary := string(e.GetUserMetadata().GetSummary().GetData()); summary == `"refused"` {
			is("refused a message")
		}
		if child := e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowType().GetName(); child != "" {
			is("with " + child)
		}
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
			is("canceled")
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
			is("continued as new")
		}
	}
	if told == 1 && name == api.MigrationWorkflow { // the confirm
		is("undisturbed")
	}
	return kinds
}

// A history of other decisions than the code takes does not replay: the guard can bite.
func TestAHistoryOfOtherDecisionsDoesNotReplay(t *testing.T) {
	bitten := map[string]bool{}
	for file, h := range histories(t) {
		name := start(h).GetWorkflowType().GetName()
		if bitten[name] {
			continue
		}
		changed := proto.Clone(h).(*historypb.History)
		for _, e := range changed.GetEvents() {
			if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
				a.ActivityType.Name = step.AwaitHost
				require.Error(t, replay(changed), file)
				bitten[name] = true
				break
			}
		}
	}
	assert.Len(t, bitten, 6, "one of each workflow type")
}
