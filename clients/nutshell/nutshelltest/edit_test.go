package nutshelltest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestListsAreReplacedWhole(t *testing.T) {
	a := open(t)
	require.NoError(t, a.s.AddTag("Contacts", "VIP"))
	require.NoError(t, a.s.AddTag("Contacts", "Imported"))
	one, two := id(a.account(obj{"name": "One"})), id(a.account(obj{"name": "Two"}))
	full := obj{"name": "Ed", "email": obj{"0": "a@example.com", "work": "b@example.com"}, "phone": "512-555-0142", "url": "https://x.example.com",
		"address": obj{"city": "Austin"}, "tags": list{"vip"}, "accounts": list{obj{"id": one}}, "leads": list{obj{"id": id(a.lead(obj{}))}}}
	for _, clear := range []any{nil, list{}, obj{}} {
		c := a.contact(full)
		require.Equal(t, list{"VIP"}, c["tags"], "stored spelling")
		c = a.editContact(c, obj{"description": "only this"})
		require.Len(t, c["email"], 3, "absent keys stay")
		c = a.editContact(c, obj{"email": obj{"home": "c@example.com"}, "tags": list{"Imported", "imported"}, "accounts": list{obj{"id": two}}})
		require.Equal(t, obj{"home": "c@example.com", "--primary": "c@example.com"}, c["email"])
		require.Equal(t, list{"Imported"}, c["tags"])
		require.Equal(t, "Two", c["accounts"].(list)[0].(obj)["name"])
		c = a.editContact(c, obj{"email": clear, "phone": clear, "url": clear, "address": clear, "tags": clear, "accounts": clear, "leads": clear})
		for _, k := range []string{"email", "phone", "url", "address"} {
			require.NotContains(t, c, k)
		}
		require.Empty(t, c["tags"])
		require.Empty(t, c["accounts"])
		require.Empty(t, c["leads"])
	}
	a.want(400, "tags: unknown tag 'x'", "newContact", obj{"contact": obj{"name": "Ed", "tags": list{"x"}}})
	a.want(400, "tags: unknown tag 'VIP'", "newLead", obj{"lead": obj{"tags": list{"VIP"}}})
	a.want(400, "accounts: Accounts 99 does not exist", "newContact", obj{"contact": obj{"name": "Ed", "accounts": list{obj{"id": 99}}}})
}

func TestCustomFieldsMerge(t *testing.T) {
	a := open(t)
	a.field("Contacts", "A", "Text")
	a.field("Contacts", "B", "Number")
	a.field("Contacts", "C", "Enum", "x", "y")
	c := a.contact(obj{"name": "Ed", "customFields": obj{"A": "a", "B": 1, "C": "x"}})
	c = a.editContact(c, obj{"customFields": obj{"B": "2.50"}})
	require.Equal(t, "a", c["customFields"].(obj)["A"])
	require.Equal(t, "2.5", c["customFields"].(obj)["B"].(interface{ String() string }).String())
	for _, empty := range []any{nil, "", list{}} {
		next := a.editContact(c, obj{"customFields": obj{"A": empty}})
		require.NotContains(t, next["customFields"], "A")
		c = a.editContact(next, obj{"customFields": obj{"A": "again"}})
	}
	c = a.editContact(c, obj{"customFields": nil})
	require.Len(t, c["customFields"], 3)
	c = a.editContact(c, obj{"customFields": obj{"A": nil, "B": nil, "C": nil}})
	require.NotContains(t, c, "customFields")
	a.want(400, "customFields.Foo: 'Foo' is not a custom field", "editContact",
		obj{"contactId": c["id"], "rev": c["rev"], "contact": obj{"customFields": obj{"A": "x", "Foo": nil}}})
	a.want(400, "customFields.C: not one of the choices", "newContact", obj{"contact": obj{"name": "Ed", "customFields": obj{"C": "X"}}})
}

func TestScalarsClear(t *testing.T) {
	a := open(t)
	c := a.contact(obj{"name": "Ed", "description": "d", "owner": obj{"entityType": "Users", "id": 2}})
	require.Equal(t, "Ann Rey", c["owner"].(obj)["name"])
	c = a.editContact(c, obj{"description": nil, "owner": nil})
	require.Nil(t, c["description"])
	require.Nil(t, c["owner"])
	acc := a.account(obj{"name": "One", "industryId": 1, "accountTypeId": 1, "owner": obj{"entityType": "Teams", "id": 1}})
	require.Equal(t, "Brokerage", acc["industry"].(obj)["name"])
	require.Equal(t, "North", acc["owner"].(obj)["name"])
	acc = a.editAccount(acc, obj{"industryId": nil})
	require.NotContains(t, acc, "industry")
	for _, name := range []any{nil, "", 5} {
		code, message := a.refused("editAccount", obj{"accountId": 1, "rev": acc["rev"], "account": obj{"name": name}})
		require.Equal(t, 400, code)
		require.True(t, strings.HasPrefix(message, "name: "), message)
	}
	a.want(400, "industryId: Industries 9 does not exist", "newAccount", obj{"account": obj{"name": "x", "industryId": 9}})
	a.want(400, "owner: Users 3 is disabled", "newContact", obj{"contact": obj{"name": "x", "owner": obj{"entityType": "Users", "id": 3}}})
	a.want(400, "owner: Users 9 does not exist", "newContact", obj{"contact": obj{"name": "x", "owner": obj{"entityType": "Users", "id": 9}}})
	lax := open(t, func(c *nutshelltest.Config) { c.DisabledOwners = "accept"; c.OwnerDefault = "caller" })
	require.Equal(t, "Cy Dunn", lax.contact(obj{"name": "x", "owner": obj{"entityType": "Users", "id": 3}})["owner"].(obj)["name"])
	require.Equal(t, "Bo Lind", lax.contact(obj{"name": "x"})["owner"].(obj)["name"])
	require.Nil(t, lax.contact(obj{"name": "x", "owner": nil})["owner"])
	require.Equal(t, "Bo Lind", lax.lead(obj{})["assignee"].(obj)["name"])
}

func TestServerDatesAndUnknownKeys(t *testing.T) {
	fields := obj{"name": "Ed", "createdTime": "2020-01-01T00:00:00Z", "creator": obj{"id": 2}, "id": 77, "rev": "9", "stub": true, "shoeSize": 9}
	a := open(t)
	c := a.contact(fields)
	require.Equal(t, "2026-03-02T08:00:00+0000", c["createdTime"])
	require.Equal(t, "Bo Lind", c["creator"].(obj)["name"])
	require.Equal(t, int64(1), id(c))
	reject := open(t, func(c *nutshelltest.Config) { c.DateAuthorInput = "reject" })
	reject.want(400, "createdTime: cannot be set", "newContact", obj{"contact": fields})
	reject.want(400, "date: cannot be set", "newNote", obj{"entity": obj{"entityType": "Contacts", "id": id(reject.contact(obj{"name": "x"}))},
		"note": obj{"entityType": "Notes", "note": "x", "date": "2020-01-01T00:00:00Z"}})
	strict := open(t, func(c *nutshelltest.Config) { c.UnknownKeys = "reject" })
	strict.want(400, "shoeSize: unknown key", "newContact", obj{"contact": fields})
	delete(fields, "shoeSize")
	require.Equal(t, int64(1), id(strict.contact(fields)), "the five named keys stay ignored")
	strict.want(400, "query.colour: unknown key", "findContacts", obj{"query": obj{"colour": 1}})
}

func TestLinkRules(t *testing.T) {
	a := open(t)
	one, two, three := id(a.account(obj{"name": "One"})), id(a.account(obj{"name": "Two"})), id(a.account(obj{"name": "Three"}))
	c := a.contact(obj{"name": "Ed", "accounts": list{obj{"id": one, "relationship": "A"}, obj{"id": two}, obj{"id": one, "relationship": "B"}}})
	require.Len(t, c["accounts"], 2, "the same id twice is stored once")
	require.Equal(t, "B", a.get("Account", one)["contacts"].(list)[0].(obj)["relationship"], "the last one wins, on both ends")
	c = a.editContact(c, obj{"accounts": list{obj{"id": two, "relationship": "Buyer"}, obj{"id": one}}})
	require.Equal(t, "Buyer, Two", a.get("Account", two)["contacts"].(list)[0].(obj)["jobTitle"], "job title of the first account")
	require.Nil(t, a.get("Account", one)["contacts"].(list)[0].(obj)["relationship"], "no relationship sets null")

	// a deleted account is hidden, survives list edits and returns
	a.call("deleteAccount", obj{"accountId": two, "rev": "REV_IGNORE"})
	require.Equal(t, []int64{one}, linkIDs(a.get("Contact", 1)["accounts"]))
	a.want(400, "accounts: Accounts 2 does not exist", "editContact", obj{"contactId": 1, "rev": c["rev"], "contact": obj{"accounts": list{obj{"id": two}}}})
	a.editContact(c, obj{"accounts": list{obj{"id": three}}})
	require.Equal(t, []int64{three}, linkIDs(a.get("Contact", 1)["accounts"]))
	require.Len(t, a.get("Account", two)["contacts"], 1, "the deleted end still shows it")
	require.Equal(t, 200, a.do("POST", "/rest/accounts/2/undelete", nil).Code)
	require.ElementsMatch(t, []int64{two, three}, linkIDs(a.get("Contact", 1)["accounts"]))
	long := strings.Repeat("é", 256)
	a.want(400, "accounts.relationship: longer than 255 characters", "newContact",
		obj{"contact": obj{"name": "x", "accounts": list{obj{"id": one, "relationship": long}}}})
	require.NotNil(t, a.contact(obj{"name": "x", "accounts": list{obj{"id": one, "relationship": long[2:]}}}))
}

func linkIDs(v any) []int64 {
	out := []int64{}
	for _, l := range v.(list) {
		out = append(out, id(l.(obj)))
	}
	return out
}

func TestAccountLeads(t *testing.T) {
	a := open(t)
	one := a.account(obj{"name": "One"})
	primary := id(a.lead(obj{"primaryAccount": obj{"id": one["id"]}}))
	extra := id(a.lead(obj{"accounts": list{obj{"id": one["id"], "entityType": "Accounts"}}}))
	one = a.get("Account", id(one))
	require.ElementsMatch(t, []int64{primary, extra}, linkIDs(one["leads"]))
	one = a.editAccount(one, obj{"leads": list{}})
	require.Equal(t, []int64{primary}, linkIDs(one["leads"]), "the input sets the additional links only")
	require.Empty(t, a.get("Lead", extra)["accounts"])
	a.call("deleteAccount", obj{"accountId": one["id"], "rev": one["rev"]})
	require.Nil(t, a.get("Lead", primary)["primaryAccount"])
	require.Equal(t, 200, a.do("POST", "/rest/accounts/1/undelete", nil).Code)
	require.Equal(t, "One", a.get("Lead", primary)["primaryAccount"].(obj)["name"])
}

func TestAtomicity(t *testing.T) {
	a := open(t)
	acc := id(a.account(obj{"name": "One"}))
	before := a.s.Snapshot()
	for _, bad := range []obj{
		{"name": "Ed", "accounts": list{obj{"id": acc}}, "tags": list{"none"}},
		{"name": "Ed", "accounts": list{obj{"id": acc}}, "note": "  "},
		{"accounts": list{obj{"id": acc}}},
		{"name": "Ed", "accounts": list{obj{"id": acc}, obj{"id": 9}}},
	} {
		code, _ := a.refused("newContact", obj{"contact": bad})
		require.Equal(t, 400, code)
	}
	require.Equal(t, before, a.s.Snapshot(), "refused calls change nothing, links included")
}
