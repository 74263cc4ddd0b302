package target_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

func body(t testing.TB, entityType string, wants []target.Want) map[string]any {
	t.Helper()
	b, err := target.CreateBody(entityType, wants, migrated.resolve)
	require.NoError(t, err)
	return b
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestCreatePersonSendsTheInputForms(t *testing.T) {
	assert.JSONEq(t, `{
		"name": {"givenName": "Ines", "familyName": "Okafor"},
		"email": {"0": "Ines@Example.com"},
		"phone": {"mobile": "(512) 555-0142", "home": "512.555.0199", "fax": "on request", "0": "+1 512 555 0143", "--primary": "(512) 555-0142"},
		"address": {"home": {"address_1": "12 Elm St", "city": "Austin", "state": "TX", "postalCode": "78701"},
			"0": {"address_1": "PO Box 1 | 2", "country": "US"},
			"--primary": {"address_1": "12 Elm St", "city": "Austin", "state": "TX", "postalCode": "78701"}},
		"url": {"0": "https://okafor.example.com/a"},
		"accounts": [{"id": 310, "entityType": "Accounts", "relationship": "Buyer"}, {"id": 311, "entityType": "Accounts"}],
		"description": "line 1\r\nline 2 🏠", "owner": {"entityType": "Users", "id": 2}, "tags": ["Imported"],
		"customFields": {"Rezora_ID__c": "c-1", "Created": "2026-03-01T08:00:00Z", "Born": "1971-02-03", "Score": 12.5,
			"Budget": {"currency": "USD", "amount": 500}, "Unsubscribed__c": true,
			"Groups": "[{\"id\":\"g-1\",\"name\":\"A & B\",\"scope\":\"team\"}]", "Kind": "Buyer", "Areas: all": ["North", "South: old"]}}`,
		asJSON(t, body(t, "Contacts", person())))
}

func TestWhatIsCreatedComparesEqual(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		for entityType, wants := range map[string][]target.Want{
			"Contacts": person(),
			"Accounts": {
				target.Text("name", "Tern | Homes"), target.URL("tern.example.com"), target.Phone("main", "5125550100"), target.Phone("fax", "1 512 555 0101"),
				target.Address("", target.AddressParts{Line1: "1 Main", City: "Austin", Country: "US"}), target.Email("a@tern.example.com"),
				target.UserRef("owner", 1), target.Custom("Kind", target.KindSelect, "office"),
			},
			"Leads": {
				target.Text("description", "Listing 12 Elm St: web"), target.Link("contacts", "people", "c-1", ""),
				target.LinkRef("primaryAccount", "companies", "org-7"), target.UserRef("assignee", 2), target.Int("status", 1),
			},
			"Notes": {target.Text("note", "[Rezora note n-1] x\n\nHi @[users:1-users]"), target.LinkRef("entity", "people", "c-1")},
			"Tasks": {
				target.Text("title", "Send contract"), target.Text("description", "[Rezora task t-1]\n\n"), target.Time("dueTime", at),
				target.UserRef("assignee", 2), target.LinkRef("entity", "people", "c-1"),
			},
			"Activities": {
				target.Text("name", "Showing"), target.Text("description", "[Rezora meeting i-1]"), target.EntityRef("activityType", "Activity_Types", 2),
				target.Int("status", 1), target.Time("startTime", at), target.Time("endTime", at.Add(time.Hour)), target.Text("location", "12 Elm St"),
				target.Link("participants", "people", "c-1", ""), target.Participant("Users", 2),
			},
		} {
			t.Run(entityType, func(t *testing.T) {
				_, v := s.create(entityType, body(t, entityType, wants))
				allEqual(t, wants, v, migrated.resolve)
				assert.Equal(t,
					target.DemandLine("x", "1", wants, migrated.resolve, migrated.back),
					target.ShownLine("x", "1", wants, v, migrated.resolve, migrated.back))
			})
		}
	})
}

func TestCreateLeavesOutWhatTheServerIgnores(t *testing.T) {
	lead := body(t, "Leads", []target.Want{
		target.Text("description", "x"), target.Int("status", 10), target.EntityRef("outcome", "Lead_Outcomes", 1), target.Time("closedTime", at),
	})
	assert.JSONEq(t, `{"description":"x"}`, asJSON(t, lead))
	assert.JSONEq(t, `{"isPending":true}`, asJSON(t, body(t, "Leads", []target.Want{target.Int("status", 1)})))
	task := body(t, "Tasks", []target.Want{target.Text("title", "x"), target.Time("completedTime", at)})
	assert.JSONEq(t, `{"title":"x"}`, asJSON(t, task))
	activity := body(t, "Activities", []target.Want{target.EntityRef("activityType", "Activity_Types", 2), target.Int("status", 1)})
	assert.JSONEq(t, `{"activityTypeId":2,"status":1}`, asJSON(t, activity))
}

func TestTheFirstPhoneIsPrimaryWhateverItsLabel(t *testing.T) {
	for _, c := range []struct {
		name   string
		labels []string
		marked bool
	}{
		{"first in code-point order", []string{"fax", "home"}, false},
		{"not first in code-point order", []string{"mobile", "home"}, true},
		{"labelled beside an unlabelled one", []string{"fax", ""}, true},
		{"unlabelled", []string{"", "fax"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			wants := []target.Want{target.Phone(c.labels[0], "512 555 0001"), target.Phone(c.labels[1], "512 555 0002")}
			b := body(t, "Contacts", wants)
			_, marked := b["phone"].(map[string]any)["--primary"]
			assert.Equal(t, c.marked, marked)
			_, v := s.create("Contacts", b)
			assert.Equal(t, "+15125550001", v.Get(v.Primary["phone"]))
		})
	}
}

func TestCreateRefusesWhatItCannotSend(t *testing.T) {
	_, err := target.CreateBody("Contacts", []target.Want{target.Link("accounts", "companies", "gone", "")}, migrated.resolve)
	var unresolved *target.UnresolvedError
	require.ErrorAs(t, err, &unresolved)
	assert.Equal(t, target.Ref{Object: "companies", SourceID: "gone"}, unresolved.Link)

	_, err = target.CreateBody("Tasks", []target.Want{target.Email("secret@example.com")}, nil)
	require.EqualError(t, err, "create: Tasks has no field email")
	_, err = target.CreateBody("Tasks", []target.Want{target.Custom("A", target.KindText, "x")}, nil)
	require.Error(t, err)
	_, err = target.CreateBody("Accounts", []target.Want{target.Text("name", "a"), target.Text("name", "b")}, nil)
	require.EqualError(t, err, "create Accounts: two values for name")
	_, err = target.CreateBody("Users", nil, nil)
	require.Error(t, err)
}

func TestEmptyDemandsSendNothing(t *testing.T) {
	wants := []target.Want{
		target.Text("description", ""), target.Email(" "), target.Time("dueTime", time.Time{}), target.NameParts("", ""),
		target.Custom("A", target.KindText, ""), target.Custom("B", target.KindDateTime, time.Time{}), target.Flag("isAllDay", false),
		target.Address("home", target.AddressParts{}), target.Omit("email", "not-an-address", "refused form"),
	}
	for _, w := range wants {
		assert.True(t, w.Empty(), w.Field)
	}
	assert.Empty(t, body(t, "Contacts", wants))
	f := target.Compare(wants, target.View{}, nil)
	require.Len(t, f, len(wants))
	assert.Equal(t, target.Finding{Field: "email", Source: "not-an-address", Verdict: "truncated", Reason: "refused form"}, f[len(f)-1])
	assert.False(t, f[0].Fault())
}
