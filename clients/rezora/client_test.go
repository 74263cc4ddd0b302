package rezora_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

// asOf is the source's clock in these tests.
const asOf = "2024-05-02T08:00:00Z"

// script is a source that answers as a test says, and remembers what it was asked.
type script struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []*http.Request
	answer func(w http.ResponseWriter, r *http.Request, n int) // n counts from 1
}

func newScript(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *script {
	t.Helper()
	s := &script{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r)
		n := len(s.asked)
		s.mu.Unlock()
		s.answer(w, r, n)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.asked...)
}

// fast are limits that make tests quick without changing what they bound.
func fast() rezora.Limits {
	return rezora.Limits{RequestsPerS: 1e6, InFlight: 2, BackoffBase: time.Millisecond, BackoffMax: 2 * time.Millisecond}
}

func options(url string) rezora.Options {
	return rezora.Options{BaseURL: url, Auth: rezora.Auth{Secret: rezora.Static("tok-1")}, Limits: fast()}
}

func client(t *testing.T, o rezora.Options) *rezora.Client {
	t.Helper()
	c, err := rezora.New(o)
	require.NoError(t, err)
	return c
}

func send(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// envelope is a page of items with a cursor, "" for the last one.
func envelope(next string, items ...string) string {
	raw := make([]json.RawMessage, 0, len(items))
	for _, i := range items {
		raw = append(raw, json.RawMessage(i))
	}
	var cursor any
	if next != "" {
		cursor = next
	}
	b, _ := json.Marshal(map[string]any{"data": raw, "meta": map[string]any{"next_cursor": cursor, "count": len(items), "total": nil, "as_of": asOf}})
	return string(b)
}

// contact is a live contact updated s seconds into the day.
func contact(id string, s int) string {
	return fmt.Sprintf(`{"id":%q,"name":"N %s","updated_at":%q,"deleted":false}`, id, id,
		time.Date(2024, 5, 1, 0, 0, s, 0, time.UTC).Format(time.RFC3339))
}

// paged serves contacts 1..n in pages of limit by numeric cursors c<offset>.
func paged(n int) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		from := 0
		if c := r.URL.Query().Get("cursor"); c != "" {
			from, _ = strconv.Atoi(c[1:])
		}
		var items []string
		for i := from; i < n && i < from+limit; i++ {
			items = append(items, contact(fmt.Sprintf("%05d", i+1), i))
		}
		next := ""
		if from+limit < n {
			next = fmt.Sprintf("c%d", from+limit)
		}
		send(w, 200, envelope(next, items...))
	}
}

// ids walks and collects.
func ids(t *testing.T, c *rezora.Client, req rezora.WalkRequest) ([]string, rezora.WalkResult, error) {
	t.Helper()
	if req.Kind == "" {
		req.Kind = record.Contacts
	}
	var out []string
	res, err := c.Walk(context.Background(), req, func(_ context.Context, p rezora.Page) error {
		for _, r := range p.Records {
			out = append(out, r.ID)
		}
		return nil
	})
	return out, res, err
}
