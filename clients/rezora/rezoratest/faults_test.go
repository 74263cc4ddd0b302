package rezoratest_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestFailEvery(t *testing.T) {
	for status, code := range map[int]string{408: "timeout", 429: "rate_limited", 500: "internal", 502: "bad_gateway", 503: "unavailable", 504: "timeout"} {
		s := start(t, func(c *rezoratest.Config) { c.FailEvery, c.FailStatus = 3, status })
		for i := 1; i <= 6; i++ {
			a := get(t, s, "/api/v1/agents")
			if i%3 != 0 {
				assert.Equal(t, 200, a.Status)
				continue
			}
			assert.Equal(t, status, a.Status)
			assert.Equal(t, code, a.code(t))
			if status == 429 {
				assert.Equal(t, "1", a.Header.Get("Retry-After"))
			}
		}
		assert.Equal(t, 2, s.Stats().Faults["failEvery"])
	}
}

func TestFaultsCountEachAPI(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.FailEvery = 2 })
	assert.Equal(t, 200, get(t, s, "/api/v1/agents").Status)
	assert.Equal(t, 200, get(t, s, "/api/users").Status)
	assert.Equal(t, 503, get(t, s, "/api/v1/agents").Status)
	assert.Equal(t, 503, get(t, s, "/api/users").Status)
	require.NoError(t, s.Configure(func(c *rezoratest.Config) { c.FailEvery, c.FaultAPIs = 1, []string{"legacy"} }))
	assert.Equal(t, 200, get(t, s, "/api/v1/agents").Status)
}

func TestBrokenAnswers(t *testing.T) {
	t.Run("cutBody", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.CutBody = 1 })
		a, err := ranged(t, s, "/api/v1/agents")
		require.Error(t, err)
		assert.NotEmpty(t, a.Body)
		assert.Equal(t, 1, s.Stats().Faults["cutBody"])
	})
	t.Run("dropConnection", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.DropConnection = 2 })
		_, err := call(t, http.MethodGet, s.URL+"/api/v1/agents", nil)
		require.NoError(t, err)
		_, err = call(t, http.MethodGet, s.URL+"/api/v1/agents", nil)
		require.Error(t, err)
		assert.Equal(t, 1, s.Stats().Statuses["dv1 0"])
	})
	t.Run("htmlError", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.HTMLError = 1 })
		a := get(t, s, "/api/v1/agents")
		assert.Equal(t, 200, a.Status)
		assert.Contains(t, a.Header.Get("Content-Type"), "text/html")
		assert.Contains(t, string(a.Body), "<html>")
	})
	t.Run("slowBodyMs", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.SlowBodyMs = 10 })
		began := time.Now()
		a, err := ranged(t, s, "/api/v1/agents")
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(began), time.Duration(len(a.Body)/1024)*10*time.Millisecond)
	})
}

func TestErrorBodies(t *testing.T) {
	for form, check := range map[string]func(answer){
		"dv1": func(a answer) {
			e := a.json(t)["error"].(map[string]any)
			assert.Equal(t, json.Number("400"), e["status"])
			assert.NotEmpty(t, e["request_id"])
			assert.Equal(t, []any{map[string]any{"field": "limit", "issue": "range"}}, e["details"])
			assert.Equal(t, "limit must be 1..500", e["message"])
		},
		"empty":   func(a answer) { assert.Empty(t, a.Body) },
		"string":  func(a answer) { var s string; assert.NoError(t, json.Unmarshal(a.Body, &s)) },
		"message": func(a answer) { assert.NotEmpty(t, a.json(t)["message"]) },
		"rfc7807": func(a answer) {
			assert.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			assert.Equal(t, json.Number("400"), a.json(t)["status"])
		},
		"html": func(a answer) { assert.Contains(t, string(a.Body), "<html>") },
	} {
		s := start(t, func(c *rezoratest.Config) { c.ErrorBody = form })
		a := get(t, s, "/api/v1/contacts?limit=0")
		assert.Equal(t, 400, a.Status, form)
		check(a)
	}
}

func TestQuota(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c), func(c *rezoratest.Config) { c.QuotaPerSecond = 2; c.Tokens = append(c.Tokens, "t-2") })
	for left := 1; left >= 0; left-- {
		a := get(t, s, "/api/v1/agents")
		require.Equal(t, 200, a.Status)
		assert.Equal(t, "2", a.Header.Get("X-RateLimit-Limit"))
		assert.Equal(t, strconv.Itoa(left), a.Header.Get("X-RateLimit-Remaining"))
		assert.NotEmpty(t, a.Header.Get("X-RateLimit-Reset"))
	}
	a := get(t, s, "/api/v1/agents")
	assert.Equal(t, 429, a.Status)
	assert.Equal(t, "rate_limited", a.code(t))
	assert.Equal(t, "1", a.Header.Get("Retry-After"))
	assert.Equal(t, 429, get(t, s, "/api/v1/nosuch").Status, "the quota is checked before the path")
	assert.Equal(t, 200, ask(t, s, "/api/v1/agents", bearer("t-2")).Status, "a bucket per credential")
	c.Add(500 * time.Millisecond)
	assert.Equal(t, 200, get(t, s, "/api/v1/agents").Status, "refilled at N a second")
	assert.Equal(t, 429, get(t, s, "/api/v1/agents").Status)
}

func TestRetryAfterForms(t *testing.T) {
	for form, want := range map[string][]string{
		"seconds": {"1", "1"}, "none": {"", ""},
		"date":  {"Mon, 02 Mar 2026 08:00:02 GMT", "Mon, 02 Mar 2026 08:00:02 GMT"},
		"mixed": {"1", "Mon, 02 Mar 2026 08:00:02 GMT"},
	} {
		s := start(t, withClock(newClock()), func(c *rezoratest.Config) { c.QuotaPerSecond, c.RetryAfterForm = 1, form })
		get(t, s, "/api/v1/agents")
		for _, w := range want {
			a := get(t, s, "/api/v1/agents")
			assert.Equal(t, 429, a.Status)
			assert.Equal(t, w, a.Header.Get("Retry-After"), form)
		}
	}
}

func TestPagingSwitches(t *testing.T) {
	distinct := func(rows []map[string]any) int {
		seen := map[any]bool{}
		for _, r := range rows {
			seen[r["id"]] = true
		}
		return len(seen)
	}
	t.Run("expireCursorOnce", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.ExpireCursorOnce = []string{"contacts"} })
		for _, want := range []int{410, 200} {
			p := readPage(t, s, "/api/v1/contacts?limit=5")
			p = readPage(t, s, "/api/v1/contacts?limit=5&cursor="+p.Meta.NextCursor)
			assert.Equal(t, want, get(t, s, "/api/v1/contacts?limit=5&cursor="+p.Meta.NextCursor).Status)
		}
	})
	t.Run("cursorLoop same", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.CursorLoop = "same" })
		p := readPage(t, s, "/api/v1/contacts?limit=5")
		q := readPage(t, s, "/api/v1/contacts?limit=5&cursor="+p.Meta.NextCursor)
		assert.Equal(t, p.Meta.NextCursor, q.Meta.NextCursor)
	})
	t.Run("cursorLoop cycle", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.CursorLoop = "cycle" })
		var got []string
		next := ""
		for range 4 {
			p := readPage(t, s, "/api/v1/contacts?limit=5&cursor="+next)
			next = p.Meta.NextCursor
			got = append(got, next)
		}
		assert.NotEqual(t, got[0], got[1])
		assert.Equal(t, got[0], got[2], "after three pages the first cursor comes back")
		assert.Equal(t, got[1], got[3])
	})
	t.Run("repeatPage", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.RepeatPage = 2 })
		rows := walk(t, s, "contacts", "limit=10", nil)
		assert.Equal(t, 60, distinct(rows))
		assert.Greater(t, len(rows), 60)
	})
	t.Run("emptyMiddlePage", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.EmptyMiddlePage = true })
		var counts []int
		rows := walk(t, s, "contacts", "limit=20", func(p page) { counts = append(counts, p.Meta.Count) })
		assert.Len(t, rows, 60)
		assert.Equal(t, []int{20, 0, 20, 20}, counts)
	})
	t.Run("updateMidWalk", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.UpdateMidWalk = 3 })
		rows := walk(t, s, "contacts", "limit=10", nil)
		assert.Equal(t, 60, distinct(rows))
		newest := ""
		for _, r := range s.Rows("contacts", false) {
			newest = max(newest, r["updated_at"].(string))
		}
		assert.Greater(t, newest, "2026-06", "rows were touched")
	})
	t.Run("deleteMidWalk", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) { c.DeleteMidWalk = 2 })
		walk(t, s, "contacts", "limit=10", nil)
		assert.Less(t, s.Count("contacts"), 60)
	})
	t.Run("visibilityLag", func(t *testing.T) {
		c := newClock()
		s := start(t, withClock(c), func(c *rezoratest.Config) { c.VisibilityLag = 10 })
		id, err := s.Put("teams", map[string]any{"name": "Late Team"})
		require.NoError(t, err)
		since := "updated_since=2026-03-02T08:00:00Z"
		assert.Empty(t, walk(t, s, "teams", since, nil))
		assert.Equal(t, 200, get(t, s, "/api/v1/teams/"+id).Status)
		c.Add(10 * time.Second)
		assert.Len(t, walk(t, s, "teams", since, nil), 1)
	})
	t.Run("noSince, noFields, noCount, nullTotal", func(t *testing.T) {
		s := start(t, func(c *rezoratest.Config) {
			c.NoSince, c.NoFields, c.NoCount, c.NullTotal = []string{"contacts"}, true, true, true
		})
		assert.Len(t, walk(t, s, "contacts", "limit=500&updated_since=2099-01-01T00:00:00Z", nil), 60)
		assert.Empty(t, walk(t, s, "agents", "updated_since=2099-01-01T00:00:00Z", nil))
		p := readPage(t, s, "/api/v1/contacts?fields=id&include_total=true&limit=1")
		assert.Contains(t, p.Data[0], "name")
		assert.Nil(t, p.Meta.Total)
		assert.Equal(t, 404, get(t, s, "/api/v1/contacts/count").Status)
	})
}
