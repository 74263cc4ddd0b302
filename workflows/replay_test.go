package workflows_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"rezora2nutshell/workflows"
)

// TestRecordedHistoriesReplay guards determinism: histories recorded from real runs still lead to the same decisions. A change that breaks
// one would break running migrations; it belongs behind workflow.GetVersion. Record new ones with
// RECORD_HISTORIES=$PWD/workflows/testdata/histories go test ./internal/e2e -run TestStoriesWorthReplaying.
func TestRecordedHistoriesReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files, "no history is recorded")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			var h historypb.History
			require.NoError(t, protojson.Unmarshal(b, &h))
			replayer := worker.NewWorkflowReplayer()
			workflows.Register(replayer)
			parts := strings.Split(filepath.Base(file), ".")
			started := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
			require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, &h, worker.ReplayWorkflowHistoryOptions{
				OriginalExecution: workflow.Execution{ID: strings.ReplaceAll(parts[2], "=", "/"), RunID: started.GetOriginalExecutionRunId()},
			}))
		})
	}
}
