package nutshelltest_test

import (
	"encoding/json"
	"maps"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// FuzzRPC sends any body: the simulator never panics, always answers JSON, and a
// refusal leaves the account as it was.
func FuzzRPC(f *testing.F) {
	for _, s := range []string{
		newEd,
		`{"method":"newContact","params":[{"name":{"givenName":5},"email":[null,{}],"phone":{"E164":1},"address":{"0":[]},"accounts":{"a":1},"tags":[1]}]}`,
		`{"method":"newLead","params":{"lead":{"value":{"amount":1e999},"outcome":[],"contacts":[null],"milestoneId":{},"customFields":[1]}}}`,
		`{"method":"newActivity","params":{"activity":{"name":"x","activityTypeId":1,"startTime":"2024-01-01T00:00:00Z","endTime":"2024-01-01T00:00:00Z","logNote":[],"participants":[{}]}}}`,
		`{"method":"editContact","params":{"contactId":1,"rev":"REV_IGNORE","contact":{"name":[],"email":{"--primary":"a@b"},"accounts":[{"id":1,"relationship":{}}]}}}`,
		`{"method":"editLead","params":{"leadId":1000,"rev":"REV_IGNORE","lead":{"outcomeId":1,"status":12,"isPending":1}}}`,
		`{"method":"newNote","params":{"entity":{"entityType":"Contacts","id":1},"note":{"note":"@[users:99999999999999999999-users]\r"}}}`,
		`{"method":"findContacts","params":{"query":{"tag":[null],"accountId":{}},"limit":1e3,"page":99999999999,"orderBy":7}}`,
		`{"method":"findTimeline","params":{"query":{"entityType":"Leads","id":"1000"},"page":2}}`,
		`{"method":"findTasks","params":{"query":{"entity":[{"entityType":"Tags","id":1}],"status":[[]]}}}`,
		`{"method":"searchByEmail","params":{"emailAddressString":""}}`,
		`{"id":{},"method":"newTag","params":{"tag":{"name":{},"entityType":"Contacts"}}}`,
	} {
		f.Add(s)
	}
	s := nutshelltest.New(nutshelltest.DefaultConfig())
	_, _ = s.CreateAccount(obj{"name": "Tern"})
	_, _ = s.CreateContact(obj{"name": "Ed"})
	_, _ = s.CreateLead(obj{})
	f.Fuzz(func(t *testing.T, body string) {
		before, err := json.Marshal(s.Snapshot())
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/api/v1/json", strings.NewReader(body))
		r.SetBasicAuth(nutshelltest.SeedUser, nutshelltest.SeedKey)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
		if w.Code != 200 {
			after, err := json.Marshal(s.Snapshot())
			require.NoError(t, err)
			require.JSONEq(t, string(before), string(after))
		}
	})
}

// junk are values that no field expects everywhere.
var junk = []any{nil, "", "x", 0, -1, 1, 1000, 1.5, true, list{}, obj{}, list{nil}, list{list{}}, obj{"id": 1}, obj{"id": 1, "entityType": "Contacts"},
	list{obj{"id": 1, "entityType": "Accounts"}}, "2024-01-01T00:00:00Z", strings.Repeat("é", 300), obj{"--primary": 5}, obj{"amount": "1"}}

// spoil replaces one value somewhere in v.
func spoil(r *rand.Rand, v any) any {
	if r.Intn(3) == 0 {
		return junk[r.Intn(len(junk))]
	}
	switch v := v.(type) {
	case obj:
		keys := slices.Sorted(maps.Keys(v))
		out := maps.Clone(v)
		if len(keys) > 0 {
			k := keys[r.Intn(len(keys))]
			out[k] = spoil(r, v[k])
		}
		return out
	case list:
		out := slices.Clone(v)
		if len(out) > 0 {
			i := r.Intn(len(out))
			out[i] = spoil(r, out[i])
		}
		return out
	}
	return junk[r.Intn(len(junk))]
}

// TestSpoiledRequests sends well-formed requests with one to three wrong values.
func TestSpoiledRequests(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewSource(seed))
	a := open(t, func(c *nutshelltest.Config) { c.TimelineEmails = true })
	a.field("Contacts", "t", "Text")
	a.field("Contacts", "s", "Enum", "x")
	a.field("Contacts", "c", "Currency")
	require.NoError(t, a.s.AddTag("Contacts", "VIP"))
	ref := func(kind string, n int) obj { return obj{"entityType": kind, "id": n} }
	contact := obj{"name": obj{"givenName": "Ed", "familyName": "Vale"}, "email": obj{"0": "a@x.com", "work": "b@x.com"}, "phone": list{"5125550142"},
		"address": obj{"home": obj{"city": "Austin"}}, "owner": ref("Users", 1), "accounts": list{obj{"id": 1, "relationship": "Buyer"}}, "leads": list{obj{"id": 1000}},
		"tags": list{"VIP"}, "customFields": obj{"t": "x", "s": "x", "c": 1}, "note": list{"n"}, "description": "d", "territoryId": nil, "url": "x"}
	account := obj{"name": "Tern", "industryId": 1, "contacts": list{obj{"id": 1}}, "leads": list{obj{"id": 1000}}, "email": "a@x.com"}
	lead := obj{"description": "d", "primaryAccount": obj{"id": 1}, "contacts": list{obj{"id": 1, "relationship": "S"}}, "value": obj{"amount": 5, "currency": "USD"},
		"outcome": ref("Lead_Outcomes", 1), "closedTime": "2024-01-01T00:00:00Z", "status": 0, "confidence": 5, "market": obj{"id": 1}, "sources": list{}, "milestoneId": 1}
	task := obj{"title": "x", "entity": ref("Contacts", 1), "dueTime": "2024-01-01T00:00:00Z", "completedTime": nil, "assignee": ref("Teams", 1)}
	activity := obj{"name": "x", "activityTypeId": 1, "startTime": "2024-01-01T00:00:00Z", "endTime": "2024-01-01T01:00:00Z", "status": 1, "logNote": obj{"note": "x"},
		"participants": list{ref("Contacts", 1), ref("Users", 2)}, "leads": list{obj{"id": 1000}}, "location": "x", "isFlagged": true}
	calls := []obj{}
	for name, in := range map[string]obj{"Contact": contact, "Account": account, "Lead": lead, "Task": task, "Activity": activity} {
		key, first := strings.ToLower(name), 1
		if name == "Lead" {
			first = 1000
		}
		a.call("new"+name, obj{key: obj{"name": "x", "title": "x", "activityTypeId": 1, "startTime": "2024-01-01T00:00:00Z", "endTime": "2024-01-01T01:00:00Z"}})
		calls = append(calls, obj{"method": "new" + name, "params": obj{key: in}},
			obj{"method": "edit" + name, "params": obj{key + "Id": first, "rev": "REV_IGNORE", key: in}},
			obj{"method": "delete" + name, "params": obj{key + "Id": 2, "rev": "REV_IGNORE"}})
	}
	calls = append(calls,
		obj{"method": "newNote", "params": obj{"entity": ref("Leads", 1000), "note": "x"}},
		obj{"method": "findLeads", "params": obj{"query": obj{"status": list{0, 10}, "tag": list{"x"}, "assignee": ref("Users", 1), "accountId": 1, "filter": 1}, "orderBy": "name", "limit": 5, "page": 1, "stubResponses": false}},
		obj{"method": "findActivities", "params": obj{"query": obj{"contactId": 1, "status": 1, "startTime": "2024-01-01T00:00:00Z"}, "stubResponses": false}},
		obj{"method": "findTasks", "params": obj{"query": obj{"entity": list{ref("Contacts", 1)}}, "orderBy": "due_time"}},
		obj{"method": "findTimeline", "params": obj{"query": ref("Contacts", 1), "limit": 5}},
		obj{"method": "searchUniversal", "params": obj{"string": "x"}})
	slices.SortFunc(calls, func(x, y obj) int { return strings.Compare(x["method"].(string), y["method"].(string)) })
	codes := map[int]int{}
	for i := range 6000 {
		q := any(calls[r.Intn(len(calls))])
		for range r.Intn(4) {
			q = spoil(r, q)
		}
		raw, err := json.Marshal(q)
		require.NoError(t, err)
		w := a.post(string(raw))
		require.True(t, json.Valid(w.Body.Bytes()), "seed %d, call %d: %s -> %s", seed, i, raw, w.Body)
		codes[w.Code]++
	}
	require.Greater(t, codes[200], 500)
	require.Greater(t, codes[400], 500)
	require.Zero(t, codes[500])
	_, err := json.Marshal(a.s.Snapshot())
	require.NoError(t, err)
}
