package rezoratest_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestChurnIsDeterministic(t *testing.T) {
	c := newClock()
	a, b := rezoratest.New(config(withClock(c))), rezoratest.New(config(withClock(c)))
	assert.Equal(t, a.Churn(100), b.Churn(100))
	for _, name := range rezoratest.Resources {
		assert.Equal(t, a.Rows(name, true), b.Rows(name, true), name)
	}
}

func TestChurnShowsInTheDelta(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c), func(c *rezoratest.Config) { c.Size = "T" })
	c.Add(time.Hour)
	since := c.Now().UTC().Format(time.RFC3339)
	changes := s.Churn(200)
	want := map[string]map[string]bool{}
	ops := map[string]int{}
	for _, ch := range changes {
		ops[ch.Op+" "+ch.Resource]++
		if want[ch.Resource] == nil {
			want[ch.Resource] = map[string]bool{}
		}
		want[ch.Resource][ch.ID] = true
	}
	for _, op := range []string{"new contacts", "changed contacts", "deleted contacts", "new group_memberships", "new notes", "new leads", "changed tasks", "new activities", "new campaigns"} {
		assert.NotZero(t, ops[op], op)
	}
	for name, ids := range want {
		got := map[string]bool{}
		for _, r := range walk(t, s, name, "limit=500&include_deleted=true&updated_since="+since, nil) {
			got[r["id"].(string)] = true
		}
		assert.Equal(t, ids, got, name)
	}
}

func TestChurnKeepsTheAccountSound(t *testing.T) {
	s := rezoratest.New(config())
	s.Churn(500)
	live := map[any]bool{}
	for _, r := range s.Rows("contacts", false) {
		live[r["id"]] = true
	}
	pairs := map[string]bool{}
	for _, m := range s.Rows("group_memberships", false) {
		assert.True(t, live[m["contact_id"]], "no membership outlives its contact")
		pair := m["group_id"].(string) + "/" + m["contact_id"].(string)
		assert.False(t, pairs[pair], "unique pair")
		pairs[pair] = true
	}
}

func TestReadingWhileChanging(t *testing.T) {
	s := start(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 {
			s.Churn(5)
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 2 {
				walk(t, s, "contacts", "limit=20&include_deleted=true", nil)
				walk(t, s, "activities", "limit=500", nil)
			}
		})
	}
	wg.Wait()
	a, err := call(t, http.MethodGet, s.URL+"/api/v1/contacts/count", nil)
	require.NoError(t, err)
	assert.Equal(t, 200, a.Status)
	assert.GreaterOrEqual(t, s.Stats().MaxInFlight["dv1"], 1)
}
