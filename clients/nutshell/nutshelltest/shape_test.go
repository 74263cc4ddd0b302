package nutshelltest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func keys(m obj) []string { return slices.Sorted(maps.Keys(m)) }

func names(s string) []string {
	out := strings.Fields(s)
	slices.Sort(out)
	return out
}

func TestContactShape(t *testing.T) {
	a := open(t)
	a.field("Contacts", "Legacy ID", "Text")
	a.field("Contacts", "Budget", "Currency")
	require.NoError(t, a.s.AddTag("Contacts", "Imported"))
	a.account(obj{"name": "Tern Homes"})
	a.contact(obj{"name": obj{"givenName": "Ines", "familyName": "Okafor"}, "email": obj{"0": "ines@example.com", "work": "io@example.com"},
		"phone": obj{"mobile": "+15125550142"}, "accounts": list{obj{"id": 1, "relationship": "Buyer"}}, "tags": list{"Imported"},
		"customFields": obj{"Legacy ID": "p-991", "Budget": obj{"currency": "USD", "amount": 500}}, "description": "Met at an open house"})
	body := a.rpc("getContact", obj{"contactId": 1}).Body.String()
	phone := `{"countryCode": "1", "number": "5125550142", "extension": null, "numberFormatted": "512-555-0142", "E164": "+15125550142"}`
	require.JSONEq(t, `{"result": {"id": 1, "entityType": "Contacts", "rev": "0",
		"createdTime": "2026-03-02T08:00:00+0000", "modifiedTime": "2026-03-02T08:00:00+0000",
		"name": {"givenName": "Ines", "familyName": "Okafor", "salutation": null, "displayName": "Ines Okafor"},
		"htmlUrl": "https://app.nutshell.com/person/1-ines-okafor", "description": "Met at an open house",
		"creator": {"stub": true, "id": 1, "rev": "0", "entityType": "Users", "modifiedTime": "2026-01-01T09:00:00+0000", "createdTime": "2026-01-01T09:00:00+0000", "name": "Bo Lind", "isEnabled": true, "isAdministrator": true, "emails": ["bo@example.com"]},
		"owner": null,
		"accounts": [{"stub": true, "id": 1, "rev": "1", "entityType": "Accounts", "modifiedTime": "2026-03-02T08:00:00+0000", "createdTime": "2026-03-02T08:00:00+0000", "name": "Tern Homes", "regions": [], "relationship": "Buyer"}],
		"leads": [], "notes": [], "tags": ["Imported"], "lastContactedDate": null, "contactedCount": 0,
		"email": {"0": "ines@example.com", "work": "io@example.com", "--primary": "ines@example.com"},
		"phone": {"mobile": `+phone+`, "--primary": `+phone+`},
		"customFields": {"Legacy ID": "p-991", "Budget": {"currency": "USD", "amount": "500.00"}}}, "id": "c-1", "jsonrpc": "2.0"}`, body)
}

const (
	contactKeys  = "id entityType rev createdTime modifiedTime name htmlUrl description creator owner accounts leads notes tags lastContactedDate contactedCount"
	accountKeys  = "id entityType rev createdTime modifiedTime name htmlUrl description creator owner contacts leads notes tags lastContactedDate"
	leadKeys     = "id entityType rev name htmlUrl description tags createdTime modifiedTime creator assignee primaryAccount milestone activitiesCount status confidence completion urgency isOverdue market contacts accounts products sources competitors processes notes lastContactedDate"
	noteKeys     = "id rev entityType createdTime note noteMarkup noteHtml user originId date"
	activityKeys = "id rev entityType name description status activityType startTime endTime isAllDay isTimed isFlagged participants lead leads loggedBy logNote logDescription createdTime modifiedTime"
	taskKeys     = "id rev entityType title description dueTime completedTime assignee entity creator createdTime modifiedTime"
)

func TestRecordShapes(t *testing.T) {
	for _, tc := range []struct{ shape, contact, account, lead, note, activity, task string }{
		{"recorded", contactKeys, accountKeys, leadKeys, noteKeys + " contact", activityKeys, taskKeys},
		{"full", contactKeys + " deletedTime territory file", accountKeys + " deletedTime territory industry accountType file",
			leadKeys + " deletedTime dueTime closedTime nextStepDueTime stageset outcome value normalizedValue estimatedValue priority channels file",
			noteKeys + " contact modifiedTime deletedTime file",
			"id rev entityType name description status activityType startTime endTime isAllDay isTimed isFlagged location participants leads logNote creator createdTime modifiedTime deletedTime",
			taskKeys + " deletedTime"},
	} {
		a := open(t, func(c *nutshelltest.Config) { c.RecordShape = tc.shape })
		require.Equal(t, names(tc.contact), keys(a.contact(obj{"name": "x"})), tc.shape)
		require.Equal(t, names(tc.account), keys(a.account(obj{"name": "x"})), tc.shape)
		lead := a.lead(obj{})
		require.Equal(t, names(tc.lead), keys(lead), tc.shape)
		require.Equal(t, names(tc.note), keys(a.note("Contacts", 1, "x")), tc.shape)
		require.Equal(t, names(tc.activity), keys(a.activity(nil)), tc.shape)
		require.Equal(t, names(tc.task), keys(a.one("newTask", obj{"task": obj{"title": "x"}})), tc.shape)
		stage := lead["milestone"].(obj)
		if tc.shape == "full" {
			require.Equal(t, obj{"id": n("1"), "entityType": "Milestones", "rev": "0", "name": "Qualify", "position": n("1"), "stagesetId": n("1")}, stage)
			require.Equal(t, obj{"id": n("1"), "entityType": "Stagesets", "name": "Sales", "default": n("1"), "position": n("1")}, lead["stageset"])
		} else {
			require.Equal(t, obj{"stub": true, "id": n("1"), "entityType": "Milestones", "rev": "0", "name": "Qualify"}, stage)
		}
	}
}

func TestEmptyMaps(t *testing.T) {
	maps := []string{"email", "phone", "url", "address", "customFields"}
	for shape, want := range map[string]any{"array": list{}, "object": obj{}, "null": nil} {
		a := open(t, func(c *nutshelltest.Config) { c.EmptyMaps = shape })
		for _, record := range []obj{a.contact(obj{"name": "x"}), a.account(obj{"name": "x"})} {
			for _, k := range maps {
				v, there := record[k]
				require.True(t, there, "%s %s", shape, k)
				require.Equal(t, want, v)
			}
		}
		require.Equal(t, want, a.lead(obj{})["customFields"])
	}
	mixed := open(t, func(c *nutshelltest.Config) { c.EmptyMaps = "mixed" }).contact(obj{"name": "x"})
	require.Equal(t, list{}, mixed["customFields"])
	require.NotContains(t, mixed, "email")
}

func TestStubs(t *testing.T) {
	for _, old := range []bool{false, true} {
		a := open(t, func(c *nutshelltest.Config) {
			if old {
				c.StubShape = "old"
			}
		})
		base := "stub id rev entityType modifiedTime "
		expect := func(always, fresh string) []string {
			if old {
				return names(base + always)
			}
			return names(base + always + " " + fresh)
		}
		a.account(obj{"name": "Tern", "address": obj{"city": "Austin", "state": "TX"}})
		c := a.contact(obj{"name": "Ed", "email": "ed@x.com", "phone": "5125550142", "accounts": list{obj{"id": 1, "relationship": "Buyer"}}})
		l := a.lead(obj{"primaryAccount": obj{"id": 1}, "accounts": list{obj{"id": 1}}, "contacts": list{obj{"id": 1, "relationship": "Seller"}}, "value": obj{"amount": "12.50"}})
		contact := "name jobTitle"
		require.Equal(t, expect(contact, "createdTime primaryEmail primaryPhone"), keys(a.many("findContacts", obj{})[0]))
		require.Equal(t, expect(contact+" relationship", "createdTime primaryEmail primaryPhone"), keys(a.get("Account", 1)["contacts"].(list)[0].(obj)))
		inLead := l["contacts"].(list)[0].(obj)
		require.Equal(t, expect(contact+" relationship description", "createdTime primaryEmail primaryPhone"), keys(inLead))
		require.Equal(t, "Seller", inLead["relationship"])
		require.Equal(t, "Buyer, Tern", inLead["jobTitle"])
		require.Equal(t, expect("name regions relationship", "createdTime"), keys(c["accounts"].(list)[0].(obj)))
		account := l["accounts"].(list)[0].(obj)
		require.Equal(t, expect("name regions relationship description", "createdTime"), keys(account))
		require.Nil(t, account["relationship"])
		if old {
			require.Nil(t, account["regions"])
		} else {
			require.Equal(t, list{"Austin, TX"}, account["regions"])
			require.Equal(t, "ed@x.com", inLead["primaryEmail"])
			require.Equal(t, "+15125550142", inLead["primaryPhone"])
		}
		lead := "name description status completion value primaryAccountName primaryContactName isOverdue lastContactedDate"
		stub := a.many("findLeads", obj{})[0]
		require.Equal(t, expect(lead, "createdTime"), keys(stub))
		require.Equal(t, "Tern", stub["primaryAccountName"])
		require.Equal(t, "Ed", stub["primaryContactName"])
		require.Equal(t, obj{"currency": "USD", "amount": n("12.5")}, stub["value"])
		require.Equal(t, expect(lead+" relationship", "createdTime"), keys(a.get("Contact", 1)["leads"].(list)[0].(obj)))
		require.Equal(t, expect("name isEnabled isAdministrator", "createdTime emails"), keys(c["creator"].(obj)))
		require.Equal(t, names("stub id rev entityType name"), keys(a.many("findMarkets", obj{})[0]))
	}
}

func TestDeletedShape(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	require.Equal(t, "2026-03-02T08:00:00+0000", a.get("Contact", 1)["deletedTime"])
	a.want(404, "Contact not found", "editContact", obj{"contactId": 1, "rev": "1", "contact": obj{}})
	a.want(404, "Contact not found", "deleteContact", obj{"contactId": 1, "rev": "1"})
	gone := open(t, func(c *nutshelltest.Config) { c.GetDeleted = "404" })
	gone.contact(obj{"name": "Ed"})
	gone.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	gone.want(404, "Contact not found", "getContact", obj{"contactId": 1})
}

func TestReferenceData(t *testing.T) {
	a := open(t)
	require.Equal(t, obj{"id": n("1"), "entityType": "Users", "rev": "0", "name": "Bo Lind", "firstName": "Bo", "lastName": "Lind", "isEnabled": true,
		"isAdministrator": true, "emails": list{"bo@example.com"}, "modifiedTime": "2026-01-01T09:00:00+0000", "createdTime": "2026-01-01T09:00:00+0000"},
		a.one("getUser", obj{"userId": 1}))
	require.Equal(t, []int64{3, 1, 2}, ids(a.many("findUsers", obj{})), "by last name")
	require.Equal(t, []int64{1, 2, 3}, ids(a.many("findUsers", obj{"orderBy": "id", "stubResponses": false})))
	require.Equal(t, obj{"id": n("1"), "entityType": "Teams", "rev": "0", "name": "North", "modifiedTime": "2026-01-01T09:00:00+0000",
		"createdTime": "2026-01-01T09:00:00+0000"}, a.one("getTeam", obj{"teamId": 1}))
	require.Equal(t, obj{"id": n("1"), "entityType": "Stagesets", "name": "Sales", "default": n("1"), "position": n("1")}, a.many("findStagesets", nil)[0])
	require.Equal(t, []int64{3, 2, 1}, ids(a.many("findMilestones", obj{})), "by name")
	require.Equal(t, obj{"id": n("2"), "entityType": "Milestones", "rev": "0", "name": "Offer", "position": n("2"), "stagesetId": n("1")},
		a.many("findMilestones", list{"id"})[1])
	require.Equal(t, obj{"id": n("1"), "entityType": "Lead_Outcomes", "rev": "0", "type": n("10"), "description": "Won"},
		a.many("findLead_Outcomes", obj{"orderDirection": "DESC"})[0])
	require.Equal(t, []int64{3, 2, 1}, ids(a.many("findLead_Outcomes", obj{})))
	require.Empty(t, a.many("findTerritories", obj{}))
	source := a.one("newSource", obj{"name": "Web"})
	require.Equal(t, source, a.one("newSource", obj{"name": "web"}))
	require.Contains(t, a.many("findSources", obj{})[0], "modifiedTime")
	tag := a.one("newTag", obj{"tag": obj{"name": "Imported", "entityType": "Leads"}})
	require.Equal(t, obj{"id": n("1"), "entityType": "Tags", "rev": "0", "name": "Imported"}, tag)
	a.want(400, "tag: already exists", "newTag", obj{"tag": obj{"name": "imported", "entityType": "Leads"}})
	require.Equal(t, obj{"Contacts": list{}, "Accounts": list{}, "Leads": list{"Imported"}}, a.one("findTags", nil))
}

func TestDefinitionShapes(t *testing.T) {
	for _, shape := range []string{"recorded", "full"} {
		a := open(t, func(c *nutshelltest.Config) { c.AttributeShape = shape })
		_, err := a.s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "Source list", Type: "Enum", Choices: []string{"Past clients", "Sphere"}, IsMultiple: true})
		require.NoError(t, err)
		a.field("Contacts", "Legacy ID", "text")
		a.field("Leads", "Legacy ID", "text")
		got := a.one("findCustomFields", obj{})
		want := obj{"Accounts": list{},
			"Contacts": list{obj{"name": "Source list", "isMultiple": true, "position": n("1"), "type": "Enum", "enumElements": obj{"2": "Sphere", "1": "Past clients"}},
				obj{"name": "Legacy ID", "isMultiple": false, "position": n("2"), "type": "Text"}},
			"Leads": list{obj{"name": "Legacy ID", "isMultiple": false, "position": n("1"), "type": "Text"}}}
		if shape == "full" {
			full := func(id, name, kind string, multiple bool, choices list) obj {
				return obj{"stub": false, "id": n(id), "rev": "0", "entityType": "Entity_Attributes", "name": name, "title": name, "type": kind, "isMultiple": multiple, "choices": choices}
			}
			want = obj{"Accounts": list{}, "Contacts": list{full("1", "Source list", "select", true, list{"Past clients", "Sphere"}), full("2", "Legacy ID", "text", false, list{})},
				"Leads": list{full("3", "Legacy ID", "text", false, list{})}}
		}
		require.Equal(t, want, got)
	}
}
