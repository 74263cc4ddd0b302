package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
)

// TestWhatIsSkippedStillGetsItsLinks moves an account under the policy skip and takes it back.
func TestWhatIsSkippedStillGetsItsLinks(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.furnish()
	for _, row := range s.source.Rows("contacts", false) {
		if email, _ := row["email"].(string); email != "" && row["company_id"] != nil {
			_, err := s.dest.CreateContact(map[string]any{"name": "Known Already", "email": email})
			require.NoError(t, err)
		}
	}
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"skipped","existing":"skip","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.confirm("skipped", s.untilGate("skipped"))
	p := s.result("skipped", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("skipped", before, false, func(a *oracle.Account) { a.Policies.Existing = "skip" })

	was := byID(before.Contacts)
	linked := 0
	for _, r := range s.dest.Snapshot().Contacts {
		if old, ok := was[r.ID]; ok && len(r.Links["accounts"]) > len(old.Links["accounts"]) {
			linked++
		}
	}
	assert.Positive(t, linked, "people of the account got a link")

	back := s.rollback("skipped")
	require.Equal(t, api.StatusRolledBack, back.Status, back.Reason)
	for _, r := range s.dest.Snapshot().Contacts {
		if old, ok := was[r.ID]; ok {
			assert.True(t, r.Live(), "person %d", r.ID)
			assert.Equal(t, old.Links["accounts"], r.Links["accounts"], "person %d", r.ID)
		} else {
			assert.False(t, r.Live(), "person %d", r.ID)
		}
	}
}

func byID(records []nutshelltest.Record) map[int64]nutshelltest.Record {
	out := make(map[int64]nutshelltest.Record, len(records))
	for _, r := range records {
		out[r.ID] = r
	}
	return out
}
