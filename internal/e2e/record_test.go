package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"rezora2nutshell/internal/api"
)

const fewEvents = 20

// record writes the histories of this stack's workflows into the folder that RECORD_HISTORIES names, for the replay tests of package
// workflows. They hold no personal data (I5).
func (s *stack) record(story string) {
	s.Helper()
	dir := os.Getenv("RECORD_HISTORIES")
	if dir == "" {
		return
	}
	for i, e := range s.workflowsOf(story) {
		var h historypb.History
		iter := s.client.GetWorkflowHistory(context.Background(), e.GetWorkflowId(), e.GetRunId(), false, 0)
		for iter.HasNext() {
			event, err := iter.Next()
			require.NoError(s, err)
			h.Events = append(h.Events, event)
		}
		if len(h.GetEvents()) < fewEvents {
			continue // a page sequence of one page: all of them look alike
		}
		b, err := protojson.Marshal(&h)
		require.NoError(s, err)
		id := strings.NewReplacer("/", "=").Replace(e.GetWorkflowId())
		require.NoError(s, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.%02d.%s.json", story, i, id)), b, 0o600))
	}
}

// TestStoriesWorthReplaying lives through a pause, a rejection and a rollback in mid-run. With RECORD_HISTORIES set, their histories are
// kept; without, they must simply end well.
func TestStoriesWorthReplaying(t *testing.T) {
	t.Run("rejected", func(t *testing.T) {
		s := newStack(t, small(), unlimited())
		s.work()
		s.start(`{"migration":"rejected","sample_size":10,` + fallback + `}`)
		s.signal("rejected", api.Confirm, map[string]any{"approved": true}) // no gate is open: refused
		gate := s.untilGate("rejected")
		s.signal("rejected", api.Confirm, api.Decision{Approver: "jo@example.com", Report: gate.Digest})
		p := s.result("rejected", 2*time.Minute)
		require.Equal(t, api.StatusRolledBack, p.Status, p.Reason)
		s.record("rejected")
	})
	t.Run("paused", func(t *testing.T) {
		s := newStack(t, small(), unlimited())
		s.work()
		s.start(`{"migration":"paused","sample_size":10,"delta_window":"3s","delta_interval":"1s","page_size":10,` + fallback + `}`)
		gate := s.untilGate("paused")
		s.signal("paused", api.Pause, api.By{By: "ops@example.com"})
		s.until("paused", "the pause", time.Minute, func(p api.Progress) bool { return p.Status == api.StatusPaused })
		s.signal("paused", api.Resume, api.By{By: "ops@example.com"})
		s.confirm("paused", gate)
		s.until("paused", "the delta window", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
		s.signal("paused", api.Cutover, api.CutoverBy{By: "ops@example.com"})
		p := s.result("paused", 2*time.Minute)
		require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
		s.record("paused")
	})
	t.Run("undone", func(t *testing.T) {
		s := newStack(t, small(), unlimited())
		s.work()
		s.start(`{"migration":"midway","sample_size":10,"delta_window":"1h",` + fallback + `}`)
		s.confirm("midway", s.untilGate("midway"))
		s.until("midway", "the delta window", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
		s.signal("midway", api.Rollback, api.By{By: "ops@example.com", Reason: "wrong account"})
		p := s.result("midway", 2*time.Minute)
		require.Equal(t, api.StatusRolledBack, p.Status, p.Reason)
		s.record("midway")
	})
}
