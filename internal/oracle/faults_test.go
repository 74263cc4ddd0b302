package oracle_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each kind of damage is named with its record and its field.
func TestDamageIsNamed(t *testing.T) {
	noted := func(w *whole, entity string, id int64, text string) { w.note(entity, id, text) }
	cases := []struct {
		name                string
		damage              func(w *whole) error
		object, id, problem string
	}{
		{"person missing", func(w *whole) error { return w.dest.DeleteContact(w.bob) }, "people", "c2", ""},
		{"company missing", func(w *whole) error { return w.dest.DeleteAccount(w.office) }, "companies", "loc-2", ""},
		{"lead missing", func(w *whole) error { return w.dest.DeleteLead(w.walkIn) }, "leads", "l2", ""},
		{"note missing", func(w *whole) error { return w.dest.DeleteNote(w.plain) }, "notes", "n1", ""},
		{"lead note missing", func(w *whole) error { return w.dest.DeleteNote(w.leadNote) }, "notes", "l1", ""},
		{"campaign note missing", func(w *whole) error { return w.dest.DeleteNote(w.campaign) }, "notes", "n3", ""},
		{"task missing", func(w *whole) error { return w.dest.DeleteTask(w.open) }, "tasks", "t1", ""},
		{"call missing", func(w *whole) error { return w.dest.DeleteActivity(w.call) }, "activities", "i1", ""},
		{"file note missing", func(w *whole) error { return w.dest.DeleteNote(w.file) }, "attachments", "a1", ""},

		{"person twice", func(w *whole) error {
			w.person(obj{"name": "x", "customFields": obj{"Rezora_ID__c": "c1"}})
			return nil
		}, "people", "c1", ""},
		{"note twice", func(w *whole) error {
			noted(w, "Contacts", w.ann, "[Rezora note n1] "+day+" - Ann Rey\n\nline one\nline two")
			return nil
		}, "notes", "n1", ""},
		{"quarantined person", func(w *whole) error {
			w.person(obj{"name": "x", "customFields": obj{"Rezora_ID__c": "c3"}})
			return nil
		}, "people", "c3", ""},
		{"note of a quarantined person", func(w *whole) error {
			noted(w, "Contacts", w.bob, "[Rezora note n4] "+day+" - unknown\n\nlost")
			return nil
		}, "notes", "n4", ""},
		{"file of a campaign", func(w *whole) error {
			noted(w, "Contacts", w.ann, "[Rezora file a2] big.pdf (20 bytes, sha256 0)")
			return nil
		}, "attachments", "a2", ""},
		{"stranger", func(w *whole) error { w.person(obj{"name": "Probe"}); return nil }, "account", "", ""},

		{"name", edit("Contacts", "ann", obj{"name": "Ann Vale"}), "people", "c1", "displayName"},
		{"e-mail", edit("Contacts", "ann", obj{"email": obj{"0": "x@tern.example.com"}}), "people", "c1", "email"},
		{"e-mail label", edit("Contacts", "ann", obj{"email": obj{"work": "ann@tern.example.com"}}), "people", "c1", "email"},
		{"phone", edit("Contacts", "ann", obj{"phone": obj{"mobile": "720-555-0142"}}), "people", "c1", "phone.home"},
		{"primary phone", edit("Contacts", "ann", obj{"phone": obj{"mobile": "720-555-0142", "home": "(303) 555-0101"}}), "people", "c1", "phone.mobile"},
		{"leading zero", edit("Accounts", "firm", obj{"address": obj{"0": obj{"address_1": "1 Main", "city": "Boulder", "state": "CO", "postalCode": "1234", "country": "US"}}}), "companies", "brk-1", "address"},
		{"link", edit("Contacts", "ann", obj{"accounts": list{}}), "people", "c1", "accounts"},
		{"title", edit("Contacts", "ann", obj{"accounts": list{obj{"id": 1}}}), "people", "c1", "accounts"},
		{"owner", edit("Contacts", "ann", obj{"owner": nil}), "people", "c1", "owner"},
		{"orphan with owner", edit("Contacts", "bob", obj{"owner": ref("Users", 1)}), "people", "c2", "owner"},
		{"description", edit("Contacts", "bob", obj{"description": ""}), "people", "c2", "description"},
		{"unsubscribed", custom("ann", "Unsubscribed__c", nil), "people", "c1", "customFields.Unsubscribed__c"},
		{"subscribed as false", custom("bob", "Unsubscribed__c", false), "people", "c2", "customFields.Unsubscribed__c"},
		{"created", custom("ann", "Rezora_Created_At__c", "2024-05-01T10:00:01Z"), "people", "c1", "customFields.Rezora_Created_At__c"},
		{"company name left out", custom("ann", "Rezora_Company_Name__c", nil), "people", "c1", "customFields.Rezora_Company_Name__c"},
		{"group order", custom("ann", "Distribution_Groups__c", `[{"id":"g2","name":"B & <b>","scope":"agent"},{"id":"g1","name":"B & <b>","scope":"team"}]`), "people", "c1", "customFields.Distribution_Groups__c"},
		{"HTML escaping", custom("ann", "Distribution_Groups__c", `[{"id":"g1","name":"B \u0026 \u003cb\u003e","scope":"team"},{"id":"g2","name":"B \u0026 \u003cb\u003e","scope":"agent"}]`), "people", "c1", "customFields.Distribution_Groups__c"},
		{"rates", custom("ann", "Campaign_Archive__c", `[{"id":"k1","name":"Just Sold","sent_at":"2024-05-01T10:00:00Z","open_rate":0.6666,"click_rate":0.3333}]`), "people", "c1", "customFields.Campaign_Archive__c"},
		{"history", custom("ann", "Engagement_History__c", `[]`), "people", "c1", "customFields.Engagement_History__c"},
		{"listings", custom("ann", "Custom_Listing_IDs__c", nil), "people", "c1", "customFields.Custom_Listing_IDs__c"},
		{"score", custom("ann", "Engagement_Score__c", 24.7), "people", "c1", "customFields.Engagement_Score__c"},
		{"date property", custom("ann", "Birthday", "1990-02-01"), "people", "c1", "customFields.Birthday"},
		{"number property", custom("ann", "Budget", 500), "people", "c1", "customFields.Budget"},
		{"choice", custom("ann", "Stage", "warm"), "people", "c1", "customFields.Stage"},
		{"list property", custom("ann", "Areas", `["Erie", 3, null]`), "people", "c1", "customFields.Areas"},
		{"property nobody has", custom("bob", "Stage", "warm"), "people", "c2", "customFields.Stage"},
		{"tag", func(w *whole) error {
			return first(w.dest.AddTag("Contacts", "Imported"), w.dest.EditContact(w.ann, obj{"tags": list{"Imported"}}))
		}, "people", "c1", "tags"},
		{"tag made", func(w *whole) error { return w.dest.AddTag("Leads", "Imported") }, "fields", "", "tags"},
		{"field made", func(w *whole) error { w.field("Leads", "Unused", "Date"); return nil }, "fields", "", "Unused"},

		{"company name", edit("Accounts", "firm", obj{"name": "Tern"}), "companies", "brk-1", "name"},
		{"company url", edit("Accounts", "firm", obj{"url": obj{}}), "companies", "brk-1", "url"},
		{"company property", edit("Accounts", "firm", obj{"customFields": obj{"Region": "South"}}), "companies", "brk-1", "customFields.Region"},
		{"parent", edit("Accounts", "office", obj{"customFields": obj{"Parent_Company__c": nil}}), "companies", "loc-2", "customFields.Parent_Company__c"},

		{"lead text", edit("Leads", "deal", obj{"description": "Ann Vale"}), "leads", "l1", "description"},
		{"lead person", edit("Leads", "deal", obj{"contacts": list{}}), "leads", "l1", "contacts"},
		{"lead by e-mail", edit("Leads", "walkIn", obj{"contacts": list{}}), "leads", "l2", "contacts"},
		{"lead company", edit("Leads", "walkIn", obj{"primaryAccount": nil}), "leads", "l2", "primaryAccount"},
		{"assignee", edit("Leads", "deal", obj{"assignee": nil}), "leads", "l1", "assignee"},
		{"lost for won", edit("Leads", "deal", obj{"outcome": ref("Lead_Outcomes", 2)}), "leads", "l1", "status"},
		{"closed time", edit("Leads", "deal", obj{"closedTime": day}), "leads", "l1", "closedTime"},
		{"status", edit("Leads", "walkIn", obj{"isPending": false}), "leads", "l2", "status"},

		{"note text", func(w *whole) error {
			return w.dest.EditNote(w.plain, "[Rezora note n1] "+day+" - Ann Rey\n\nline one line two")
		}, "notes", "n1", "text"},
		{"note header", func(w *whole) error {
			return w.dest.EditNote(w.plain, "[Rezora note n1] "+day+" - Ann\n\nline one\nline two")
		}, "notes", "n1", "header"},
		{"no empty line", func(w *whole) error {
			return w.dest.EditNote(w.plain, "[Rezora note n1] "+day+" - Ann Rey\nline one\nline two")
		}, "notes", "n1", "text"},
		{"HTML left", func(w *whole) error {
			return w.dest.EditNote(w.rich, "[Rezora note n2] "+day+" - Old Timer\n\n<p>Met at open house (https://x.example.com).</p>Wants a yard.")
		}, "notes", "n2", "text"},
		{"inferred author not said", func(w *whole) error {
			return w.dest.EditNote(w.campaign, "Campaign Note: Just Sold [Rezora note n3] "+day+" - Ann Rey")
		}, "notes", "n3", "header"},
		{"lead note line", func(w *whole) error {
			return w.dest.EditNote(w.leadNote, "[Rezora lead l1] "+day+"\n\nmessage: Hello\ncampaign: Just Sold (k1)")
		}, "notes", "l1", "text"},

		{"task reopened", func(w *whole) error { return w.dest.EditTask(w.done, obj{"completedTime": nil}) }, "tasks", "t2", "completedTime"},
		{"task done", func(w *whole) error { return w.dest.EditTask(w.open, obj{"completedTime": day}) }, "tasks", "t1", "completedTime"},
		{"task title", func(w *whole) error { return w.dest.EditTask(w.done, obj{"title": "x"}) }, "tasks", "t2", "title"},
		{"task due", func(w *whole) error { return w.dest.EditTask(w.open, obj{"dueTime": nil}) }, "tasks", "t1", "dueTime"},
		{"task person", func(w *whole) error { return w.dest.EditTask(w.open, obj{"entity": nil}) }, "tasks", "t1", "entity"},
		{"task text", func(w *whole) error {
			return w.dest.EditTask(w.done, obj{"description": "[Rezora task t2] created " + day})
		}, "tasks", "t2", "text"},

		{"participants", func(w *whole) error {
			return w.dest.EditActivity(w.call, obj{"participants": list{ref("Contacts", w.ann)}})
		}, "activities", "i1", "participants"},
		{"times", func(w *whole) error { return w.dest.EditActivity(w.call, obj{"endTime": "2024-05-01T10:06:00Z"}) }, "activities", "i1", "endTime"},
		{"place", func(w *whole) error { return w.dest.EditActivity(w.meeting, obj{"location": ""}) }, "activities", "i2", "location"},
		{"not logged", func(w *whole) error { return w.dest.EditActivity(w.meeting, obj{"status": 0}) }, "activities", "i2", "status"},
		{"type", func(w *whole) error { return w.dest.EditActivity(w.meeting, obj{"activityTypeId": 1}) }, "activities", "i2", "activityTypeId"},
		{"direction", func(w *whole) error { return w.dest.EditActivity(w.mail, obj{"description": "[Rezora email i3]"}) }, "activities", "i3", "header"},

		{"file twice", func(w *whole) error { _, err := w.dest.AddFile(w.file, "plan.pdf", "", w.content("a1")); return err }, "attachments", "a1", "file"},
		{"file content", func(w *whole) error {
			return first(w.dest.DeleteNote(w.file), refile(w, "plan.pdf", []byte(strings.Repeat("x", 20))))
		}, "attachments", "a1", "file.content"},
		{"file name", func(w *whole) error {
			return first(w.dest.DeleteNote(w.file), refile(w, "x", w.content("a1")))
		}, "attachments", "a1", "file.name"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWhole(t)
			require.NoError(t, c.damage(w))
			p := w.faulty(c.object, c.id, c.problem)
			require.NotEmpty(t, p.Rule)
		})
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *whole) id(name string) int64 {
	return map[string]int64{"ann": w.ann, "bob": w.bob, "firm": w.firm, "office": w.office, "deal": w.deal, "walkIn": w.walkIn}[name]
}

func edit(entity, name string, fields obj) func(w *whole) error {
	return func(w *whole) error {
		switch entity {
		case "Contacts":
			return w.dest.EditContact(w.id(name), fields)
		case "Accounts":
			return w.dest.EditAccount(w.id(name), fields)
		default:
			return w.dest.EditLead(w.id(name), fields)
		}
	}
}

func custom(name, field string, value any) func(w *whole) error {
	return edit("Contacts", name, obj{"customFields": obj{field: value}})
}

func refile(w *whole, name string, bytes []byte) error {
	id := w.note("Contacts", w.ann, "[Rezora file a1] plan.pdf (20 bytes, sha256 "+digest(w.content("a1"))+")")
	_, err := w.dest.AddFile(id, name, "", bytes)
	return err
}
