package oracle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/oracle"
)

// existing is an account that held the person and the company before.
type existing struct {
	*bench
	firm, ann, other int64
}

func newExisting(t *testing.T) *existing {
	t.Helper()
	e := &existing{bench: newBench(t)}
	e.row("companies", obj{"id": "org-1", "kind": "other", "name": "TERN  homes", "website": "https://tern.example.com/", "phones": obj{"main": "303-555-0110"}, "created_at": day})
	e.row("contacts", obj{"id": "c1", "name": "Ann Vale", "email": "ANN@example.com", "title": "Buyer", "company_id": "org-1", "company_name": "Tern",
		"phones": obj{"mobile": "720-555-0142", "work": "303-555-0101"}, "created_at": day})
	e.firm = e.company(obj{"name": "Tern Homes", "description": "ours"})
	e.ann = e.person(obj{"name": "A. Vale", "email": obj{"0": "a@example.org", "work": "ann@example.com"}, "phone": obj{"work": "303-555-0199"}})
	e.other = e.person(obj{"name": "Bystander"})
	e.note("Contacts", e.ann, "known for years")
	e.begin()
	e.define("Contacts", "Accounts")
	return e
}

func (e *existing) merge() {
	require.NoError(e.t, e.dest.EditAccount(e.firm, obj{"url": obj{"0": "https://tern.example.com/"}, "phone": obj{"main": "303-555-0110"},
		"customFields": key("org-1", day, obj{"Rezora_Company_Kind__c": "other"})}))
	require.NoError(e.t, e.dest.EditContact(e.ann, obj{
		"phone":        obj{"work": "303-555-0199", "mobile": "720-555-0142", "--primary": "303-555-0199"},
		"accounts":     list{obj{"id": e.firm, "relationship": "Buyer"}},
		"customFields": key("c1", day, obj{"Rezora_Company_Name__c": "Tern"}),
	}))
}

func TestMergeFillsEmptyFieldsOnly(t *testing.T) {
	e := newExisting(t)
	e.merge()
	e.clean()
	cases := []struct {
		name   string
		fields obj
		field  string
	}{
		{"name replaced", obj{"name": "Ann Vale"}, "displayName"},
		{"list replaced", obj{"phone": obj{"mobile": "720-555-0142", "work": "303-555-0101"}}, "phone.work"},
		{"primary taken", obj{"phone": obj{"work": "303-555-0199", "mobile": "720-555-0142", "--primary": "720-555-0142"}}, "phone.work"},
		{"entry lost", obj{"email": obj{"work": "ann@example.com"}}, "email"},
		{"described", obj{"description": "Buyer"}, "description"},
		{"owned", obj{"owner": ref("Users", 1)}, "owner"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := newExisting(t)
			e.merge()
			require.NoError(t, e.dest.EditContact(e.ann, c.fields))
			e.faulty("people", "c1", c.field)
		})
	}
}

func TestMatchedRecordsAreNotMadeAgain(t *testing.T) {
	e := newExisting(t)
	e.merge()
	e.person(obj{"name": "Ann Vale", "email": obj{"0": "ANN@example.com"}, "customFields": key("c1", day, nil)})
	e.faulty("people", "c1", "")
}

func TestSkipWritesNoField(t *testing.T) {
	e := newExisting(t)
	e.account.Policies.Existing = "skip"
	e.faulty("people", "c1", "accounts")
	require.NoError(t, e.dest.EditContact(e.ann, obj{"accounts": list{obj{"id": e.firm, "relationship": "Buyer"}}}))
	e.clean()
	e.merge()
	e.faulty("people", "c1", "phone.mobile")
	e.faulty("companies", "org-1", "customFields.Rezora_ID__c")
}

func TestCreateMakesNewRecords(t *testing.T) {
	e := newExisting(t)
	e.account.Policies.Existing = "create"
	e.faulty("people", "c1", "")
	firm := e.company(obj{"name": "TERN  homes", "url": obj{"0": "https://tern.example.com/"}, "phone": obj{"main": "303-555-0110"},
		"customFields": key("org-1", day, obj{"Rezora_Company_Kind__c": "other"})})
	e.person(obj{"name": "Ann Vale", "email": obj{"0": "ANN@example.com"}, "phone": obj{"mobile": "720-555-0142", "work": "303-555-0101", "--primary": "720-555-0142"},
		"accounts": list{obj{"id": firm, "relationship": "Buyer"}}, "customFields": key("c1", day, obj{"Rezora_Company_Name__c": "Tern"})})
	e.clean()
}

func TestBystandersStay(t *testing.T) {
	e := newExisting(t)
	e.merge()
	require.NoError(t, e.dest.EditContact(e.other, obj{"description": "x"}))
	p := e.faulty("account", "", "description")
	require.Equal(t, "Contacts/2", p.TargetID)
	e.account.Edits = []oracle.Edit{{Type: "Contacts", ID: e.other, Field: "description"}}
	e.clean()
	require.NoError(t, e.dest.DeleteContact(e.other))
	e.faulty("account", "", "")
	e.account.Edits = []oracle.Edit{{Type: "Contacts", ID: e.other}}
	e.clean()
	require.NoError(t, e.dest.DeleteNote(1))
	e.faulty("account", "", "")
}

func TestPeoplesEditsAreNotJudged(t *testing.T) {
	w := newWhole(t)
	require.NoError(t, w.dest.EditContact(w.ann, obj{"description": "called", "phone": obj{"work": "303-555-0107"}}))
	mine := w.note("Contacts", w.ann, "called")
	require.NotEmpty(t, w.judge())
	w.account.Edits = []oracle.Edit{
		{Type: "Contacts", ID: w.ann, Field: "description"}, {Type: "Contacts", ID: w.ann, Field: "phone"}, {Type: "Notes", ID: mine},
	}
	w.clean()
	require.NoError(t, w.dest.DeleteContact(w.bob))
	require.NoError(t, w.dest.DeleteNote(w.plain))
	w.account.Edits = append(w.account.Edits, oracle.Edit{Type: "Contacts", ID: w.bob}, oracle.Edit{Type: "Notes", ID: w.plain})
	w.clean()
}

func TestExcusedRecordsMayBeMissing(t *testing.T) {
	w := newWhole(t)
	require.NoError(t, w.dest.DeleteLead(w.walkIn))
	w.account.Excused = []oracle.Ref{{Object: "leads", ID: "l2"}}
	w.clean()
}

func TestOrphansByPolicy(t *testing.T) {
	w := newWhole(t)
	w.account.Policies.OnOrphans, w.account.Policies.FallbackOwner = "fallback", "Bo@example.com"
	w.faulty("people", "c2", "owner")
	w.faulty("companies", "brk-1", "owner")
	w.faulty("leads", "l2", "assignee")
	bo := ref("Users", 1)
	require.NoError(t, w.dest.EditContact(w.bob, obj{"owner": bo}))
	require.NoError(t, w.dest.EditAccount(w.firm, obj{"owner": bo}))
	require.NoError(t, w.dest.EditAccount(w.office, obj{"owner": bo}))
	require.NoError(t, w.dest.EditLead(w.walkIn, obj{"assignee": bo}))
	w.clean()
}

func TestSourceDeletes(t *testing.T) {
	w := newWhole(t)
	require.NoError(t, w.source.Delete("notes", "n1"))
	w.clean()
	w.account.Policies.SourceDeletes = "delete"
	w.faulty("notes", "n1", "")
	require.NoError(t, w.dest.DeleteNote(w.plain))
	w.clean()
}

func TestImpersonation(t *testing.T) {
	w := newWhole(t)
	w.account.Impersonate = true
	w.faulty("notes", "n1", "user")
	require.NoError(t, w.dest.DeleteNote(w.plain))
	_, err := w.dest.As(2).AddNote("Contacts", w.ann, "[Rezora note n1] "+day+" - Ann Rey\n\nline one\nline two")
	require.NoError(t, err)
	w.clean()
}
