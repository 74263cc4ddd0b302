package rezoratest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

const token = "t-1"

// clock is a settable clock.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func config(change ...func(*rezoratest.Config)) rezoratest.Config {
	c := rezoratest.DefaultConfig()
	c.Size, c.Tokens = "XS", []string{token}
	for _, f := range change {
		f(&c)
	}
	return c
}

func start(t *testing.T, change ...func(*rezoratest.Config)) *rezoratest.Server {
	t.Helper()
	s := rezoratest.NewServer(config(change...))
	t.Cleanup(s.Close)
	return s
}

type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&m), "body %.200s", a.Body)
	return m
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	e, ok := a.json(t)["error"].(map[string]any)
	require.True(t, ok, "no error envelope in %.200s", a.Body)
	return e["code"].(string)
}

// call sends one request without following redirects.
func call(t *testing.T, method, url string, set func(*http.Request)) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if set != nil {
		set(req)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, body}, err
}

func get(t *testing.T, s *rezoratest.Server, path string) answer {
	t.Helper()
	a, err := call(t, http.MethodGet, s.URL+path, nil)
	require.NoError(t, err)
	return a
}

type page struct {
	Data []map[string]any
	Meta struct {
		NextCursor string `json:"next_cursor"`
		Count      int
		Total      *int
		AsOf       string `json:"as_of"`
	}
}

func readPage(t *testing.T, s *rezoratest.Server, path string) page {
	t.Helper()
	a := get(t, s, path)
	require.Equal(t, http.StatusOK, a.Status, "%s: %.300s", path, a.Body)
	var p page
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&p))
	require.Len(t, p.Data, p.Meta.Count)
	return p
}

// walk reads a collection to its end; between is called after each page.
func walk(t *testing.T, s *rezoratest.Server, resource, query string, between func(page)) []map[string]any {
	t.Helper()
	var rows []map[string]any
	cursor := ""
	for range 2000 {
		path := "/api/v1/" + resource + "?" + query
		if cursor != "" {
			path += "&cursor=" + url.QueryEscape(cursor)
		}
		p := readPage(t, s, path)
		rows = append(rows, p.Data...)
		if between != nil {
			between(p)
		}
		if cursor = p.Meta.NextCursor; cursor == "" {
			return rows
		}
	}
	t.Fatal("walk does not end")
	return nil
}
