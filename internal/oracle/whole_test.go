package oracle_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

const day = "2024-05-01T10:00:00Z"

// whole is an account with one of everything, migrated by hand as the map says.
type whole struct {
	*bench
	firm, office, ann, bob, deal, walkIn        int64
	plain, rich, campaign, leadNote, open, done int64
	call, meeting, mail, file                   int64
}

func newWhole(t *testing.T) *whole {
	t.Helper()
	w := &whole{bench: newBench(t)}
	w.rowsOfWhole()
	w.begin()
	w.dest.AddActivityType("Email")
	w.define("Contacts", "Accounts", "Leads")
	w.field("Contacts", "Birthday", "Date")
	w.field("Contacts", "Budget", "Number")
	w.field("Contacts", "Stage", "Enum", "warm", "cold", "hot")
	w.field("Contacts", "Areas", "Text")
	w.field("Accounts", "Region", "Text")
	w.account.FilesOffered = true
	w.records()
	w.timeline()
	return w
}

func (w *whole) rowsOfWhole() {
	w.row("companies", obj{"id": "brk-1", "kind": "brokerage", "name": "Tern Realty", "domain": "tern.example.com", "website": "",
		"email": " INFO@tern.example.com ", "phones": obj{"main": "303-555-0110", "fax": ""}, "custom_properties": obj{"Region": "North"},
		"address": obj{"street": "1 Main", "street2": "", "city": "Boulder", "state": "CO", "zip": "01234", "country": "US"}, "created_at": day})
	w.row("companies", obj{"id": "loc-2", "kind": "office", "parent_id": "brk-1", "name": "", "website": "https://www.loft.example.com/x",
		"address": obj{"street": "", "street2": "", "city": "Erie", "state": "CO", "zip": "", "country": ""}, "created_at": day})
	w.row("agents", obj{"id": "31", "email": " Ann@Example.com", "first_name": "Ann", "last_name": "Rey", "created_at": day})
	w.row("agents", obj{"id": "32", "email": "gone@example.com", "display_name": "Gone Agent", "created_at": day})
	for i, d := range []obj{{"name": "Birthday", "data_type": "date"}, {"name": "Budget", "data_type": "number"},
		{"name": "Stage", "data_type": "enum", "options": []string{"warm", "cold"}}, {"name": "Unused", "data_type": "date"}} {
		d["id"], d["object"], d["created_at"] = fmt.Sprint(40+i), "contact", day
		w.row("custom_properties", d)
	}
	w.row("contacts", obj{"id": "c1", "owner_agent_id": "31", "name": "Ann Marie Vale", "email": "ann@tern.example.com ", "title": "Buyer",
		"company_name": "Tern  realty", "contact_type": "Hot", "phones": obj{"mobile": "720-555-0142", "home": "(303) 555-0101"},
		"addresses":    obj{"home": obj{"street": "88 Alder Ct", "city": "Louisville", "state": "CO", "zip": "80027"}},
		"unsubscribed": true, "unsubscribed_at": day, "email_status": "ok", "opt_in": obj{"first_at": day},
		"scores":            obj{"open": 0.415, "click": 0.08},
		"custom_properties": obj{"Birthday": "1990-01-02", "Budget": 500.50, "Stage": "hot", "Areas": list{"Erie", 3, nil}, "Empty": "  "},
		"created_at":        day})
	w.row("contacts", obj{"id": "c2", "owner_agent_id": "32", "name": "Smith, Bob", "first_name": "Bob", "last_name": "Smith",
		"email": "bob@gmail.com", "title": "Owner", "company_name": "Nowhere Inc", "created_at": day})
	w.row("contacts", obj{"id": "c3", "name": " ", "email": "not an address", "phones": obj{"mobile": strings.Repeat("5", 51)}, "created_at": day})
	w.row("distribution_groups", obj{"id": "g2", "name": "B & <b>", "scope": "agent", "owner_agent_id": "31", "created_at": day})
	w.row("distribution_groups", obj{"id": "g1", "name": "B & <b>", "scope": "team", "team_id": "7", "created_at": day})
	w.row("group_memberships", obj{"id": "m1", "group_id": "g2", "contact_id": "c1", "created_at": day})
	w.row("group_memberships", obj{"id": "m2", "group_id": "g1", "contact_id": "c1", "created_at": day})
	w.row("group_memberships", obj{"id": "m3", "group_id": "gone", "contact_id": "c1", "created_at": day})
	w.row("campaigns", obj{"id": "k1", "name": "Just Sold", "owner_agent_id": "31", "schedule": obj{"sent_at": day},
		"listings": list{obj{"listing_id": "mls:1:9", "position": 1}}, "metrics": obj{"delivered": 3, "opens_unique": 2, "clicks_unique": 1}, "created_at": day})
	w.row("campaigns", obj{"id": "k2", "name": "Draft", "created_at": day})
	w.row("campaign_recipients", obj{"id": "r1", "campaign_id": "k1", "contact_id": "c1", "status": "delivered", "created_at": day})
	w.row("campaign_recipients", obj{"id": "r2", "campaign_id": "k2", "contact_id": "c2", "status": "bounced", "created_at": day})
	w.row("activities", obj{"id": "open-1", "type": "open", "contact_id": "c1", "campaign_id": "k1", "occurred_at": day})
	w.row("activities", obj{"id": "click-1", "type": "click", "contact_id": "c1", "campaign_id": "k1", "occurred_at": day})
	w.row("activities", obj{"id": "property_view-1", "type": "property_view", "contact_id": "c2", "listing_id": "mls:1:7", "occurred_at": day})
	w.row("leads", obj{"id": "l1", "contact_id": "c1", "agent_id": "31", "company_id": "loc-2", "status": "converted", "converted_at": "2024-06-01T00:00:00Z",
		"score": "62.50", "source": "web", "name": "Ann Vale", "message": "Hello", "phone": "1", "campaign_id": "k1", "created_at": day})
	w.row("leads", obj{"id": "l2", "status": "nurturing", "email": "BOB@gmail.com", "company_id": "loc-2", "source": "", "created_at": day})
	w.row("notes", obj{"id": "n1", "parent_type": "contact", "parent_id": "c1", "author_agent_id": "31", "body": "line one\nline two", "noted_at": day})
	w.row("notes", obj{"id": "n2", "parent_type": "company", "parent_id": "brk-1", "author_name": "Old Timer", "noted_at": day,
		"body": `<p>Met at <a href="https://x.example.com">open house</a>.</p>Wants&nbsp;a yard.<script>x()</script>`})
	w.row("notes", obj{"id": "n3", "parent_type": "campaign", "parent_id": "k1", "body": "", "noted_at": day})
	w.row("notes", obj{"id": "n4", "parent_type": "contact", "parent_id": "c3", "body": "lost", "noted_at": day})
	w.row("tasks", obj{"id": "t1", "contact_id": "c1", "assignee_agent_id": "31", "title": "Call", "due_at": day, "status": "open", "created_at": day})
	w.row("tasks", obj{"id": "t2", "title": " ", "description": "later", "status": "completed", "created_at": day, "updated_at": "2024-07-01T00:00:00Z"})
	w.row("interactions", obj{"id": "i1", "type": "call", "contact_id": "c1", "agent_id": "31", "subject": "First", "body": "Budget.", "direction": "inbound",
		"started_at": day, "ended_at": "2024-05-01T10:05:00Z"})
	w.row("interactions", obj{"id": "i2", "type": "meeting", "contact_id": "c2", "agent_id": "32", "location": "14 Heron Ct", "started_at": day, "ended_at": "2024-04-01T10:05:00Z"})
	w.row("interactions", obj{"id": "i3", "type": "email", "subject": "Hi", "direction": "outbound", "started_at": day})
	w.row("attachments", obj{"id": "a1", "parent_type": "contact", "parent_id": "c1", "filename": `C:\x\plan.pdf`, "content_type": "application/pdf", "size": 20})
	w.row("attachments", obj{"id": "a2", "parent_type": "campaign", "parent_id": "k1", "filename": "big.pdf", "size": 20})
}

func (w *whole) records() {
	w.firm = w.company(obj{"name": "Tern Realty", "url": obj{"0": "https://tern.example.com"}, "email": obj{"0": "INFO@tern.example.com"},
		"phone": obj{"main": "303-555-0110"}, "address": obj{"0": obj{"address_1": "1 Main", "city": "Boulder", "state": "CO", "postalCode": "01234", "country": "US"}},
		"customFields": key("brk-1", day, obj{"Rezora_Company_Kind__c": "brokerage", "Region": "North"})})
	w.office = w.company(obj{"name": "Erie, CO", "url": obj{"0": "https://www.loft.example.com/x"}, "address": obj{"0": obj{"city": "Erie", "state": "CO"}},
		"customFields": key("loc-2", day, obj{"Rezora_Company_Kind__c": "office", "Parent_Company__c": "Tern Realty"})})
	w.ann = w.person(obj{"name": "Ann Marie Vale", "email": obj{"0": "ann@tern.example.com"},
		"phone":   obj{"mobile": "720-555-0142", "home": "(303) 555-0101", "--primary": "720-555-0142"},
		"address": obj{"home": obj{"address_1": "88 Alder Ct", "city": "Louisville", "state": "CO", "postalCode": "80027"}},
		"owner":   ref("Users", 2), "accounts": list{obj{"id": w.firm, "entityType": "Accounts", "relationship": "Buyer"}},
		"customFields": key("c1", day, obj{"Rezora_Contact_Type__c": "Hot", "Rezora_Company_Name__c": "Tern  realty", "Rezora_Owner__c": "Ann@Example.com",
			"Unsubscribed__c": true, "Unsubscribed_At__c": day, "Opt_In_At__c": day, "Email_Status__c": "ok", "Engagement_Score__c": 24.75,
			"Distribution_Groups__c": `[{"id":"g1","name":"B & <b>","scope":"team"},{"id":"g2","name":"B & <b>","scope":"agent"}]`,
			"Campaign_Archive__c":    `[{"id":"k1","name":"Just Sold","sent_at":"2024-05-01T10:00:00Z","open_rate":0.6667,"click_rate":0.3333}]`,
			"Engagement_History__c": `[{"event_type":"click","campaign_name":"Just Sold","timestamp":"2024-05-01T10:00:00Z"},` +
				`{"event_type":"open","campaign_name":"Just Sold","timestamp":"2024-05-01T10:00:00Z"}]`,
			"Custom_Listing_IDs__c": `["mls:1:9"]`, "Birthday": "1990-01-02", "Budget": 500.5, "Stage": "hot", "Areas": `["Erie",3,null]`})})
	w.bob = w.person(obj{"name": obj{"givenName": "Bob", "familyName": "Smith"}, "email": obj{"0": "bob@gmail.com"}, "description": "Owner",
		"customFields": key("c2", day, obj{"Rezora_Company_Name__c": "Nowhere Inc", "Rezora_Owner__c": "gone@example.com",
			"Engagement_History__c": `[{"event_type":"property_view","campaign_name":null,"timestamp":"2024-05-01T10:00:00Z"}]`, "Custom_Listing_IDs__c": `["mls:1:7"]`})})
	w.deal = w.lead(obj{"description": "Ann Vale: web", "contacts": list{ref("Contacts", w.ann)}, "primaryAccount": obj{"id": w.firm}, "assignee": ref("Users", 2),
		"customFields": key("l1", day, obj{"Engagement_Score__c": 62.5, "Rezora_Lead_Status__c": "converted", "Rezora_Source__c": "web"})})
	require.NoError(w.t, w.dest.EditLead(w.deal, obj{"outcome": ref("Lead_Outcomes", 1), "closedTime": "2024-06-01T00:00:00Z"}))
	w.walkIn = w.lead(obj{"description": "Rezora lead l2", "contacts": list{ref("Contacts", w.bob)}, "primaryAccount": obj{"id": w.office}, "isPending": true,
		"customFields": key("l2", day, obj{"Rezora_Lead_Status__c": "nurturing"})})
}

func (w *whole) timeline() {
	w.plain = w.note("Contacts", w.ann, "[Rezora note n1] "+day+" - Ann Rey\n\nline one\nline two")
	w.rich = w.note("Accounts", w.firm, "[Rezora note n2] "+day+" - Old Timer\n\nMet at open house (https://x.example.com).\nWants a yard.")
	w.campaign = w.note("Contacts", w.ann, "Campaign Note: Just Sold [Rezora note n3] "+day+" - Ann Rey (inferred)")
	w.leadNote = w.note("Leads", w.deal, "[Rezora lead l1] "+day+"\n\nmessage: Hello\nphone: 1\ncampaign: Just Sold (k1)")
	w.note("Leads", w.walkIn, "[Rezora lead l2] "+day+"\n\nemail: BOB@gmail.com")
	w.open = w.task(obj{"title": "Call", "dueTime": day, "assignee": ref("Users", 2), "entity": ref("Contacts", w.ann), "description": "[Rezora task t1] created " + day})
	w.done = w.task(obj{"title": "Rezora task t2", "description": "[Rezora task t2] created " + day + "\n\nlater"})
	require.NoError(w.t, w.dest.EditTask(w.done, obj{"completedTime": "2024-07-01T00:00:00Z"}))
	w.call = w.activity(obj{"name": "First", "activityTypeId": 1, "status": 1, "startTime": day, "endTime": "2024-05-01T10:05:00Z",
		"participants": list{ref("Contacts", w.ann), ref("Users", 2)}, "description": "[Rezora call i1] inbound\n\nBudget."})
	w.meeting = w.activity(obj{"name": "meeting", "activityTypeId": 2, "status": 1, "startTime": day, "endTime": day, "location": "14 Heron Ct",
		"participants": list{ref("Contacts", w.bob)}, "description": "[Rezora meeting i2]"})
	w.mail = w.activity(obj{"name": "Hi", "activityTypeId": w.emailType(), "status": 1, "startTime": day, "endTime": day, "description": "[Rezora email i3] outbound"})
	bytes := w.content("a1")
	w.file = w.note("Contacts", w.ann, "[Rezora file a1] plan.pdf (20 bytes, sha256 "+digest(bytes)+")")
	_, err := w.dest.AddFile(w.file, "plan.pdf", "application/pdf", bytes)
	require.NoError(w.t, err)
}

func (w *whole) emailType() int64 {
	var types []struct {
		ID   int64
		Name string
	}
	require.NoError(w.t, w.dest.Call("findActivityTypes", obj{}, &types))
	for _, t := range types {
		if t.Name == "Email" {
			return t.ID
		}
	}
	return 0
}

func digest(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }

// content downloads an attachment from the source as a client would.
func (w *whole) content(id string) []byte {
	w.t.Helper()
	require.NoError(w.t, w.source.Configure(func(c *rezoratest.Config) { c.Tokens = []string{"t"} }))
	r := httptest.NewRequest(http.MethodGet, "/api/v1/attachments/"+id+"/content", nil)
	r.Header.Set("Authorization", "Bearer t")
	rec := httptest.NewRecorder()
	w.source.ServeHTTP(rec, r)
	require.Equal(w.t, http.StatusOK, rec.Code)
	return rec.Body.Bytes()
}

func TestRightMigrationHasNoProblems(t *testing.T) {
	newWhole(t).clean()
}
