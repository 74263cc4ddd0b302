package nutshelltest_test

import (
	"encoding/json"
	"net/http/httptest"
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
		r := httptest.NewRequest("POST", "/api/v1/json", strings.NewReader(body))
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
