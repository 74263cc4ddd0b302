package nutshelltest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestLeadDefaults(t *testing.T) {
	a := open(t)
	l := a.lead(obj{"status": 10, "outcome": obj{"id": 1}, "closedTime": "2020-01-01T00:00:00Z"})
	require.Equal(t, int64(1000), id(l))
	require.Equal(t, "Lead\u20131", l["name"])
	require.Equal(t, "https://app.nutshell.com/lead/1", l["htmlUrl"])
	require.Equal(t, "", l["description"])
	require.Equal(t, n("0"), l["status"], "newLead ignores status and outcome")
	require.Equal(t, "Default", l["market"].(obj)["name"])
	require.Equal(t, "Qualify", l["milestone"].(obj)["name"])
	require.NotContains(t, l, "dueTime")
	require.Equal(t, obj{"0": n("0"), "1": n("0"), "2": n("0"), "-1": n("0")}, l["activitiesCount"])
	due := open(t, func(c *nutshelltest.Config) { c.LeadDueDefault = "30d" })
	require.Equal(t, "2026-04-01T08:00:00+0000", due.lead(obj{})["dueTime"])
	require.NotContains(t, due.lead(obj{"dueTime": nil}), "dueTime")
	require.Equal(t, n("1"), a.lead(obj{"isPending": true})["status"])
	require.Equal(t, true, a.lead(obj{"dueTime": "2026-03-02T07:59:59Z"})["isOverdue"])
}

func TestLeadStages(t *testing.T) {
	a := open(t)
	rentals, stages := a.s.AddStageset("Rentals", "New", "Signed")
	require.Equal(t, "New", a.lead(obj{"stagesetId": rentals})["milestone"].(obj)["name"])
	l := a.lead(obj{"milestoneId": 2})
	require.Equal(t, "Offer", l["milestone"].(obj)["name"])
	a.want(400, "milestoneId: Milestones 2 is not of Stagesets 2", "newLead", obj{"lead": obj{"milestoneId": 2, "stagesetId": rentals}})
	a.want(400, "milestoneId: Milestones 9 does not exist", "newLead", obj{"lead": obj{"milestoneId": 9}})
	l = a.editLead(l, obj{"milestoneId": stages[1]})
	require.Equal(t, "Signed", l["milestone"].(obj)["name"])
	l = a.editLead(l, obj{"stagesetId": rentals})
	require.Equal(t, "Signed", l["milestone"].(obj)["name"], "the stageset it is in")
	l = a.editLead(l, obj{"stagesetId": 1})
	require.Equal(t, "Qualify", l["milestone"].(obj)["name"])
	require.Equal(t, []int64{id(l)}, ids(a.many("findLeads", obj{"query": obj{"stagesetId": 1}})))
	a.want(400, "milestoneId: required", "editLead", obj{"leadId": l["id"], "rev": l["rev"], "lead": obj{"milestoneId": nil}})
}

func TestLeadValue(t *testing.T) {
	a := open(t)
	usd := func(amount string) obj { return obj{"currency": "USD", "amount": n(amount)} }
	l := a.lead(obj{"value": obj{"currency": "USD", "amount": "1200.00"}})
	for _, k := range []string{"value", "normalizedValue", "estimatedValue"} {
		require.Equal(t, usd("1200"), l[k], k)
	}
	require.Equal(t, usd("0.5"), a.lead(obj{"value": obj{"amount": 0.5}})["value"])
	euro := a.lead(obj{"value": obj{"currency": "EUR", "amount": 5}})
	require.Equal(t, obj{"currency": "EUR", "amount": n("5")}, euro["value"])
	require.Contains(t, euro, "normalizedValue")
	require.Nil(t, euro["normalizedValue"])
	l = a.editLead(l, obj{"value": nil})
	for _, k := range []string{"value", "normalizedValue", "estimatedValue"} {
		require.NotContains(t, l, k)
	}
	for _, bad := range []any{5, "5", obj{"amount": "1.005"}, obj{"currency": "usd", "amount": 1}} {
		a.want(400, "value: not a currency value", "newLead", obj{"lead": obj{"value": bad}})
	}
	require.NotNil(t, a.lead(obj{"products": list{}}))
	a.want(400, "products: Products 4 does not exist", "newLead", obj{"lead": obj{"products": list{obj{"id": 4, "quantity": 1}}}})
	for _, bad := range []any{-1, 101, "x", 5.5} {
		code, _ := a.refused("newLead", obj{"lead": obj{"confidence": bad}})
		require.Equal(t, 400, code)
	}
}

func TestLeadClosing(t *testing.T) {
	a := open(t)
	l := a.lead(obj{})
	edit := func(fields obj) obj { return obj{"leadId": l["id"], "rev": l["rev"], "lead": fields} }
	for _, status := range []int{10, 11, 12} {
		a.want(400, "status: use outcome", "editLead", edit(obj{"status": status}))
	}
	a.want(400, "status: unknown status", "editLead", edit(obj{"status": 5}))
	a.want(400, "outcome: Lead_Outcomes 9 does not exist", "editLead", edit(obj{"outcome": obj{"id": 9, "entityType": "Lead_Outcomes"}}))
	l = a.editLead(l, obj{"closedTime": "2024-01-01T00:00:00Z"})
	require.NotContains(t, l, "closedTime", "closedTime alone changes a closed lead only")

	l = a.editLead(l, obj{"outcome": obj{"id": 1, "entityType": "Lead_Outcomes"}, "closedTime": "2024-05-02T17:00:00+02:00", "status": 10})
	require.Equal(t, n("10"), l["status"])
	require.Equal(t, "2024-05-02T15:00:00+0000", l["closedTime"])
	require.Equal(t, n("100"), l["completion"])
	require.Equal(t, obj{"id": n("1"), "entityType": "Lead_Outcomes", "rev": "0", "description": "Won", "type": n("10")}, l["outcome"])
	l = a.editLead(l, obj{"closedTime": "2024-06-01T00:00:00Z"})
	require.Equal(t, "2024-06-01T00:00:00+0000", l["closedTime"])
	l = a.editLead(l, obj{"outcomeId": 2})
	require.Equal(t, n("11"), l["status"])
	require.Equal(t, "2026-03-02T08:00:00+0000", l["closedTime"])
	require.Equal(t, n("0"), l["completion"])

	l = a.editLead(l, obj{"status": 0})
	require.Equal(t, n("0"), l["status"])
	require.NotContains(t, l, "closedTime")
	require.NotContains(t, l, "outcome")
	l = a.editLead(l, obj{"status": 1})
	require.Equal(t, n("1"), l["status"])
	l = a.editLead(l, obj{"status": 1, "isPending": false})
	require.Equal(t, n("0"), l["status"], "isPending decides")
	l = a.editLead(l, obj{"status": 0, "isPending": true})
	require.Equal(t, n("1"), l["status"], "isPending decides")

	now := open(t, func(c *nutshelltest.Config) { c.IgnoreClosedTime = true })
	l = now.editLead(now.lead(obj{}), obj{"outcomeId": 1, "closedTime": "2024-05-02T15:00:00Z"})
	require.Equal(t, "2026-03-02T08:00:00+0000", l["closedTime"])
}

func TestPlanLimits(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.OpenLeadLimit = 2; c.ContactLimit = 1; c.CustomFieldLimit = 1 })
	one, _ := a.lead(obj{}), a.lead(obj{"isPending": true})
	a.want(403, "open lead limit reached (2)", "newLead", obj{"lead": obj{}})
	one = a.editLead(one, obj{"outcomeId": 1})
	three := a.lead(obj{})
	a.want(403, "open lead limit reached (2)", "editLead", obj{"leadId": one["id"], "rev": one["rev"], "lead": obj{"status": 0}})
	require.NotNil(t, a.editLead(one, obj{"description": "closed ones may change"}))
	a.call("deleteLead", obj{"leadId": three["id"], "rev": three["rev"]})
	four := a.lead(obj{})
	w := a.do("POST", "/rest/leads/1002/undelete", nil)
	require.Equal(t, 403, w.Code)
	require.JSONEq(t, `{"code":403,"message":"open lead limit reached (2)"}`, w.Body.String())
	a.call("deleteLead", obj{"leadId": four["id"], "rev": four["rev"]})
	require.Equal(t, 200, a.do("POST", "/rest/leads/1002/undelete", nil).Code)

	a.contact(obj{"name": "Ed"})
	a.want(403, "contact limit reached (1)", "newContact", obj{"contact": obj{"name": "Ann"}})
	limits := a.s.Limits()
	limits.ContactLimit = 0
	a.s.SetLimits(limits)
	require.NotNil(t, a.contact(obj{"name": "Ann"}))
	a.field("Contacts", "A", "Text")
	w = a.do("POST", "/rest/contacts/customfield", body(`{"name":"B","type":"Text"}`))
	require.Equal(t, 403, w.Code)
	require.JSONEq(t, `{"code":403,"message":"Custom field limit reached (1)"}`, w.Body.String())
	require.Equal(t, 409, a.do("POST", "/rest/contacts/customfield", body(`{"name":"a","type":"Text"}`)).Code, "a duplicate comes first")
	require.Equal(t, 200, a.do("POST", "/rest/leads/customfield", body(`{"name":"A","type":"Text"}`)).Code, "per entity")
}

func TestTasks(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	task := func(fields obj) obj { return a.one("newTask", obj{"task": fields}) }
	entity := obj{"entityType": "Contacts", "id": 1}
	one := task(obj{"title": "Send contract", "dueTime": "2026-04-01T12:00:00Z", "completedTime": "2020-01-01T00:00:00Z", "entity": entity, "assignee": obj{"entityType": "Users", "id": 2}})
	require.Nil(t, one["completedTime"], "newTask ignores it")
	require.Equal(t, "Ed", one["entity"].(obj)["name"])
	edit := func(of obj, fields obj) obj {
		return a.one("editTask", obj{"taskId": of["id"], "rev": of["rev"], "task": fields})
	}
	one = edit(one, obj{"completedTime": "2024-01-01T00:00:00Z"})
	require.Equal(t, "2024-01-01T00:00:00+0000", one["completedTime"])
	two := task(obj{"title": "Call"})
	require.Equal(t, []int64{1}, ids(a.many("findTasks", obj{"query": obj{"entity": list{entity}}})))
	require.Equal(t, []int64{1}, ids(a.many("findTasks", obj{"query": obj{"status": 1}})))
	require.Equal(t, []int64{2}, ids(a.many("findTasks", obj{"query": obj{"status": list{0}}})))
	require.Equal(t, []int64{1}, ids(a.many("findTasks", obj{"query": obj{"assignee": obj{"entityType": "Users", "id": 2}}})))
	one = edit(one, obj{"completedTime": nil, "entity": nil})
	require.Nil(t, one["completedTime"])
	require.Empty(t, a.many("findTasks", obj{"query": obj{"entity": entity}}))
	edit(two, obj{"entity": entity, "dueTime": "2026-03-01T00:00:00Z"})
	require.Equal(t, []int64{2, 1}, ids(a.many("findTasks", obj{})), "by due time")
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	require.Equal(t, "Ed", a.get("Task", 2)["entity"].(obj)["name"], "a task still shows its deleted parent")
	a.want(400, "title: required", "newTask", obj{"task": obj{}})
	a.want(400, "entity: Contacts 1 does not exist", "newTask", obj{"task": obj{"title": "x", "entity": entity}})
	now := open(t, func(c *nutshelltest.Config) { c.IgnoreCompletedTime = true })
	now.one("newTask", obj{"task": obj{"title": "x"}})
	require.Equal(t, "2026-03-02T08:00:00+0000",
		now.one("editTask", obj{"taskId": 1, "rev": "0", "task": obj{"completedTime": "2024-01-01T00:00:00Z"}})["completedTime"])
}

func TestActivities(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	a.lead(obj{})
	got := a.activity(obj{"status": 1, "location": "12 Elm St", "logNote": obj{"note": "spoke"}, "leads": list{obj{"id": 1000}},
		"participants": list{obj{"entityType": "Contacts", "id": 1}, obj{"entityType": "Users", "id": 2}}})
	require.Equal(t, "2024-05-02T15:00:00+0000", got["startTime"])
	require.Equal(t, "12 Elm St", got["location"].(obj)["address_1"])
	require.Equal(t, "", got["location"].(obj)["name"])
	require.Equal(t, "spoke", got["logDescription"])
	require.Equal(t, "spoke", got["logNote"].(obj)["note"])
	require.NotContains(t, got["logNote"], "stub")
	require.Equal(t, "Bo Lind", got["loggedBy"].(obj)["name"])
	require.Equal(t, int64(1000), id(got["lead"].(obj)))
	people := got["participants"].(list)
	require.Equal(t, n("0"), people[0].(obj)["status"])
	require.Equal(t, list{nil}, people[1].(obj)["emails"])
	require.Empty(t, a.get("Lead", 1000)["notes"])
	require.Equal(t, n("1"), a.get("Lead", 1000)["activitiesCount"].(obj)["1"])

	for field, bad := range map[string]any{"endTime": "2024-05-02T14:59:59Z", "activityTypeId": 9, "name": "", "status": -1, "startTime": nil} {
		code, message := a.refused("newActivity", obj{"activity": obj{"name": "x", "activityTypeId": 1, "startTime": "2024-05-02T15:00:00Z",
			"endTime": "2024-05-02T15:00:00Z", field: bad}})
		require.Equal(t, 400, code, field)
		require.Contains(t, message, field)
	}
	scheduled := a.activity(obj{"endTime": "2026-03-02T08:00:01Z", "isFlagged": true})
	require.Equal(t, n("0"), scheduled["status"])
	require.Nil(t, scheduled["loggedBy"])
	require.NotContains(t, scheduled, "location")
	require.Equal(t, n("-1"), a.activity(nil)["status"], "scheduled and past is overdue")
	for _, tc := range []struct {
		query obj
		want  []int64
	}{
		{obj{"contactId": 1}, []int64{1}}, {obj{"leadId": 1000}, []int64{1}}, {obj{"userId": 2}, []int64{1}}, {obj{"contactId": 9}, []int64{}},
		{obj{"status": 1}, []int64{1}}, {obj{"isFlagged": true}, []int64{2}}, {obj{"activityTypeId": 2}, []int64{1, 2, 3}},
		{obj{"startTime": "2024-05-02T15:00:00Z"}, []int64{1, 2, 3}}, {obj{"startTime": "2024-05-02T15:00:01Z"}, []int64{}},
		{obj{"endTime": "2024-05-02T15:00:00Z"}, []int64{1, 2, 3}}, {obj{"endTime": "2024-05-02T14:00:00Z"}, []int64{}},
	} {
		require.Equal(t, tc.want, ids(a.many("findActivities", obj{"query": tc.query, "orderBy": "id"})), "%v", tc.query)
	}
	edited := a.one("editActivity", obj{"activityId": 1, "rev": "0", "activity": obj{"participants": list{}, "logNote": obj{"note": "again"}, "location": nil}})
	require.Empty(t, edited["participants"])
	require.Equal(t, "again", edited["logDescription"])
	require.NotContains(t, edited, "location")
	require.Empty(t, a.many("findActivities", obj{"query": obj{"contactId": 1}}))
	full := open(t, func(c *nutshelltest.Config) { c.RecordShape = "full" })
	require.Equal(t, "", full.activity(nil)["location"])
	require.Equal(t, "here", full.activity(obj{"location": "here"})["location"])
}
