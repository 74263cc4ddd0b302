package nutshelltest_test

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func body(s string) *strings.Reader { return strings.NewReader(s) }

func TestFindIsGet(t *testing.T) {
	a := open(t)
	a.account(obj{"name": "Tern"})
	a.contact(obj{"name": "Ed", "accounts": list{obj{"id": 1}}, "note": "x"})
	a.lead(obj{"contacts": list{obj{"id": 1}}})
	a.activity(nil)
	a.one("newTask", obj{"task": obj{"title": "x"}})
	for find, get := range map[string]string{"findContacts": "Contact", "findAccounts": "Account", "findLeads": "Lead", "findActivities": "Activity", "findTasks": "Task", "findUsers": "User"} {
		for _, row := range a.many(find, obj{"query": obj{}, "stubResponses": false}) {
			require.Equal(t, a.get(get, id(row)), row, find)
		}
	}
}

func TestPaging(t *testing.T) {
	a := open(t)
	for i := range 130 {
		a.contact(obj{"name": fmt.Sprintf("%c %03d", "aB"[i%2], 130-i)})
		a.lead(obj{})
	}
	find := func(params obj) []int64 { return ids(a.many("findContacts", params)) }
	require.Len(t, find(obj{}), 50, "default limit")
	require.Len(t, find(obj{"limit": 1000}), 100, "clamped")
	require.Len(t, a.many("findLeads", obj{"limit": 1000}), 130)
	require.Len(t, a.many("findLeads", obj{"limit": 1000, "stubResponses": false}), 100)
	require.Equal(t, []int64{101, 102}, find(obj{"limit": 100, "page": 2})[:2])
	require.Len(t, find(obj{"limit": 100, "page": 2}), 30)
	require.Empty(t, find(obj{"limit": 100, "page": 3}))
	require.Equal(t, []int64{130, 129}, find(obj{"orderBy": "id", "orderDirection": "DESC", "limit": 2}))
	byName := find(obj{"orderBy": "name", "limit": 3})
	require.Equal(t, []int64{129, 127, 125}, byName, "without case")
	require.Equal(t, []int64{2, 4}, find(obj{"orderBy": "name", "orderDirection": "DESC", "limit": 2}))
	for param, bad := range map[string]any{"limit": 0, "page": 0, "orderBy": "modifiedTime", "orderDirection": "down", "stubResponses": "no", "query": 5} {
		a.want(-32602, "Invalid params: "+param, "findContacts", obj{param: bad})
	}
	for _, params := range []any{nil, list{list{}, "id", "ASC", 2, 2}, list{nil, "id", "ASC", 2, 2, true}} {
		a.call("findContacts", params)
	}
	require.Equal(t, []int64{3, 4}, ids(a.many("findContacts", list{obj{}, "id", "ASC", 2, 2})))
	a.call("deleteContact", obj{"contactId": 1, "rev": "0"})
	require.Equal(t, []int64{4, 5}, ids(a.many("findContacts", list{obj{}, "id", "ASC", 2, 2})), "a deletion shifts later rows")
}

// TestPagingAgainstModel deletes and restores at random and compares every page
// with a plain list.
func TestPagingAgainstModel(t *testing.T) {
	for _, order := range []string{"growing", "shuffled"} {
		seed := int64(7)
		r := rand.New(rand.NewSource(seed))
		a := open(t, func(c *nutshelltest.Config) { c.IDOrder = order; c.Seed = seed })
		live := map[int64]bool{}
		for i := range 3000 {
			n, err := a.s.CreateContact(obj{"name": fmt.Sprint(i)})
			require.NoError(t, err)
			live[n] = true
			if i%3 == 0 {
				for gone := range live {
					require.NoError(t, a.s.DeleteContact(gone))
					delete(live, gone)
					if r.Intn(4) == 0 {
						require.NoError(t, a.s.Undelete("Contacts", gone))
						live[gone] = true
					}
					break
				}
			}
		}
		want := []int64{}
		for n := range live {
			want = append(want, n)
		}
		slices.Sort(want)
		for _, dir := range []string{"ASC", "DESC"} {
			got := []int64{}
			for page := 1; ; page++ {
				rows := ids(a.many("findContacts", obj{"orderBy": "id", "orderDirection": dir, "limit": 100, "page": page}))
				got = append(got, rows...)
				if len(rows) < 100 {
					break
				}
			}
			require.Equal(t, want, got, "seed %d, %s ids, %s", seed, order, dir)
			slices.Reverse(want)
		}
	}
}

func TestQueries(t *testing.T) {
	a := open(t)
	require.NoError(t, a.s.AddTag("Contacts", "VIP"))
	require.NoError(t, a.s.AddTag("Contacts", "New"))
	a.account(obj{"name": "Tern", "industryId": 1})
	a.account(obj{"name": "Gull", "accountTypeId": 1})
	a.contact(obj{"name": "Ed", "accounts": list{obj{"id": 1}}, "tags": list{"VIP", "New"}})
	a.contact(obj{"name": "Ann", "tags": list{"VIP"}})
	open := id(a.lead(obj{"primaryAccount": obj{"id": 1}, "contacts": list{obj{"id": 1}}, "assignee": obj{"entityType": "Users", "id": 1}}))
	pending := id(a.lead(obj{"isPending": true, "accounts": list{obj{"id": 1}}, "assignee": obj{"entityType": "Teams", "id": 1}}))
	won := a.lead(obj{"accounts": list{obj{"id": 2}}})
	a.editLead(won, obj{"outcomeId": 1})
	for _, tc := range []struct {
		find  string
		query obj
		want  []int64
	}{
		{"findContacts", obj{"accountId": 1}, []int64{1}},
		{"findContacts", obj{"leadId": open}, []int64{1}},
		{"findContacts", obj{"leadId": open, "accountId": 2}, []int64{}},
		{"findContacts", obj{"tag": list{"vip"}}, []int64{1, 2}},
		{"findContacts", obj{"tag": list{"VIP", "New"}}, []int64{1}},
		{"findContacts", obj{"tag": list{"none"}}, []int64{}},
		{"findContacts", obj{"shoeSize": 9}, []int64{1, 2}},
		{"findAccounts", obj{"industry": 1}, []int64{1}},
		{"findAccounts", obj{"accountType": list{1}}, []int64{2}},
		{"findAccounts", obj{"territory": 1}, []int64{}},
		{"findAccounts", obj{"hasOpenLeads": true}, []int64{1}},
		{"findAccounts", obj{"hasOpenLeads": false}, []int64{2}},
		{"findLeads", obj{}, []int64{open, pending, id(won)}},
		{"findLeads", obj{"status": 0}, []int64{open, pending}},
		{"findLeads", obj{"status": 1}, []int64{pending}},
		{"findLeads", obj{"status": list{10, 11}}, []int64{id(won)}},
		{"findLeads", obj{"accountId": 1}, []int64{open, pending}},
		{"findLeads", obj{"contactId": 1, "status": 0}, []int64{open}},
		{"findLeads", obj{"number": 2}, []int64{pending}},
		{"findLeads", obj{"filter": 0}, []int64{open}},
		{"findLeads", obj{"filter": 1}, []int64{open, pending}},
		{"findLeads", obj{"filter": 2}, []int64{open, pending, id(won)}},
		{"findLeads", obj{"assignee": obj{"entityType": "Teams", "id": 1}}, []int64{pending}},
		{"findLeads", obj{"milestoneId": 1, "status": nil}, []int64{open, pending, id(won)}},
	} {
		require.Equal(t, tc.want, ids(a.many(tc.find, obj{"query": tc.query, "orderBy": "id"})), "%s %v", tc.find, tc.query)
	}
	a.want(-32602, "Invalid params: query.accountId", "findContacts", obj{"query": obj{"accountId": "x"}})
	a.call("deleteAccount", obj{"accountId": 1, "rev": "REV_IGNORE"})
	require.Empty(t, a.many("findContacts", obj{"query": obj{"accountId": 1}}))
}

func TestSearch(t *testing.T) {
	a := open(t)
	for i := range 12 {
		a.contact(obj{"name": fmt.Sprintf("Ed Vale %d", i), "email": list{"Shared@Example.com", fmt.Sprintf("e%d@x.com", i)}})
	}
	a.account(obj{"name": "Valet Parking", "url": "https://park.example.com", "email": "shared@example.com"})
	a.lead(obj{"description": "Sell vale house"})
	search := func(method string, params obj) []int64 { return ids(a.many(method, params)) }
	require.Equal(t, []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, search("searchContacts", obj{"string": "VALE"}))
	require.Len(t, search("searchContacts", obj{"string": "VALE", "limit": 500}), 12)
	require.Equal(t, []int64{4}, search("searchContacts", obj{"string": "E3@x"}))
	require.Equal(t, []int64{1}, search("searchAccounts", obj{"string": "park.example"}))
	require.Equal(t, []int64{1000}, search("searchLeads", obj{"string": "VALE"}))
	all := a.one("searchUniversal", obj{"string": "vale"})
	require.Equal(t, []int{10, 1, 1}, []int{len(all["contacts"].(list)), len(all["accounts"].(list)), len(all["leads"].(list))})
	by := a.one("searchByEmail", obj{"emailAddressString": "sHARED@example.com"})
	require.Equal(t, []int64{1, 2, 3, 4, 5}, linkIDs(by["contacts"]))
	require.Equal(t, []int64{1}, linkIDs(by["accounts"]))
	require.Empty(t, a.one("searchByEmail", obj{"emailAddressString": "hared@example.com"})["contacts"], "whole address")
	a.one("editContact", obj{"contactId": 1, "rev": "0", "contact": obj{"email": "new@x.com"}})
	a.call("deleteContact", obj{"contactId": 2, "rev": "0"})
	a.contact(obj{"email": "SHARED@example.com"})
	require.Equal(t, []int64{3, 4, 5, 6, 7}, linkIDs(a.one("searchByEmail", obj{"emailAddressString": "shared@example.com"})["contacts"]))
	require.Equal(t, []int64{1}, linkIDs(a.one("searchByEmail", obj{"emailAddressString": "new@x.com"})["contacts"]))
	a.want(-32602, "Invalid params: string", "searchContacts", obj{})
}

func TestFindLag(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.FindLagSeconds = 10 })
	a.field("Contacts", "Key", "Text")
	c := a.contact(obj{"name": "Ed", "email": "ed@x.com", "customFields": obj{"Key": "k"}, "note": "x"})
	seen := func() []int {
		rows := decode(t, a.do("GET", "/rest/contacts?filter[Key]=k", nil).Body.Bytes()).(obj)
		return []int{len(a.many("findContacts", obj{})), len(a.many("searchContacts", obj{"string": "Ed"})),
			len(a.one("searchByEmail", obj{"emailAddressString": "ed@x.com"})["contacts"].(list)), len(rows["contacts"].(list)),
			len(a.many("findTimeline", obj{"query": obj{"entityType": "Contacts", "id": 1}}))}
	}
	require.Equal(t, []int{0, 0, 0, 0, 0}, seen())
	require.NotNil(t, a.get("Contact", 1), "get is current")
	require.Len(t, a.get("Contact", 1)["notes"], 1, "lists in a record are current")
	require.Equal(t, 200, a.do("GET", "/rest/contacts/1", nil).Code)
	a.s.Advance(10*time.Second - time.Millisecond)
	require.Equal(t, []int{0, 0, 0, 0, 0}, seen())
	a.s.Advance(time.Millisecond)
	require.Equal(t, []int{1, 1, 1, 1, 1}, seen())
	a.editContact(c, obj{"name": "Edwin"})
	require.Equal(t, "Edwin", a.many("findContacts", obj{})[0]["name"], "edits show at once")
	a.call("deleteContact", obj{"contactId": 1, "rev": "REV_IGNORE"})
	require.Empty(t, a.many("findContacts", obj{}), "deletes show at once")
	a.contact(obj{"name": "Ann"})
	limits := a.s.Limits()
	limits.FindLagSeconds = 0
	a.s.SetLimits(limits)
	require.Len(t, a.many("findContacts", obj{}), 1)
}

func TestUpdateTimes(t *testing.T) {
	a := open(t)
	require.Equal(t, obj{"contacts": nil, "accounts": nil, "leads": nil}, a.one("getUpdateTimes", obj{}))
	a.account(obj{"name": "Tern"})
	a.s.Advance(time.Minute)
	a.contact(obj{"name": "Ed"})
	require.Equal(t, obj{"contacts": "2026-03-02T08:01:00+0000", "accounts": "2026-03-02T08:00:00+0000", "leads": nil}, a.one("getUpdateTimes", obj{}))
}

func TestShuffledIDs(t *testing.T) {
	make := func(seed int64) []int64 {
		a := open(t, func(c *nutshelltest.Config) { c.IDOrder = "shuffled"; c.Seed = seed })
		out := []int64{}
		for range 20 {
			out = append(out, id(a.contact(obj{"name": "x"})))
		}
		return out
	}
	one := make(1)
	require.False(t, slices.IsSorted(one))
	require.Equal(t, one, make(1), "the same seed, the same ids")
	require.NotEqual(t, one, make(2))
}
