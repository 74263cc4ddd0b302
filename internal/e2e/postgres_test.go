package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
)

// TestTwoWorkersShareOnePostgresLedger runs two workers under one quota: the same end state, and the limit kept by both together.
func TestTwoWorkersShareOnePostgresLedger(t *testing.T) {
	c := small()
	c.Size = "T"
	dest := unlimited()
	dest.QuotaPerSecond, dest.QuotaBurst = 150, 150
	s := newStack(t, c, dest)
	s.onPostgres()
	s.env["NUTSHELL_RATE"] = "150"
	s.work()
	s.work()
	s.start(`{"migration":"shared","page_size":25,"sample_size":30,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	s.confirm("shared", s.untilGate("shared"))
	p := s.result("shared", 4*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	var rec reconciliation
	require.NoError(t, json.Unmarshal(s.archived("shared", "reconciliation.json"), &rec))
	assert.Zero(t, rec.DiscrepancyRate)
	assert.Equal(t, rec.SourceRoot, rec.TargetRoot)
	s.exactlyOnce()
	st := s.dest.Stats()
	assert.LessOrEqual(t, st.Quota.Refused, st.Quota.Accepted/1000, "hardly any refusals: %+v", st.Quota)
	s.bothWorked("shared")
}

// bothWorked checks that activities ran on both workers.
func (s *stack) bothWorked(migration string) {
	s.Helper()
	identities := map[string]bool{}
	for _, w := range s.workflowsOf(migration) {
		iter := s.client.GetWorkflowHistory(context.Background(), w.WorkflowId, w.RunId, false, 0)
		for iter.HasNext() {
			e, err := iter.Next()
			require.NoError(s, err)
			if a := e.GetActivityTaskStartedEventAttributes(); a != nil {
				identities[a.GetIdentity()] = true
			}
		}
	}
	assert.Len(s, identities, len(s.workers), "workers that took activities: %v", identities)
}
