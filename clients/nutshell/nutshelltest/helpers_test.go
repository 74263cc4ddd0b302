package nutshelltest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

type obj = map[string]any

type list = []any

// api drives a simulator through its handler as one user of the wire would.
type api struct {
	*testing.T
	s         *nutshelltest.Server
	user, key string
}

// clock is a time that only a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// open makes a simulator with the clock at start; change edits its switches. The
// find limiter is off unless a test turns it on.
func open(t *testing.T, change ...func(*nutshelltest.Config)) api {
	t.Helper()
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	cfg.Clock = (&clock{start}).now
	for _, f := range change {
		f(&cfg)
	}
	return api{t, nutshelltest.New(cfg), nutshelltest.SeedUser, nutshelltest.SeedKey}
}

func (a api) as(user, key string) api { a.user, a.key = user, key; return a }

func (a api) do(method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	a.Helper()
	r := httptest.NewRequest(method, path, body)
	if a.user != "" || a.key != "" {
		r.SetBasicAuth(a.user, a.key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.s.ServeHTTP(w, r)
	return w
}

func (a api) post(body string, header ...string) *httptest.ResponseRecorder {
	a.Helper()
	return a.do(http.MethodPost, "/api/v1/json", bytes.NewReader([]byte(body)), header...)
}

func (a api) rpc(method string, params any) *httptest.ResponseRecorder {
	a.Helper()
	body, err := json.Marshal(obj{"jsonrpc": "2.0", "id": "c-1", "method": method, "params": params})
	require.NoError(a, err)
	return a.post(string(body))
}

func decode(t testing.TB, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	require.NoError(t, dec.Decode(&v), "body %s", raw)
	return v
}

// call expects success and returns the result.
func (a api) call(method string, params any) any {
	a.Helper()
	w := a.rpc(method, params)
	require.Equal(a, 200, w.Code, "%s: %s", method, w.Body)
	return decode(a, w.Body.Bytes()).(obj)["result"]
}

func (a api) one(method string, params any) obj {
	a.Helper()
	return a.call(method, params).(obj)
}

func (a api) many(method string, params any) []obj {
	a.Helper()
	out := []obj{}
	for _, v := range a.call(method, params).(list) {
		out = append(out, v.(obj))
	}
	return out
}

// refused expects an error object and returns its code and message.
func (a api) refused(method string, params any) (code int, message string) {
	a.Helper()
	w := a.rpc(method, params)
	require.NotEqual(a, 200, w.Code, "%s: %s", method, w.Body)
	return failure(a, w)
}

func failure(t testing.TB, w *httptest.ResponseRecorder) (int, string) {
	t.Helper()
	body := decode(t, w.Body.Bytes()).(obj)
	require.NotContains(t, body, "result")
	e := body["error"].(obj)
	n, err := e["code"].(json.Number).Int64()
	require.NoError(t, err)
	return int(n), e["message"].(string)
}

// want asserts a refusal.
func (a api) want(code int, message, method string, params any) {
	a.Helper()
	c, m := a.refused(method, params)
	require.Equal(a, fmt.Sprintf("%d %s", code, message), fmt.Sprintf("%d %s", c, m))
}

func id(v any) int64 {
	switch v := v.(type) {
	case json.Number:
		n, _ := v.Int64()
		return n
	case obj:
		return id(v["id"])
	}
	panic(fmt.Sprintf("no id in %v", v))
}

func ids(rows []obj) []int64 {
	out := []int64{}
	for _, r := range rows {
		out = append(out, id(r))
	}
	return out
}

func (a api) contact(fields obj) obj { a.Helper(); return a.one("newContact", obj{"contact": fields}) }
func (a api) account(fields obj) obj { a.Helper(); return a.one("newAccount", obj{"account": fields}) }
func (a api) lead(fields obj) obj    { a.Helper(); return a.one("newLead", obj{"lead": fields}) }

func (a api) note(entityType string, of int64, text string) obj {
	a.Helper()
	return a.one("newNote", obj{"entity": obj{"entityType": entityType, "id": of}, "note": text})
}

func (a api) get(what string, n int64) obj {
	a.Helper()
	return a.one("get"+what, obj{map[string]string{"Contact": "contactId", "Account": "accountId", "Lead": "leadId", "Note": "noteId",
		"Task": "taskId", "Activity": "activityId", "User": "userId"}[what]: n})
}

func (a api) editContact(of obj, fields obj) obj {
	a.Helper()
	return a.one("editContact", obj{"contactId": of["id"], "rev": of["rev"], "contact": fields})
}

func (a api) editLead(of obj, fields obj) obj {
	a.Helper()
	return a.one("editLead", obj{"leadId": of["id"], "rev": of["rev"], "lead": fields})
}

func (a api) editAccount(of obj, fields obj) obj {
	a.Helper()
	return a.one("editAccount", obj{"accountId": of["id"], "rev": of["rev"], "account": fields})
}

// field defines a custom field.
func (a api) field(entityType, name, kind string, choices ...string) {
	a.Helper()
	_, err := a.s.AddCustomField(entityType, nutshelltest.FieldDef{Name: name, Type: kind, Choices: choices})
	require.NoError(a, err)
}
