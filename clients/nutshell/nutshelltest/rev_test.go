package nutshelltest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestFirstRev(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.NewLeadRev = 2 })
	c := a.contact(obj{"name": "Ed"})
	require.Equal(t, "0", c["rev"])
	require.Equal(t, "0", a.account(obj{"name": "Tern"})["rev"])
	require.Equal(t, "2", a.lead(obj{})["rev"])
	require.Equal(t, "0", a.note("Contacts", id(c), "x")["rev"])
	require.Equal(t, "0", a.one("newTask", obj{"task": obj{"title": "x"}})["rev"])
	require.Equal(t, "7", open(t, func(c *nutshelltest.Config) { c.NewLeadRev = 7 }).lead(obj{})["rev"])
}

func TestEditAndDeleteMoveRev(t *testing.T) {
	a := open(t)
	c := a.contact(obj{"name": "Ed"})
	a.s.Advance(time.Minute)
	c = a.editContact(c, obj{}) // an edit that changes nothing counts
	require.Equal(t, "1", c["rev"])
	require.Equal(t, "2026-03-02T08:01:00+0000", c["modifiedTime"])
	require.Equal(t, "2026-03-02T08:00:00+0000", c["createdTime"])
	a.want(409, "rev key is out-of-date", "editContact", obj{"contactId": 1, "rev": "0", "contact": obj{}})
	a.want(409, "rev key is out-of-date", "deleteContact", obj{"contactId": 1, "rev": "0"})
	a.want(400, "contact: name, phone or email required", "editContact", obj{"contactId": 1, "rev": "1", "contact": obj{"name": nil}})
	require.Equal(t, "1", a.get("Contact", 1)["rev"], "a refused edit bumps nothing")
	a.one("editContact", obj{"contactId": "1", "rev": 1, "contact": obj{"description": "x"}}) // number as its text
	a.one("editContact", obj{"contactId": 1, "rev": "REV_IGNORE", "contact": obj{}})
	require.Equal(t, true, a.call("deleteContact", obj{"contactId": 1, "rev": "3"}))
	require.Equal(t, "4", a.get("Contact", 1)["rev"])
	require.Equal(t, 200, a.do("POST", "/rest/contacts/1-contacts/undelete", nil).Code)
	require.Equal(t, "5", a.get("Contact", 1)["rev"])
	require.Equal(t, 200, a.do("POST", "/rest/contacts/1/undelete", nil).Code)
	require.Equal(t, "5", a.get("Contact", 1)["rev"], "undelete of a live record changes nothing")
	require.Equal(t, true, a.call("deleteContact", obj{"contactId": 1, "rev": "REV_IGNORE"}))
}

// revs reads the revs of contacts, accounts and leads by id.
func (a api) rev(what string, n int64) string { a.Helper(); return a.get(what, n)["rev"].(string) }

func TestLinksMoveTheOtherEnd(t *testing.T) {
	for _, bumps := range []bool{true, false} {
		a := open(t, func(c *nutshelltest.Config) { c.LinkBumpsBoth = bumps })
		expect := func(want string) string {
			if bumps {
				return want
			}
			return "0"
		}
		one, two := id(a.account(obj{"name": "One"})), id(a.account(obj{"name": "Two"}))
		a.s.Advance(time.Minute)
		c := a.contact(obj{"name": "Ed", "accounts": list{obj{"id": one, "relationship": "Buyer"}}})
		require.Equal(t, "0", c["rev"])
		require.Equal(t, expect("1"), a.rev("Account", one), "create adds")
		if bumps {
			require.Equal(t, "2026-03-02T08:01:00+0000", a.get("Account", one)["modifiedTime"])
		}
		c = a.editContact(c, obj{"accounts": list{obj{"id": one, "relationship": "Buyer"}}})
		require.Equal(t, expect("1"), a.rev("Account", one), "the same link again is no change")
		c = a.editContact(c, obj{"accounts": list{obj{"id": one}, obj{"id": two}}})
		require.Equal(t, expect("2"), a.rev("Account", one), "relabelled")
		require.Equal(t, expect("1"), a.rev("Account", two), "added")
		c = a.editContact(c, obj{"accounts": list{}})
		require.Equal(t, expect("3"), a.rev("Account", one), "dropped")
		require.Equal(t, expect("2"), a.rev("Account", two), "dropped")
		require.Equal(t, "3", c["rev"], "the edited end moves once an edit")
	}
}

func TestLeadLinksMoveTheOtherEndOnce(t *testing.T) {
	a := open(t)
	account, other := id(a.account(obj{"name": "One"})), id(a.account(obj{"name": "Two"}))
	contact := id(a.contact(obj{"name": "Ed"}))
	l := a.lead(obj{"primaryAccount": obj{"id": account}, "accounts": list{obj{"id": account, "entityType": "Accounts"}},
		"contacts": list{obj{"id": contact, "entityType": "Contacts", "relationship": "Seller"}}})
	require.Equal(t, "2", l["rev"])
	require.Equal(t, "1", a.rev("Account", account), "two links, one bump")
	require.Equal(t, "1", a.rev("Contact", contact))
	l = a.editLead(l, obj{"primaryAccount": obj{"id": other}})
	require.Equal(t, "2", a.rev("Account", account))
	require.Equal(t, "1", a.rev("Account", other))
	a.one("editContact", obj{"contactId": contact, "rev": "1", "contact": obj{"leads": list{obj{"id": l["id"], "relationship": "Buyer"}}}})
	require.Equal(t, "4", a.rev("Lead", id(l)), "one own edit, one relabelled by the contact")
	require.Equal(t, "Buyer", a.get("Lead", id(l))["contacts"].(list)[0].(obj)["relationship"])
}

func TestNotesAndFilesMoveNoParent(t *testing.T) {
	for _, bumps := range []bool{false, true} {
		a := open(t, func(c *nutshelltest.Config) { c.NoteBumpsParent = bumps })
		c := id(a.contact(obj{"name": "Ed"}))
		steps := []func(){
			func() { a.note("Contacts", c, "x") },
			func() {
				a.one("newTask", obj{"task": obj{"title": "x", "entity": obj{"entityType": "Contacts", "id": c}}})
			},
			func() { a.activity(obj{"participants": list{obj{"entityType": "Contacts", "id": c}}}) },
		}
		for i, step := range steps {
			step()
			want := "0"
			if bumps {
				want = string(rune('1' + i))
			}
			require.Equal(t, want, a.rev("Contact", c))
		}
		_, _ = a.s.AddFile(1, "a.txt", "text/plain", nil)
		w := a.upload(1, "a.txt", "text/plain", "hello")
		require.Equal(t, 201, w.Code, w.Body)
		want := "0"
		if bumps {
			want = "1"
		}
		require.Equal(t, want, a.rev("Note", 1))
	}
}

func TestDeleteMovesNoLinkedRev(t *testing.T) {
	a := open(t)
	account := id(a.account(obj{"name": "One"}))
	a.contact(obj{"name": "Ed", "accounts": list{obj{"id": account}}})
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	require.Equal(t, "1", a.rev("Account", account))
	require.Empty(t, a.get("Account", account)["contacts"])
	require.Equal(t, 200, a.do("POST", "/rest/contacts/1/undelete", nil).Code)
	require.Equal(t, "1", a.rev("Account", account))
	require.Len(t, a.get("Account", account)["contacts"], 1)
}

func (a api) activity(fields obj) obj {
	a.Helper()
	in := obj{"name": "Showing", "activityTypeId": 2, "startTime": "2024-05-02T15:00:00+0000", "endTime": "2024-05-02T16:00:00Z"}
	for k, v := range fields {
		in[k] = v
	}
	return a.one("newActivity", obj{"activity": in})
}
