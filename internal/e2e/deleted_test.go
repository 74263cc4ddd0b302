package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// TestPeopleDeleteWhatTheSampleBrought: after the approval a company and the people of the sample are gone. Their deletion stands; the people of the
// company arrive without it, the notes of those who are gone are set aside with the reason, and the run neither parks nor calls it a fault.
func TestPeopleDeleteWhatTheSampleBrought(t *testing.T) {
	t.Parallel()
	c := rezoratest.DefaultConfig()
	c.Data = accountOf(60, 1, 1)
	s := newStack(t, c, unlimited())
	for _, person := range s.source.Rows("contacts", false) {
		for i := range 15 {
			s.put("notes", map[string]any{"parent_type": "contact", "parent_id": person["id"], "body": fmt.Sprintf("Call %d", i)})
		}
	}
	s.work()
	s.start(`{"migration":"deleted","sample_size":3,"write_probes":false,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("deleted")
	snap := s.dest.Snapshot()
	require.NotEmpty(t, snap.Accounts)
	company := snap.Accounts[0]
	s.confirm("deleted", gate)
	s.until("deleted", "the load", time.Minute, func(p api.Progress) bool { return p.Phase != api.PhaseApproval })
	require.NoError(t, s.dest.DeleteAccount(company.ID))
	deleted := live(snap.Contacts)
	require.Greater(t, len(deleted), 1)
	for _, p := range deleted {
		require.NoError(t, s.dest.DeleteContact(p.ID))
	}
	p := s.result("deleted", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.clean("deleted")
	var rec struct {
		Objects []struct {
			Object  string
			Flagged int
		}
		Flagged []struct{ Object, Reason string }
	}
	require.NoError(t, json.Unmarshal(s.archived("deleted", "reconciliation.json"), &rec))
	flagged := map[string]int{}
	for _, o := range rec.Objects {
		flagged[o.Object] = o.Flagged
	}
	assert.Equal(t, 1, flagged["companies"])
	assert.Equal(t, len(deleted), flagged["people"], "nobody is left behind with the company")
	assert.Greater(t, flagged["notes"], 20, "more than a step may be refused")
	for _, f := range rec.Flagged {
		assert.Contains(t, f.Reason, "deleted", "%s", f.Object)
	}
	assert.Len(t, live(s.dest.Snapshot().Contacts), 60-len(deleted))
	assert.Equal(t, api.StatusRolledBack, s.rollback("deleted").Status)
	assert.Empty(t, live(s.dest.Snapshot().Contacts))
}

func live(list []nutshelltest.Record) (out []nutshelltest.Record) {
	for _, r := range list {
		if r.Live() {
			out = append(out, r)
		}
	}
	return out
}
