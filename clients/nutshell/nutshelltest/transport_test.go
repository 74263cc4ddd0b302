package nutshelltest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestRoutes(t *testing.T) {
	a := open(t)
	for _, tc := range []struct {
		verb, path string
		status     int
		html       bool
	}{
		{"GET", "/api/v1/json", 200, false},
		{"PUT", "/api/v1/json", 405, true},
		{"GET", "/v1/json", 405, true},
		{"GET", "/", 404, true},
		{"GET", "/api/v2/json", 404, true},
		{"GET", "/rest/nothing", 404, true},
		{"GET", "/rest/contacts", 200, false},
		{"GET", "/_sim/health", 200, false},
		{"POST", "/api/v1/json?output=json", 400, false}, // empty body
	} {
		w := a.do(tc.verb, tc.path, strings.NewReader(""))
		require.Equal(t, tc.status, w.Code, "%s %s", tc.verb, tc.path)
		require.Equal(t, tc.html, strings.HasPrefix(w.Header().Get("Content-Type"), "text/html"), "%s %s", tc.verb, tc.path)
	}
	services := decode(t, a.as("", "").do("GET", "/api/v1/json", nil).Body.Bytes()).(obj)["services"].(obj)
	require.Contains(t, services, "newContact")
	require.Equal(t, 405, a.do("POST", "/rest/contacts", nil).Code)
	require.JSONEq(t, `"Internal Error"`, a.do("POST", "/rest/contacts", nil).Body.String())
}

func TestEnvelope(t *testing.T) {
	a := open(t)
	for _, tc := range []struct{ name, body, want string }{
		{"string id", `{"jsonrpc":"2.0","id":"c/1","method":"instanceData","params":{}}`,
			`{"result":{"id":501,"name":"Example Realty","currency":"USD"},"id":"c\/1","jsonrpc":"2.0"}`},
		{"number id", `{"id":17,"method":"instanceData"}`, `{"result":{"id":501,"name":"Example Realty","currency":"USD"},"id":17,"jsonrpc":"2.0"}`},
		{"no id", `{"method":"instanceData","params":null}`, `{"result":{"id":501,"name":"Example Realty","currency":"USD"},"id":null,"jsonrpc":"2.0"}`},
		{"positional", `{"method":"getTask","params":[5]}`, `{"error":{"code":404,"message":"Task not found","data":null},"id":null,"jsonrpc":"2.0"}`},
	} {
		require.Equal(t, tc.want, a.post(tc.body).Body.String(), tc.name)
	}
	w := a.post(`{"method":"instanceData"}`)
	require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	require.NotEmpty(t, w.Header().Get("x-nutshell-request-id"))
	require.Empty(t, w.Header().Get("ETag"))
}

func TestParseErrors(t *testing.T) {
	a := open(t)
	for _, tc := range []struct {
		name, body string
		code       int
		message    string
	}{
		{"empty", "", -32700, "Parse error"},
		{"cut", `{"id":1,`, -32700, "Parse error"},
		{"two values", `{"id":1,"method":"getUser"} {}`, -32700, "Parse error"},
		{"not utf-8", "{\"id\":1,\"method\":\"\xff\"}", -32700, "Parse error"},
		{"batch", `[{"id":1,"method":"getUser"}]`, -32600, "Invalid Request"},
		{"no method", `{"id":1}`, -32600, "Invalid Request"},
		{"method no string", `{"id":1,"method":5}`, -32600, "Invalid Request"},
		{"scalar params", `{"id":1,"method":"getUser","params":3}`, -32602, "Invalid params: params"},
		{"unknown method", `{"id":1,"method":"newEmail","params":{}}`, -32601, "Method not found"},
		{"missing id", `{"id":1,"method":"getContact","params":{}}`, -32602, "Invalid params: contactId"},
		{"bad id", `{"id":1,"method":"getContact","params":{"contactId":"x"}}`, -32602, "Invalid params: contactId"},
		{"missing rev", `{"id":1,"method":"deleteContact","params":{"contactId":1}}`, -32602, "Invalid params: rev"},
		{"missing record", `{"id":1,"method":"newContact","params":{"contact":"x"}}`, -32602, "Invalid params: contact"},
		{"decimal id", `{"id":1,"method":"getContact","params":{"contactId":"77"}}`, 404, "Contact not found"},
	} {
		w := a.post(tc.body)
		code, message := failure(t, w)
		require.Equal(t, tc.code, code, tc.name)
		require.Equal(t, tc.message, message, tc.name)
		want := 400
		if code == -32601 || code == 404 {
			want = 404
		}
		require.Equal(t, want, w.Code, tc.name)
	}
}

func TestLegacyErrorNull(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) { c.LegacyErrorNull = true })
	require.Equal(t, `{"result":{"contacts":null,"accounts":null,"leads":null},"error":null,"id":1,"jsonrpc":"2.0"}`,
		a.post(`{"id":1,"method":"getUpdateTimes"}`).Body.String())
	require.Equal(t, `{"result":null,"error":{"code":404,"message":"Lead not found","data":null},"id":1,"jsonrpc":"2.0"}`,
		a.post(`{"id":1,"method":"getLead","params":{"leadId":1}}`).Body.String())
}

func TestEscapes(t *testing.T) {
	const body = `{"id":1,"method":"newContact","params":{"contact":{"name":"Zo\u00eb / 🦉\u0001"}}}`
	php := open(t).post(body).Body.String()
	require.Contains(t, php, `"displayName":"Zo\u00eb \/ \ud83e\udd89\u0001"`)
	plain := open(t, func(c *nutshelltest.Config) { c.PHPEscapes = false }).post(body).Body.String()
	require.Contains(t, plain, `"displayName":"Zoë / 🦉\u0001"`)
	for _, b := range []string{php, plain} {
		name := decode(t, []byte(b)).(obj)["result"].(obj)["name"].(obj)["displayName"]
		require.Equal(t, "Zoë / 🦉\x01", name)
	}
}

func TestETag(t *testing.T) {
	a := open(t)
	c := a.contact(obj{"name": "Ed Vale"})
	body := `{"id":1,"method":"getContact","params":{"contactId":1}}`
	tag := a.post(body).Header().Get("ETag")
	require.NotEmpty(t, tag)
	same := a.post(`{"id":2,"method":"getContact","params":{"contactId":1}}`, "If-None-Match", tag)
	require.Equal(t, 304, same.Code)
	require.Empty(t, same.Body.String())
	a.editContact(c, obj{"description": "x"})
	require.Equal(t, 200, a.post(body, "If-None-Match", tag).Code)
	off := open(t, func(c *nutshelltest.Config) { c.ETag = false })
	require.Empty(t, off.post(`{"id":1,"method":"findTags"}`).Header().Get("ETag"))
}

func TestCredentials(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) {
		c.CompanyDomain = "example.com"
		c.APIKeys = append(c.APIKeys, nutshelltest.APIKey{Key: "imp-key-0123456789", UserID: 1, Impersonation: true},
			nutshelltest.APIKey{Key: "readonly-0123456789", UserID: 2, ReadOnly: true}, nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	})
	for _, tc := range []struct {
		user, key string
		acting    int64
		refusal   string
	}{
		{"BO@example.com", nutshelltest.SeedKey, 1, ""},
		{"ann@example.com", nutshelltest.SeedKey, 1, ""},
		{"ann@example.com", "imp-key-0123456789", 2, ""},
		{"example.com", "imp-key-0123456789", 1, ""},
		{"cy@example.com", "imp-key-0123456789", 0, "User not found"},
		{"nobody@example.com", nutshelltest.SeedKey, 0, "User not found"},
		{"bo@example.com", "wrong", 0, "API key not found"},
		{"", "", 0, "API key not found"},
	} {
		u := a.as(tc.user, tc.key)
		if tc.refusal == "" {
			require.Equal(t, tc.acting, id(u.one("getUser", obj{})), "%s", tc.user)
			continue
		}
		w := u.rpc("getUser", obj{})
		_, message := failure(t, w)
		require.Equal(t, 401, w.Code)
		require.Equal(t, tc.refusal, message)
		require.Equal(t, tc.refusal == "API key not found", w.Header().Get("WWW-Authenticate") != "")
		require.Equal(t, 401, u.do("GET", "/rest/contacts", nil).Code)
	}
	require.Equal(t, `Basic realm="Nutshell API"`, a.as("", "").rpc("getUser", obj{}).Header().Get("WWW-Authenticate"))
}

func TestReadOnlyKey(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) {
		c.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1}, {Key: "readonly-0123456789", UserID: 2, ReadOnly: true}}
	})
	c := a.contact(obj{"name": "Ed Vale"})
	n := a.note("Contacts", id(c), "hi")
	ro := a.as("ann@example.com", "readonly-0123456789")
	for method, params := range map[string]obj{
		"newContact":    {"contact": obj{"name": "x"}},
		"newNote":       {"entity": obj{"entityType": "Contacts", "id": 1}, "note": "x"},
		"newTag":        {"tag": obj{"name": "x", "entityType": "Leads"}},
		"editContact":   {"contactId": 1, "rev": "0", "contact": obj{}},
		"deleteContact": {"contactId": 1, "rev": "99"}, // permission comes before the rev
		"deleteNote":    {"noteId": n["id"], "rev": "0"},
	} {
		ro.want(403, "Forbidden", method, params)
	}
	ro.want(404, "Contact not found", "deleteContact", obj{"contactId": 9, "rev": "0"}) // existence before permission
	for _, path := range []string{"/rest/contacts/customfield", "/rest/contacts/1/undelete", "/rest/notes/1/files"} {
		w := ro.do(http.MethodPost, path, strings.NewReader("{}"))
		require.Equal(t, 403, w.Code, path)
		require.JSONEq(t, `{"code":403,"message":"Forbidden"}`, w.Body.String())
	}
	require.Equal(t, "Ed Vale", ro.get("Contact", 1)["name"].(obj)["displayName"])
}

func TestTooLarge(t *testing.T) {
	a := open(t)
	big := strings.Repeat(" ", 4<<20)
	w := a.as("", "").post(`{"id":"x","method":"getUser"}` + big) // size is checked before credentials
	code, message := failure(t, w)
	require.Equal(t, 413, w.Code)
	require.Equal(t, 413, code)
	require.Equal(t, "Request too large", message)
	w = a.do("POST", "/rest/contacts/customfield", strings.NewReader(big+"x"))
	require.Equal(t, 413, w.Code)
	require.JSONEq(t, `{"code":413,"message":"Request too large"}`, w.Body.String())
	require.Equal(t, 200, a.post(`{"id":"x","method":"getUser"}`+big[:4<<20-40]).Code)
}

func TestNUL(t *testing.T) {
	a := open(t)
	c := a.contact(obj{"name": "Ed"})
	for method, params := range map[string]obj{
		"newContact":     {"contact": obj{"name": "a\x00b"}},
		"editContact":    {"contactId": 1, "rev": c["rev"], "contact": obj{"description": "\x00"}},
		"newNote":        {"entity": obj{"entityType": "Contacts", "id": 1}, "note": "a\x00"},
		"searchContacts": {"string": "\x00"},
	} {
		code, message := a.refused(method, params)
		require.Equal(t, 400, code, method)
		require.Contains(t, message, "U+0000")
	}
}

func TestDiscovery(t *testing.T) {
	a := open(t).as("", "")
	post := func(user string) (int, obj) {
		body, err := json.Marshal(obj{"id": 1, "method": "getApiForUsername", "params": obj{"username": user}})
		require.NoError(t, err)
		w := a.do("POST", "/v1/json", strings.NewReader(string(body)))
		return w.Code, decode(t, w.Body.Bytes()).(obj)
	}
	status, body := post("ANN@example.com")
	require.Equal(t, 200, status)
	require.Equal(t, "example.com", body["result"].(obj)["api"])
	status, body = post("x@example.com")
	require.Equal(t, 404, status)
	require.Equal(t, json.Number("404"), body["error"].(obj)["code"])
}

// TestOrderOfChecks walks down the list of nutshell contract 1.4 by repairing one
// fault of a call after the other.
func TestOrderOfChecks(t *testing.T) {
	a := open(t, func(c *nutshelltest.Config) {
		c.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1}, {Key: "readonly-0123456789", UserID: 1, ReadOnly: true}}
		c.ContactLimit = 1
	})
	a.contact(obj{"name": "Ed Vale"})
	a.s.SetFaults(nutshelltest.Fault{Match: "*", Kind: nutshelltest.HTTP500, Times: 1})
	code, _ := a.as("x", "x").refused("nothing", 5)
	require.Equal(t, -32603, code, "faults come first")
	code, _ = a.as("x", "x").refused("nothing", 5)
	require.Equal(t, 401, code, "then credentials")

	limits := a.s.Limits()
	limits.QuotaPerSecond, limits.QuotaBurst = 0.001, 1
	a.s.SetLimits(limits)
	require.Equal(t, 400, a.post("{").Code, "quota lets the first through to the parser")
	require.Equal(t, 429, a.post("{").Code, "then the quota")
	limits.QuotaPerSecond = 0
	limits.GetRatePerSecond, limits.GetBurst = 0.001, 1
	limits.FindRatePerSecond, limits.FindBurst = 0.001, 1
	a.s.SetLimits(limits)

	a.want(-32601, "Method not found", "nothing", 5)
	a.want(-32602, "Invalid params: contactId", "getContact", obj{})
	a.want(429, "Rate limit exceeded", "getContact", obj{})
	a.want(-32602, "Invalid params: limit", "findContacts", obj{"limit": 0, "stubResponses": false})
	a.want(429, "Rate limit exceeded", "findContacts", obj{"limit": 0, "stubResponses": false})
	a.want(-32602, "Invalid params: limit", "findContacts", obj{"limit": 0}) // stubs are not limited

	edit := func(n any, rev, contact any) obj { return obj{"contactId": n, "rev": rev, "contact": contact} }
	ro := a.as(nutshelltest.SeedUser, "readonly-0123456789")
	ro.want(-32602, "Invalid params: rev", "editContact", edit(7, nil, nil))
	ro.want(404, "Contact not found", "editContact", edit(7, "9", obj{"name": 5}))
	ro.want(403, "Forbidden", "editContact", edit(1, "9", obj{"name": 5}))
	a.want(409, "rev key is out-of-date", "editContact", edit(1, "9", obj{"name": 5}))
	a.want(400, "name: not a string", "editContact", edit(1, "0", obj{"name": 5}))
	a.want(400, "name: not a string", "newContact", obj{"contact": obj{"name": 5}})
	a.want(403, "contact limit reached (1)", "newContact", obj{"contact": obj{"name": "Two"}})
}
