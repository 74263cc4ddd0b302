package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/oracle"
)

// TestNoPersonalDataLeavesTheLedger searches every history, log line and metric of a run for the personal data of both accounts (I5).
func TestNoPersonalDataLeavesTheLedger(t *testing.T) {
	s := newStack(t, small(), unlimited())
	s.furnish()
	port, err := devstack.FreePort()
	require.NoError(t, err)
	metrics := "127.0.0.1:" + strconv.Itoa(port)
	s.env["METRICS_ADDRESS"], s.env["LOG_LEVEL"] = metrics, "debug"
	w := s.work()
	s.start(`{"migration":"private","sample_size":20,"delta_window":"1s","delta_interval":"1s",` + fallback + `}`)
	gate := s.untilGate("private")
	s.signal("private", api.Pause, map[string]any{"by": "ops"})
	s.until("private", "the pause", time.Minute, func(p api.Progress) bool { return p.Status == api.StatusPaused })
	s.signal("private", api.Resume, map[string]any{})
	s.until("private", "the gate again", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	s.confirm("private", gate)
	p := s.result("private", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)

	texts := map[string]string{"metrics": s.get("http://" + metrics + "/metrics")}
	for _, e := range s.workflowsOf("private") {
		texts["history "+e.GetWorkflowId()] = s.historyText(e.GetWorkflowId(), e.GetRunId())
	}
	require.NoError(t, w.Stop(20*time.Second))
	log, err := os.ReadFile(filepath.Join(s.dir, "worker-1.log"))
	require.NoError(t, err)
	texts["log"] = string(log)
	require.Greater(t, len(texts["log"]), 1000)

	src, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	marks := oracle.Marks(src, s.dest.Snapshot(), "bo@example.com", "jo@example.com")
	require.Greater(t, len(marks), 100)
	hits := oracle.Scan(oracle.Texts(texts), marks)
	assert.Empty(t, hits)
}

func (s *stack) get(url string) string {
	s.Helper()
	res, err := http.Get(url)
	require.NoError(s, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return string(b)
}

func (s *stack) historyText(workflowID, runID string) string {
	s.Helper()
	var out bytes.Buffer
	iter := s.client.GetWorkflowHistory(context.Background(), workflowID, runID, false, 0)
	for iter.HasNext() {
		e, err := iter.Next()
		require.NoError(s, err)
		line, err := protojson.Marshal(e)
		require.NoError(s, err)
		out.Write(line)
		out.WriteByte('\n')
	}
	return out.String()
}
