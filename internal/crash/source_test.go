package crash

import (
	"fmt"
	"strings"

	"rezora2nutshell/clients/rezora/rezoratest"
)

type (
	obj  = map[string]any
	list = []any
)

const (
	day   = "2024-05-01T10:00:00Z"
	token = "token-of-the-tests"
)

// rows is a source with every kind of effect in as few records as can be.
func rows() map[string][]obj {
	out := map[string][]obj{}
	add := func(resource string, fields obj) {
		if fields["created_at"] == nil {
			fields["created_at"] = day
		}
		out[resource] = append(out[resource], fields)
	}
	add("agents", obj{"id": "31", "email": "ann@agents.example.com", "first_name": "Ann", "last_name": "Rey"})
	add("agents", obj{"id": "32", "email": "gone@agents.example.com", "display_name": "Gone Agent"}) // an orphan
	add("companies", obj{"id": "brk-1", "kind": "brokerage", "name": "Tern Realty", "domain": "tern.example.com",
		"phones": obj{"main": "303-555-0110"}, "custom_properties": obj{"Region": "North"}})
	add("companies", obj{"id": "loc-2", "kind": "office", "parent_id": "brk-1", "name": "Tern Erie", "website": "https://known.example.com/x"}) // merged
	for i, d := range []obj{{"name": "Stage", "data_type": "enum", "options": list{"warm", "cold"}}, {"name": "Budget", "data_type": "number"}} {
		d["id"], d["object"] = fmt.Sprint(40+i), "contact"
		add("custom_properties", d)
	}
	add("contacts", obj{"id": "c1", "owner_agent_id": "31", "name": "Ines Okafor", "email": "ines@tern.example.com", "title": "Buyer",
		"phones": obj{"mobile": "720-555-0142", "home": "(303) 555-0101"}, "addresses": obj{"home": obj{"street": "88 Alder Ct", "city": "Louisville", "state": "CO", "zip": "80027"}},
		"custom_properties": obj{"Stage": "hot", "Budget": 500.5}, "scores": obj{"open": 0.4, "click": 0.08}})
	add("contacts", obj{"id": "c2", "owner_agent_id": "32", "name": "Smith, Bob", "first_name": "Bob", "last_name": "Smith", "email": "bob@example.org",
		"phones": obj{"work": "303-555-0177"}, "company_id": "loc-2"}) // merged
	add("contacts", obj{"id": "c3", "name": "Kim Aoki", "email": "kim@example.org"}) // deleted at the source meanwhile
	add("contacts", obj{"id": "c4", "name": " ", "email": "no address"})             // quarantined
	add("distribution_groups", obj{"id": "g1", "name": "Hot", "scope": "agent", "owner_agent_id": "31"})
	add("group_memberships", obj{"id": "m1", "group_id": "g1", "contact_id": "c1"})
	add("campaigns", obj{"id": "k1", "name": "Just Sold", "owner_agent_id": "31", "schedule": obj{"sent_at": day}, "metrics": obj{"delivered": 2, "opens_unique": 1}})
	add("campaign_recipients", obj{"id": "r1", "campaign_id": "k1", "contact_id": "c1", "status": "delivered"})
	add("campaign_recipients", obj{"id": "r2", "campaign_id": "k1", "contact_id": "c2", "status": "delivered"})
	add("leads", obj{"id": "l1", "contact_id": "c1", "agent_id": "31", "status": "converted", "converted_at": "2024-06-01T00:00:00Z", "score": "62.50", "source": "web", "message": "Hello"})
	add("leads", obj{"id": "l2", "status": "lost", "email": "bob@example.org", "company_id": "loc-2", "source": "fair"})
	add("leads", obj{"id": "l3", "status": "new", "contact_id": "c3", "source": "web"})
	add("notes", obj{"id": "n1", "parent_type": "contact", "parent_id": "c1", "author_agent_id": "31", "body": "line one\n" + strings.Repeat("garden and garage ", 30), "noted_at": day}) // split
	add("notes", obj{"id": "n2", "parent_type": "company", "parent_id": "loc-2", "author_name": "Old Timer", "body": "<p>Met at the fair.</p>", "noted_at": day})
	add("notes", obj{"id": "n3", "parent_type": "campaign", "parent_id": "k1", "body": "went well", "noted_at": day}) // on both receivers
	add("tasks", obj{"id": "t1", "contact_id": "c1", "assignee_agent_id": "31", "title": "Call", "due_at": day, "status": "open"})
	add("tasks", obj{"id": "t2", "contact_id": "c2", "title": "Send papers", "status": "completed", "updated_at": "2024-07-01T00:00:00Z"})
	add("interactions", obj{"id": "i1", "type": "call", "contact_id": "c1", "agent_id": "31", "subject": "First", "body": "Budget.", "direction": "inbound", "started_at": day})
	add("interactions", obj{"id": "i2", "type": "email", "contact_id": "c3", "subject": "Hi", "direction": "outbound", "started_at": day})
	add("attachments", obj{"id": "a1", "parent_type": "contact", "parent_id": "c1", "filename": "plan.pdf", "content_type": "application/pdf", "size": 40})
	add("attachments", obj{"id": "a2", "parent_type": "note", "parent_id": "n2", "filename": "big.pdf", "size": fileBytes + 1}) // too large: a link
	return out
}

const (
	noteChars = 400
	fileBytes = 1000
)

func newSource() *rezoratest.Server {
	c := rezoratest.DefaultConfig()
	c.Tokens, c.Data = []string{token}, rows()
	return rezoratest.New(c)
}
