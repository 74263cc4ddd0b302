package target_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/target"
)

const contact = `{"id": 4101, "rev": "3", "description": "old", "owner": {"stub": true, "id": 2, "entityType": "Teams"},
	"territory": {"id": 5, "entityType": "Territories"},
	"email": {"0": "a@x.example", "work": "w@x.example", "--primary": "w@x.example"},
	"phone": {"home": {"countryCode": "1", "number": "5125550001", "extension": null, "numberFormatted": "512-555-0001", "E164": "+15125550001"},
		"mobile": {"countryCode": "1", "number": "5125550002", "extension": "7", "numberFormatted": "512-555-0002", "E164": "+15125550002"},
		"--primary": {"countryCode": "1", "number": "5125550002", "extension": "7", "numberFormatted": "512-555-0002", "E164": "+15125550002"}},
	"address": {"home": {"name": null, "address_1": "1 Main", "address_2": "", "city": "Austin", "location": {"x": 1}, "locationAccuracy": 2, "timezone": "y"}},
	"accounts": [{"stub": true, "id": 310, "entityType": "Accounts", "relationship": "Boss"}, {"stub": true, "id": 900, "entityType": "Accounts", "relationship": null}],
	"tags": ["VIP"], "customFields": {"Legacy ID": "x", "Lists": ["a", "b"]}}`

func TestEditSendsOnlyWhatChanges(t *testing.T) {
	home := `"home": {"countryCode": "1", "number": "5125550001", "extension": null, "numberFormatted": "512-555-0001", "E164": "+15125550001"}`
	mobile := `{"countryCode": "1", "number": "5125550002", "extension": "7", "numberFormatted": "512-555-0002", "E164": "+15125550002"}`
	for _, c := range []struct {
		name  string
		set   []target.Want
		clear []target.Path
		body  string
	}{
		{"nothing", nil, nil, `null`},
		{"equal values", []target.Want{target.Text("description", "old"), target.Email("A@X.example"), target.Phone("home", "512.555.0001"), target.Tag("vip"),
			target.Link("accounts", "companies", "org-7", "Boss"), target.EntityRef("owner", "Teams", 2)}, nil, `null`},
		{"clearing what is not there", nil, []target.Path{"owner2", "phone:car", "custom:None", "email:no@x.example"}, `null`},
		{"scalars", []target.Want{target.Text("description", "new"), target.UserRef("owner", 1)}, nil, `{"description": "new", "owner": {"entityType": "Users", "id": 1}}`},
		{"scalars cleared", nil, []target.Path{"description", "owner", "territory"}, `{"description": null, "owner": null, "territoryId": null}`},
		{"an id alone", []target.Want{target.EntityRef("territory", "Territories", 6)}, nil, `{"territoryId": 6}`},
		{"custom fields by name", []target.Want{target.Custom("Size", target.KindNumber, "1.50")}, []target.Path{"custom:Legacy ID"}, `{"customFields": {"Size": 1.5, "Legacy ID": null}}`},
		{"choices as a whole", []target.Want{target.Choices("Lists", []string{"c"})[0]}, []target.Path{"custom:Lists:a"}, `{"customFields": {"Lists": ["b", "c"]}}`},
		{"all choices cleared", nil, []target.Path{"custom:Lists:a", "custom:Lists:b"}, `{"customFields": {"Lists": []}}`},
		{"a value for what is a multiple select", []target.Want{target.Custom("Lists", target.KindSelect, "c")}, nil, `{"customFields": {"Lists": ["a", "b", "c"]}}`},
		{"an address beside labelled primary", []target.Want{target.Email("n@x.example")}, nil,
			`{"email": {"0": "a@x.example", "1": "n@x.example", "work": "w@x.example", "--primary": "w@x.example"}}`},
		{"the primary address goes", []target.Want{target.Email("n@x.example")}, []target.Path{"email:w@x.example"}, `{"email": {"0": "n@x.example", "1": "a@x.example"}}`},
		{"a phone replaced under its label", []target.Want{target.Phone("mobile", "512 555 0009")}, nil, `{"phone": {` + home + `, "mobile": "512 555 0009", "--primary": "512 555 0009"}}`},
		{"a phone added", []target.Want{target.Phone("fax", "512 555 0009")}, nil, `{"phone": {` + home + `, "mobile": ` + mobile + `, "fax": "512 555 0009", "--primary": ` + mobile + `}}`},
		{"a phone cleared", nil, []target.Path{"phone:mobile"}, `{"phone": {` + home + `}}`},
		{"the last address cleared", nil, []target.Path{"address:home"}, `{"address": {}}`},
		{"an address without coordinates", []target.Want{target.Address("", target.AddressParts{City: "Waco"})}, nil,
			`{"address": {"home": {"address_1": "1 Main", "city": "Austin"}, "0": {"city": "Waco"}, "--primary": {"address_1": "1 Main", "city": "Austin"}}}`},
		{"links", []target.Want{target.Link("accounts", "companies", "org-8", "Buyer"), target.Link("accounts", "companies", "org-7", "Chief")}, []target.Path{"accounts:900"},
			`{"accounts": [{"entityType": "Accounts", "id": 310, "relationship": "Chief"}, {"entityType": "Accounts", "id": 311, "relationship": "Buyer"}]}`},
		{"tags", []target.Want{target.Tag("New")}, nil, `{"tags": ["VIP", "New"]}`},
		{"a set path is not cleared", []target.Want{target.Text("description", "new")}, []target.Path{"description"}, `{"description": "new"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := read(t, "Contacts", contact)
			b, err := target.EditBody(v, c.set, c.clear, migrated.resolve)
			require.NoError(t, err)
			if c.body == `null` {
				assert.Nil(t, b)
				return
			}
			assert.JSONEq(t, c.body, asJSON(t, b))
		})
	}
}

func TestEditRefusesWhatItCannotSend(t *testing.T) {
	v := read(t, "Accounts", `{"id": 310, "name": "x", "leads": [{"stub": true, "id": 1000, "entityType": "Leads"}]}`)
	_, err := target.EditBody(v, nil, []target.Path{"leads:1000"}, nil)
	require.EqualError(t, err, "edit Accounts 310: leads cannot be written", "the input means other leads than the output shows")
	_, err = target.EditBody(v, []target.Want{target.Text("title", "x")}, nil, nil)
	require.EqualError(t, err, "edit Accounts 310: Accounts has no field title")
	_, err = target.EditBody(v, []target.Want{target.LinkRef("owner", "people", "gone")}, nil, migrated.resolve)
	var unresolved *target.UnresolvedError
	require.ErrorAs(t, err, &unresolved)
}

// Of two entries with one value only ours, which has no label, goes.
func TestClearingAValueLeavesTheCopyThatAPersonLabelled(t *testing.T) {
	v := read(t, "Contacts", `{"id": 1, "email": {"0": "a@x.example", "work": "A@x.example", "--primary": "a@x.example"}}`)
	b, err := target.EditBody(v, nil, []target.Path{"email:a@x.example"}, nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"email": {"work": "A@x.example"}}`, asJSON(t, b))
}

func TestLeadStates(t *testing.T) {
	won, lost := target.EntityRef("outcome", "Lead_Outcomes", 1), target.EntityRef("outcome", "Lead_Outcomes", 2)
	closed := target.Time("closedTime", at)
	open := `{"id": 1, "status": 0}`
	closedLead := `{"id": 1, "status": 10, "outcome": {"id": 1, "entityType": "Lead_Outcomes"}, "closedTime": "2026-03-01T08:00:00+0000"}`
	for _, c := range []struct {
		name  string
		lead  string
		set   []target.Want
		clear []target.Path
		body  string
	}{
		{"close", open, []target.Want{won, closed}, nil, `{"outcome": {"entityType": "Lead_Outcomes", "id": 1}, "closedTime": "2026-03-01T08:00:00Z"}`},
		{"close with the status beside", open, []target.Want{target.Int("status", 10), won}, nil, `{"outcome": {"entityType": "Lead_Outcomes", "id": 1}}`},
		{"a bare closed status is never sent", open, []target.Want{target.Int("status", 10)}, nil, `null`},
		{"already closed", closedLead, []target.Want{won, closed, target.Int("status", 10)}, nil, `null`},
		{"another outcome keeps the time", closedLead, []target.Want{lost}, nil, `{"outcome": {"entityType": "Lead_Outcomes", "id": 2}, "closedTime": "2026-03-01T08:00:00Z"}`},
		{"another time", closedLead, []target.Want{won, target.Time("closedTime", at.Add(time.Hour))}, nil,
			`{"outcome": {"entityType": "Lead_Outcomes", "id": 1}, "closedTime": "2026-03-01T09:00:00Z"}`},
		{"another time alone", closedLead, []target.Want{target.Time("closedTime", at.Add(time.Hour))}, nil, `{"closedTime": "2026-03-01T09:00:00Z"}`},
		{"reopen", closedLead, []target.Want{target.Int("status", 0)}, []target.Path{"outcome", "closedTime"}, `{"status": 0}`},
		{"reopen by clearing", closedLead, nil, []target.Path{"outcome", "closedTime"}, `{"status": 0}`},
		{"pending", open, []target.Want{target.Int("status", 1)}, nil, `{"isPending": true}`},
		{"open again", `{"id": 1, "status": 1}`, []target.Want{target.Int("status", 0)}, nil, `{"status": 0}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := target.EditBody(read(t, "Leads", c.lead), c.set, c.clear, nil)
			require.NoError(t, err)
			if c.body == `null` {
				assert.Nil(t, b)
				return
			}
			assert.JSONEq(t, c.body, asJSON(t, b))
		})
	}
}

func TestCompletingATaskAndItsUndo(t *testing.T) {
	s := newServer(t)
	wants := []target.Want{target.Text("title", "x"), target.Time("completedTime", at)}
	id, v := s.create("Tasks", body(t, "Tasks", wants))
	assert.Equal(t, target.Missing, target.Compare(wants, v, nil)[1].Verdict)
	b, err := target.EditBody(v, wants, nil, nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"completedTime": "2026-03-01T08:00:00Z"}`, asJSON(t, b))
	v = s.edit("Tasks", id, b)
	allEqual(t, wants, v, nil)
	b, err = target.EditBody(v, nil, []target.Path{"completedTime"}, nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"completedTime": null}`, asJSON(t, b))
}
