package rezoratest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestSameSeedAndSizeGiveTheSameRows(t *testing.T) {
	a, b := rezoratest.New(config()), rezoratest.New(config())
	other := rezoratest.New(config(func(c *rezoratest.Config) { c.Seed = 2 }))
	for _, name := range rezoratest.Resources {
		assert.Equal(t, a.Rows(name, true), b.Rows(name, true), name)
		assert.Equal(t, a.LegacyRows(name), b.LegacyRows(name), name)
		assert.NotEmpty(t, a.Rows(name, false), name)
	}
	assert.NotEqual(t, a.Rows("contacts", false), other.Rows("contacts", false))
}

func TestLiveRowsDoNotDependOnTheDay(t *testing.T) {
	later := newClock()
	later.Add(100 * 24 * time.Hour)
	a := rezoratest.New(config(func(c *rezoratest.Config) { c.Now = newClock().Now }))
	b := rezoratest.New(config(func(c *rezoratest.Config) { c.Now = later.Now }))
	for _, name := range rezoratest.Resources {
		assert.Equal(t, a.Rows(name, false), b.Rows(name, false), name)
	}
}

func TestSizesFollowTheGuide(t *testing.T) {
	for _, tc := range []struct {
		size             string
		agents, contacts int
	}{{"XS", 3, 60}, {"T", 6, 400}, {"S", 12, 1500}} {
		began := time.Now()
		s := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = tc.size }))
		t.Logf("%s generated in %s", tc.size, time.Since(began))
		assert.Equal(t, tc.agents, s.Count("agents"), tc.size)
		assert.Equal(t, tc.contacts, s.Count("contacts"), tc.size)
		for _, name := range rezoratest.Resources {
			t.Logf("%s %s %d", tc.size, name, s.Count(name))
		}
	}
}

func TestEveryRowIsServedAsItIs(t *testing.T) {
	s := start(t)
	for _, name := range rezoratest.Resources {
		rows := walk(t, s, name, "limit=500&include=html", nil)
		byID := map[string]map[string]any{}
		for _, r := range rows {
			byID[r["id"].(string)] = r
		}
		want := s.Rows(name, false)
		require.Len(t, rows, len(want), name)
		for _, w := range want {
			assert.Equal(t, w, byID[w["id"].(string)], name)
		}
		n, err := get(t, s, "/api/v1/"+name+"/count").json(t)["count"].(json.Number).Int64()
		require.NoError(t, err)
		assert.EqualValues(t, len(want), n, name)
	}
	assert.Empty(t, s.Stats().Violations)
}
