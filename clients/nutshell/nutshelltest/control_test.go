package nutshelltest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func (a api) sim(verb, path, in string) (int, any) {
	a.Helper()
	w := a.as("", "").do(verb, "/_sim/"+path, strings.NewReader(in))
	return w.Code, decode(a, w.Body.Bytes())
}

func TestControlPlane(t *testing.T) {
	a := open(t)
	status, _ := a.sim("GET", "health", "")
	require.Equal(t, 200, status)
	status, cfg := a.sim("GET", "config", "")
	require.Equal(t, 200, status)
	require.Equal(t, "absent", cfg.(obj)["emptyMaps"])
	require.Equal(t, n("10"), cfg.(obj)["findBurst"])
	status, live := a.sim("PATCH", "config", `{"getRatePerSecond":1,"faults":[{"match":"getLead","kind":"http502","rate":1}],"latency":{"dist":"fixed","p50ms":1}}`)
	require.Equal(t, 200, status)
	require.Equal(t, n("10"), live.(obj)["findBurst"], "unsent keys stay")
	require.Equal(t, 502, a.rpc("getLead", obj{"leadId": 1}).Code)
	status, _ = a.sim("PATCH", "config", `{"contactLimit":1}`)
	require.Equal(t, 200, status)
	require.Equal(t, 502, a.rpc("getLead", obj{"leadId": 1}).Code, "unsent faults stay")
	for _, bad := range []string{`{"emptyMaps":"null"}`, `{"getBurst":-1}`, `{"faults":[{"match":"x","kind":"y"}]}`, `x`} {
		status, _ = a.sim("PATCH", "config", bad)
		require.Equal(t, 400, status, bad)
	}
	status, _ = a.sim("PATCH", "config", `{"faults":[],"getRatePerSecond":0,"latency":{"dist":"none","p50ms":0,"p99ms":0}}`)
	require.Equal(t, 200, status)

	status, made := a.sim("POST", "user/newContact?as=2", `{"contact":{"name":"Ed"}}`)
	require.Equal(t, 200, status)
	require.Equal(t, "Ann Rey", made.(obj)["creator"].(obj)["name"])
	status, edited := a.sim("POST", "user/editContact", `{"contactId":1,"contact":{"description":"by a person"}}`)
	require.Equal(t, 200, status)
	require.Equal(t, "1", edited.(obj)["rev"])
	status, refused := a.sim("POST", "user/newContact", `{"contact":{"name":"Two"}}`)
	require.Equal(t, 403, status)
	require.Contains(t, refused.(obj)["message"], "contact limit reached (1)")
	for call, in := range map[string]string{"addUser": `{"name":"Di Ng","email":"di@example.com"}`, "addTag": `{"name":"VIP","entityType":"Leads"}`,
		"addCustomField": `{"name":"A","type":"Text","entityType":"Leads"}`, "addActivityType": `{"name":"Email"}`, "addStageset": `{"name":"R","milestones":["a"]}`,
		"setUserEnabled": `{"id":3,"enabled":true}`, "addOutcome": `{"name":"Sold","status":10}`, "addTeam": `{"name":"S"}`, "addSource": `{"name":"Web"}`,
		"addApiKey": `{"key":"k-0123456789abc","userId":2}`} {
		status, answer := a.sim("POST", "user/"+call, in)
		require.Equal(t, 200, status, "%s: %v", call, answer)
	}
	require.Equal(t, int64(2), id(a.as("cy@example.com", "k-0123456789abc").one("getUser", obj{})))
	status, _ = a.sim("POST", "clock", `{"advanceSeconds":86400}`)
	require.Equal(t, 200, status)
	require.Equal(t, "2026-03-03T08:00:00+0000", a.lead(obj{})["createdTime"])
	_, stats := a.sim("GET", "stats", "")
	require.Equal(t, obj{"accepted": n("1"), "refused": n("0"), "faulted": n("0")}, stats.(obj)["kinds"].(obj)["create"], "users' edits are no calls")
	_, shot := a.sim("GET", "snapshot", "")
	require.Len(t, shot.(obj)["contacts"], 1)
	status, _ = a.sim("DELETE", "stats", "")
	require.Equal(t, 200, status)
	require.Zero(t, a.s.Stats().Calls())
	status, _ = a.sim("GET", "nothing", "")
	require.Equal(t, 404, status)
}

func TestConfigReadsJSONAndYAML(t *testing.T) {
	cfg := nutshelltest.DefaultConfig()
	require.NoError(t, yaml.Unmarshal([]byte("emptyMaps: mixed\nphpEscapes: false\nfindBurst: 3\nrestLists: off\nfaults:\n- match: new*\n  kind: closeAfter\n  rate: 0.5\n  delayMs: 5\n"), &cfg))
	require.Equal(t, []any{"mixed", false, 3, "off", 0.5}, []any{cfg.EmptyMaps, cfg.PHPEscapes, cfg.FindBurst, cfg.RESTLists, *cfg.Faults[0].Rate})
	require.True(t, cfg.ETag, "unsent keys keep their defaults")
	require.NoError(t, cfg.Validate())
	raw, err := json.Marshal(cfg)
	require.NoError(t, err)
	var again nutshelltest.Config
	require.NoError(t, json.Unmarshal(raw, &again))
	require.Equal(t, cfg, again)
	for _, bad := range []string{`{"emptyMaps":"none"}`, `{"limiterStatus":500}`, `{"customFieldTypes":["colour"]}`, `{"findBurst":-1}`, `{"latency":{"dist":"x"}}`, `{"faults":[{"match":"*","kind":"no"}]}`} {
		cfg := nutshelltest.DefaultConfig()
		require.NoError(t, json.Unmarshal([]byte(bad), &cfg))
		require.Error(t, cfg.Validate(), bad)
	}
	// every name of section 6 is a key
	var keys obj
	require.NoError(t, json.Unmarshal(raw, &keys))
	for _, name := range strings.Fields(`apiKeys companyDomain legacyErrorNull phpEscapes emptyMaps recordShape stubShape listedNotes attributeShape mentions
		timelineEmails unlabelledFrom urlScheme dateShape etag unknownKeys dateAuthorInput linkBumpsBoth newLeadRev noteBumpsParent idOrder findLagSeconds
		parentNotesMax getDeleted leadDueDefault ignoreClosedTime ignoreCompletedTime emailValidation disabledOwners ownerDefault geocode truncateSilently
		trimStrings stripAstral restCustomFields restLists restListFields restUndelete restAttributes filterKeys customFieldTypes restOrder restUnknownFilter
		noteFiles fileSha256 seed findRatePerSecond findBurst getRatePerSecond getBurst quotaPerSecond quotaBurst limiterStatus retryAfterHeader openLeadLimit
		contactLimit customFieldLimit fileSizeLimit faults latency`) {
		require.Contains(t, keys, name)
	}
}

func TestStats(t *testing.T) {
	a := open(t)
	a.contact(obj{"name": "Ed"})
	a.refused("newContact", obj{"contact": obj{}})
	a.refused("whatever", nil)
	a.post("{")
	a.note("Contacts", 1, "x")
	a.upload(1, "a", "", "x")
	a.editContact(a.get("Contact", 1), obj{})
	a.do("GET", "/rest/contacts/1", nil)
	a.do("POST", "/rest/contacts/1/undelete", nil)
	a.do("POST", "/rest/contacts/customfield", body(`{"name":"A","type":"Text"}`))
	_, err := a.s.CreateContact(obj{"name": "not counted"})
	require.NoError(t, err)
	got := a.s.Stats()
	c := func(accepted, refused int64) nutshelltest.CallStats {
		return nutshelltest.CallStats{Accepted: accepted, Refused: refused}
	}
	require.Equal(t, map[string]nutshelltest.CallStats{"create": c(3, 1), "edit": c(2, 0), "read": c(2, 2), "upload": c(1, 0)}, got.Kinds)
	require.Equal(t, c(1, 1), got.Methods["newContact"])
	require.Equal(t, c(0, 1), got.Methods["(unknown)"])
	require.Equal(t, c(0, 1), got.Methods["(unreadable)"])
	require.Equal(t, c(1, 0), got.Methods["rest:POST /rest/notes/{id}/files"])
	require.Equal(t, 1, got.MaxInFlight)
	require.Equal(t, int64(11), got.Calls())
}

// TestManyAtOnce lets writers and readers loose; the race detector and the sums
// judge.
func TestManyAtOnce(t *testing.T) {
	s := nutshelltest.NewServer(nutshelltest.DefaultConfig())
	defer s.Close()
	_, err := s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "K", Type: "Text"})
	require.NoError(t, err)
	acc, err := s.CreateAccount(obj{"name": "Tern"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				got := over(t.Context(), s, "POST", "/api/v1/json",
					fmt.Sprintf(`{"id":"x","method":"newContact","params":{"contact":{"name":"%d-%d","accounts":[{"id":%d}],"customFields":{"K":"%d"},"note":"n"}}}`, w, i, acc, w))
				if got.status != 200 {
					t.Errorf("status %d %s %v", got.status, got.body, got.err)
				}
				over(t.Context(), s, "POST", "/api/v1/json", `{"id":"x","method":"findContacts","params":{"orderBy":"name","stubResponses":true}}`)
				over(t.Context(), s, "GET", fmt.Sprintf("/rest/contacts?filter[K]=%d", w), "")
				if i%5 == 0 {
					s.SetLimits(s.Limits())
					s.SetFaults()
					_ = s.Snapshot()
					_ = s.EditContact(1, obj{"description": fmt.Sprint(i)})
					_ = s.SetUserEnabled(2, i%2 == 0)
				}
			}
		})
	}
	wg.Wait()
	shot := s.Snapshot()
	require.Len(t, shot.Contacts, 200)
	require.Len(t, shot.Notes, 200)
	require.Len(t, shot.Accounts[0].Links["contacts"], 200)
	require.Equal(t, "200", shot.Accounts[0].Rev, "every link moved the account's rev")
	require.Zero(t, s.Stats().InFlight)
}

func TestSnapshot(t *testing.T) {
	build := func() nutshelltest.Snapshot {
		a := open(t)
		a.field("Contacts", "K", "Text")
		a.account(obj{"name": "Tern"})
		a.contact(obj{"name": "Ed Vale", "email": obj{"work": "e@x.com", "0": "f@x.com"}, "accounts": list{obj{"id": 1, "relationship": "Buyer"}},
			"customFields": obj{"K": "k"}, "note": "hello"})
		a.upload(1, "a.txt", "text/plain", "hi")
		a.call("deleteAccount", obj{"accountId": 1, "rev": "REV_IGNORE"})
		return a.s.Snapshot()
	}
	got := build()
	require.Equal(t, got, build(), "equal states, equal snapshots")
	c := got.Contacts[0]
	require.Equal(t, []string{"*=f@x.com", "work=e@x.com"}, c.Lists["email"])
	require.Equal(t, []string{"Accounts/1 as Buyer"}, c.Links["accounts"])
	require.Equal(t, []string{"k"}, c.CustomFields["K"])
	require.Equal(t, "Ed", c.Fields["givenName"])
	require.True(t, c.Live())
	require.False(t, got.Accounts[0].Live())
	require.Equal(t, []string{"Contacts/1"}, got.Notes[0].Links["parent"])
	require.Equal(t, "a.txt", got.Files[0].Name)
	raw, err := json.Marshal(got)
	require.NoError(t, err)
	require.Contains(t, string(raw), "Ed")
}
