package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestACorrectedMigrationMeetsWhatPeopleKept rolls a migration back after people had changed companies, people and leads of ours, closed ones
// among them, and moves the account again: what was kept carries our key, so it is merged, never made twice, and keeps what people wrote.
func TestACorrectedMigrationMeetsWhatPeopleKept(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.work()
	input := `{"migration":"corrected","sample_size":10,"delta_window":"0s",` + fallback + `}`
	s.start(input)
	s.finish("corrected")

	parents := map[string]bool{}
	for _, row := range s.source.Rows("companies", false) {
		if id, _ := row["parent_id"].(string); id != "" {
			parents[id] = true
		}
	}
	renamed := 0
	for _, r := range s.dest.Snapshot().Accounts {
		if ours := r.CustomFields["Rezora_ID__c"]; len(ours) > 0 && parents[ours[0]] && r.Live() {
			renamed++
			require.NoError(t, s.dest.EditAccount(r.ID, map[string]any{"name": "Renamed by a person"}))
		}
	}
	require.Positive(t, renamed)
	for _, r := range s.dest.Snapshot().Leads {
		if r.Live() { // the others were probes
			require.NoError(t, s.dest.EditLead(r.ID, map[string]any{"description": fmt.Sprintf("called %d", r.ID)}))
		}
	}
	edited := s.editOne("Contacts", map[string]any{"description": "called, wants a garden"})
	require.Equal(t, "rolled_back", s.rollback("corrected").Status)
	before := s.dest.Snapshot()

	s.start(input)
	s.finish("corrected")
	s.judge("corrected", before, false, nil)
	keys := map[string]int{}
	for _, r := range s.dest.Snapshot().Contacts {
		if r.Live() && len(r.CustomFields["Rezora_ID__c"]) > 0 {
			keys[r.CustomFields["Rezora_ID__c"][0]]++
			if r.ID == edited {
				assert.Equal(t, "called, wants a garden", r.Fields["description"])
			}
		}
	}
	for id, n := range keys {
		assert.Equal(t, 1, n, "person %s", id)
	}
	s.clean("corrected")
}

// TestASecondMigrationFindsWhatTheFirstHasWritten moves an account twice under two names: people, companies and leads are found by our key, notes,
// tasks, activities and files by their header. Nothing is made twice, and taking the second one back leaves the first as it was.
func TestASecondMigrationFindsWhatTheFirstHasWritten(t *testing.T) {
	t.Parallel()
	for name, listed := range map[string]int{"once": 0, "short": 2} { // an account may list few of the notes of a record
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := unlimited()
			c.ParentNotesMax = listed
			s := newStack(t, small(), c)
			for i := range 5 {
				s.put("notes", map[string]any{"parent_type": "contact", "parent_id": s.firstID("contacts"), "body": fmt.Sprintf("Another %d", i)})
			}
			s.twice(name)
		})
	}
}

// twice moves the same account under two names: the second run makes nothing.
func (s *stack) twice(name string) {
	t := s.TB
	t.Helper()
	s.work()
	s.start(`{"migration":"` + name + `","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.finish(name)
	before := s.dest.Snapshot()
	again := name + "-again"
	s.start(`{"migration":"` + again + `","sample_size":20,"write_probes":false,"delta_window":"0s",` + fallback + `}`)
	s.finish(again)
	after := s.dest.Snapshot()
	for name, n := range map[string][2]int{
		"companies": {len(before.Accounts), len(after.Accounts)}, "people": {len(before.Contacts), len(after.Contacts)}, "leads": {len(before.Leads), len(after.Leads)},
		"notes": {len(before.Notes), len(after.Notes)}, "tasks": {len(before.Tasks), len(after.Tasks)}, "activities": {len(before.Activities), len(after.Activities)},
		"files": {len(before.Files), len(after.Files)},
	} {
		assert.Positive(t, n[0], name)
		assert.Equal(t, n[0], n[1], name)
	}
	s.clean(again)
	require.Equal(t, "rolled_back", s.rollback(again).Status)
	assert.Equal(t, before.Notes, s.dest.Snapshot().Notes)
	assert.Equal(t, before.Tasks, s.dest.Snapshot().Tasks)
	assert.Equal(t, before.Activities, s.dest.Snapshot().Activities)
}
