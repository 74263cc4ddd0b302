package oracle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/oracle"
)

// reverted is an account that was migrated into and rolled back by hand, with a person at work meanwhile.
type reverted struct {
	*bench
	firm, mine, ours int64
}

func newReverted(t *testing.T) *reverted {
	t.Helper()
	r := &reverted{bench: newBench(t)}
	r.firm = r.company(obj{"name": "Tern"})
	r.mine = r.person(obj{"name": "Ed Vale", "email": obj{"0": "ed@example.com"}, "phone": obj{"work": "303-555-0101"}})
	r.note("Contacts", r.mine, "older")
	r.begin()
	r.field("Contacts", "Rezora_ID__c", "Text")
	r.ours = r.person(obj{"name": "New", "accounts": list{obj{"id": r.firm}}, "customFields": obj{"Rezora_ID__c": "c1"}})
	require.NoError(t, r.dest.EditContact(r.mine, obj{"description": "filled", "customFields": obj{"Rezora_ID__c": "c2"}}))
	require.NoError(t, r.dest.DeleteContact(r.ours))
	require.NoError(t, r.dest.EditContact(r.mine, obj{"description": nil, "customFields": obj{"Rezora_ID__c": nil}}))
	return r
}

func (r *reverted) untouched(edits ...oracle.Edit) []oracle.Problem {
	return oracle.Untouched(r.before, r.dest.Snapshot(), edits)
}

func TestUntouched(t *testing.T) {
	r := newReverted(t)
	require.Empty(t, r.untouched(), "definitions, revs and deleted records do not count")

	edit := func(field string) oracle.Edit { return oracle.Edit{Type: "Contacts", ID: r.mine, Field: field} }
	require.NoError(t, r.dest.EditContact(r.mine, obj{"phone": obj{"work": "303-555-0101", "mobile": "303-555-0102", "--primary": "303-555-0101"}}))
	got := r.untouched()
	require.Len(t, got, 1)
	require.Equal(t, "phone.mobile", got[0].Field)
	require.Empty(t, r.untouched(edit("phone.mobile")), "what a person edited")
	require.Empty(t, r.untouched(edit("phone")))
	require.Empty(t, r.untouched(edit("")))
	require.NotEmpty(t, r.untouched(edit("description")))
}

func TestUntouchedNamesWhatIsLeft(t *testing.T) {
	cases := []struct {
		name   string
		damage func(r *reverted) error
		target string
		field  string
	}{
		{"record left", func(r *reverted) error { r.person(obj{"name": "left"}); return nil }, "Contacts/3", ""},
		{"note left", func(r *reverted) error { r.note("Contacts", r.mine, "[Rezora note n1] x - y"); return nil }, "Notes/2", ""},
		{"record gone", func(r *reverted) error { return r.dest.DeleteAccount(r.firm) }, "Accounts/1", ""},
		{"note gone", func(r *reverted) error { return r.dest.DeleteNote(1) }, "Notes/1", ""},
		{"value left", func(r *reverted) error { return r.dest.EditContact(r.mine, obj{"description": "filled"}) }, "Contacts/1", "description"},
		{"key left", func(r *reverted) error {
			return r.dest.EditContact(r.mine, obj{"customFields": obj{"Rezora_ID__c": "c2"}})
		}, "Contacts/1", "customFields.Rezora_ID__c"},
		{"link left", func(r *reverted) error { return r.dest.EditContact(r.mine, obj{"accounts": list{obj{"id": r.firm}}}) }, "Contacts/1", "accounts"},
		{"e-mail lost", func(r *reverted) error { return r.dest.EditContact(r.mine, obj{"email": obj{}}) }, "Contacts/1", "email"},
		{"tag made", func(r *reverted) error { return r.dest.AddTag("Leads", "x") }, "Leads", "tags"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newReverted(t)
			require.NoError(t, c.damage(r))
			for _, p := range r.untouched() {
				if p.TargetID == c.target && p.Field == c.field {
					return
				}
			}
			require.Fail(t, "not named", oracle.Lines(r.untouched(), 10))
		})
	}
}

func TestUntouchedKeepsWhatPeopleTouched(t *testing.T) {
	r := newReverted(t)
	require.NoError(t, r.dest.Undelete("Contacts", r.ours))
	theirs := r.note("Contacts", r.ours, "called her")
	made := oracle.Edit{Type: "Notes", ID: theirs}
	got := r.untouched(made)
	require.Empty(t, got, oracle.Lines(got, 5))
	require.NoError(t, r.dest.DeleteNote(theirs))
	require.NotEmpty(t, r.untouched(made), "a record that a person made is gone")
	require.Empty(t, r.untouched(oracle.Edit{Type: "Notes", ID: theirs, Field: "deleted"}, oracle.Edit{Type: "Contacts", ID: r.ours, Field: "description"}))
}
