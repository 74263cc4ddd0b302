package nutshelltest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// An account that becomes another one has its users, lists and records under the ids that they have there.
func TestBecome(t *testing.T) {
	cfg := nutshelltest.DefaultConfig()
	cfg.APIKeys = []nutshelltest.APIKey{{Key: "k", UserID: 77}}
	cfg.ContactLimit = 1
	s := nutshelltest.NewServer(cfg)
	t.Cleanup(s.Close)
	require.NoError(t, s.Become(nutshelltest.Holding{
		Users: []nutshelltest.HeldUser{
			{Held: nutshelltest.Held{ID: 12, Name: "Cy Dunn"}, Email: "cy@example.com"},
			{Held: nutshelltest.Held{ID: 77, Name: "Mo Vale"}, Email: "mo@example.com", Enabled: true, Admin: true},
		},
		ActivityTypes: []nutshelltest.Held{{ID: 31, Name: "Call"}},
		Outcomes:      []nutshelltest.HeldOutcome{{Held: nutshelltest.Held{ID: 90, Name: "Won"}, Status: 10}},
		Pipelines:     []nutshelltest.Held{{ID: 8, Name: "Sales"}},
		Stages:        []nutshelltest.HeldStage{{Held: nutshelltest.Held{ID: 81, Name: "First"}, Pipeline: 8}},
		Fields:        map[string][]nutshelltest.FieldDef{"Contacts": {{Name: "Region", Type: "text"}}},
	}))
	me := s.As(77)
	require.NoError(t, me.Place("Accounts", 500, map[string]any{"name": "Tern"}))
	require.NoError(t, me.Place("Contacts", 40, map[string]any{"name": "Ann", "owner": map[string]any{"entityType": "Users", "id": 12},
		"email": "no address", "customFields": map[string]any{"Region": "North"}, "accounts": []any{map[string]any{"id": 500}}}), "of a disabled user, with what would be refused today")
	require.NoError(t, me.Place("Contacts", 44, map[string]any{"name": "Bo"}), "beyond the plan")
	require.Error(t, me.Place("Notes", 1, map[string]any{}))
	_, err := me.CreateContact(map[string]any{"name": "One more"})
	require.Error(t, err, "the plan holds again")

	snap := s.Snapshot()
	require.Len(t, snap.Users, 2)
	assert.Equal(t, []int64{12, 77}, []int64{snap.Users[0].ID, snap.Users[1].ID})
	require.Len(t, snap.Contacts, 2)
	assert.Equal(t, int64(40), snap.Contacts[0].ID)
	assert.Equal(t, []string{"Accounts/500"}, snap.Contacts[0].Links["accounts"])
	assert.Equal(t, []string{"North"}, snap.Contacts[0].CustomFields["Region"])
	limits := s.Limits()
	limits.ContactLimit = 0
	s.SetLimits(limits)
	id, err := me.CreateContact(map[string]any{"name": "Next"})
	require.NoError(t, err)
	assert.Equal(t, int64(45), id)
}
