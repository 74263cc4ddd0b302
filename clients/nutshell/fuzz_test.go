package nutshell_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rezora2nutshell/clients/nutshell"
)

// Whatever a server answers, no call panics, and a write that is reported as
// done has an id and a rev.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"result":` + contact + `}`, `{"result":[` + contact + `]}`, `{"result":[]}`, `{"error":null,"result":null}`,
		`{"error":{"code":"409","message":["x"]}}`, `{"error":"x"}`, `{"error":{"code":1e99}}`, `[]`, `null`, `"x"`, `{`, ``,
		`{"result":{"id":"1-contacts","rev":0,"emails":[null],"deletedTime":{}}}`, `{"files":[{"id":{}}],"contacts":{"0":1}}`,
		`{"result":{"Contacts":[{"name":1,"type":[],"enumElements":{"a":{}}}],"x":null}}`, `{"errors":[1,null,{"title":{}}]}`,
	} {
		f.Add(200, seed)
		f.Add(400, seed)
	}
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }))
	f.Cleanup(server.Close)
	c, err := nutshell.New(nutshell.Options{BaseURL: server.URL, Username: "u", APIKey: "k", Retries: -1, Patience: time.Nanosecond, RetryWait: 1, MaxRetryAfter: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s int, text string) {
		status, body = 200+abs(s)%400, text
		if status == 204 || status == 304 {
			body = ""
		}
		ctx := t.Context()
		e, err := c.Create(ctx, nutshell.Contacts, nil)
		if err == nil && (e.ID <= 0 || e.Rev == "" || status > 299) {
			t.Fatalf("done without id and rev: %d %q", status, body)
		}
		if n, is := nutshell.AsError(err); err != nil && (!is || n.Outcome == nutshell.Failed) {
			t.Fatalf("a write cannot simply fail: %v", err)
		}
		_, _ = c.Find(ctx, nutshell.Leads, nutshell.Query{})
		_, _, _ = c.Timeline(ctx, nutshell.Leads, 1, 1, true)
		_, _ = c.CustomFields(ctx)
		_, _ = c.Tags(ctx)
		_, _ = c.UpdateTimes(ctx)
		_, _ = c.Me(ctx, "")
		_, _ = c.FilterKeys(ctx, nutshell.Contacts)
		_, _ = c.FieldAttributes(ctx, nutshell.Contacts)
		_, _ = c.RestFilter(ctx, nutshell.Contacts, "a", "b", 0)
		_, _ = c.NoteFiles(ctx, 1)
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

// The readers of single values accept anything.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{`1`, `"1-x"`, `-1`, `1e400`, `{"timestamp":"1e11"}`, `"2024-02-30"`, `[[]]`, `true`, `"NaN"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return
		}
		if id, ok := nutshell.ID(v); ok && id <= 0 {
			t.Fatalf("id %d of %s", id, text)
		}
		if at, ok := nutshell.Time(v); ok && at.Location() != time.UTC {
			t.Fatalf("time %v of %s", at, text)
		}
		nutshell.Number(v)
		nutshell.Bool(v)
		nutshell.Object(v)
		nutshell.List(v)
		nutshell.DecodeEntity(v, nutshell.Notes)
		nutshell.DecodeFieldDef(v)
	})
}
