package extract_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// summary is the newest union, its coverage summed by resource.
func (w *world) summary() (extract.Union, map[record.Kind]union.Coverage) {
	w.t.Helper()
	u, ok, err := extract.ReadUnion(w.t.Context(), w.reader.Run)
	require.NoError(w.t, err)
	require.True(w.t, ok)
	sums := map[record.Kind]union.Coverage{}
	for _, row := range u.Coverage {
		sum := sums[row.Resource]
		sum.Merge(row)
		sums[row.Resource] = sum
	}
	return u, sums
}

// owned counts the live records of current, or of the union, that the union looks at: groups of agents only, and their members.
func (w *world) owned(kind record.Kind, joined bool) int {
	w.t.Helper()
	groups := w.live(record.DistributionGroups)
	n := 0
	for id, s := range w.live(kind) {
		group := id
		if kind == record.GroupMemberships {
			var m record.GroupMembership
			require.NoError(w.t, s.Decode(&m))
			group = m.GroupID
		}
		if kind == record.DistributionGroups || kind == record.GroupMemberships {
			var g record.DistributionGroup
			require.NoError(w.t, groups[group].Decode(&g))
			if g.Scope != "agent" {
				continue
			}
		}
		if joined || s.Provenance == record.FromCurrent || s.Provenance == record.FromBoth {
			n++
		}
	}
	return n
}

func (w *world) discrepancies() []union.Discrepancy {
	w.t.Helper()
	var out []union.Discrepancy
	require.NoError(w.t, extract.EachDiscrepancy(w.t.Context(), w.reader.Run, func(d union.Discrepancy) error {
		out = append(out, d)
		return nil
	}))
	return out
}

func TestUnionOfBothAPIs(t *testing.T) {
	for name, change := range map[string]func(*rezoratest.Config){
		"defaults":              nil,
		"opt-outs in legacy":    func(c *rezoratest.Config) { c.Size, c.UnsubscribedOnlyIn = "T", "legacy" },
		"opt-outs in current":   func(c *rezoratest.Config) { c.Size, c.UnsubscribedOnlyIn = "T", "current" },
		"no opt-outs in legacy": func(c *rezoratest.Config) { c.LegacyNoUnsubscribe = true },
		"forgotten tombstones":  func(c *rezoratest.Config) { c.LegacyServesDeleted, c.TombstoneDays = 0.1, 0 },
		"bare tombstones":       func(c *rezoratest.Config) { c.LegacyServesDeleted, c.TombstoneBare = 0.1, true },
		"faults": func(c *rezoratest.Config) {
			c.FailEvery, c.FailStatus, c.CutBody, c.DropConnection, c.HTMLError = 7, 500, 5, 11, 13
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true, change)
			w.preflight()
			stats := w.must(0, false)
			w.equalsUnion()
			u, sums := w.summary()
			assert.Equal(t, extract.SourceHTTP, u.Source)
			assert.Len(t, u.Readings, len(w.reader.Credentials))
			for _, kind := range union.Order {
				sum := sums[kind]
				assert.Equal(t, union.Complete, sum.Coverage, kind)
				assert.Equal(t, len(w.sim.LegacyRows(string(kind))), sum.Legacy, kind)
				assert.Equal(t, w.owned(kind, false), sum.Current, kind)
				require.NoError(t, sum.Check(w.owned(kind, true)), kind)
				for id, s := range w.live(kind) {
					assert.Equal(t, s.Provenance == record.FromCurrent, len(s.Legacy) == 0, "%s %s: the legacy record is kept beside", kind, id)
				}
			}
			for _, id := range w.sim.LegacyOnly("contacts") {
				_, s := w.contact(id)
				assert.Equal(t, record.FromLegacyOnly, s.Provenance)
			}
			counted := 0
			for _, s := range stats.Sealed {
				counted += int(s.Count)
			}
			assert.EqualValues(t, stats.Changed, counted)
			classes := map[union.Class]int{}
			for _, d := range w.discrepancies() {
				classes[d.Class]++
			}
			assert.Equal(t, sums[record.Contacts].LegacyOnly+sums[record.DistributionGroups].LegacyOnly+sums[record.GroupMemberships].LegacyOnly+
				sums[record.Teams].LegacyOnly+sums[record.TeamMemberships].LegacyOnly+sums[record.Agents].LegacyOnly, classes[union.New]+classes[union.Ambiguous])
			assert.Zero(t, w.must(1, false).Changed)
			assert.Zero(t, w.must(2, true).Changed, "the same two sources give the same union")
		})
	}
}

func TestOptOutOfLegacyOutlivesDeltas(t *testing.T) {
	w := newWorld(t, true, func(c *rezoratest.Config) { c.Size, c.UnsubscribedOnlyIn = "T", "legacy" })
	w.preflight()
	w.must(0, false)
	var ids []string
	current := map[string]bool{}
	for _, row := range w.sim.Rows("contacts", false) {
		current[row["id"].(string)] = row["unsubscribed"].(bool)
	}
	for id, s := range w.live(record.Contacts) {
		if c, _ := w.contact(id); c.Unsubscribed && !current[id] && s.Provenance == record.FromBoth {
			ids = append(ids, id)
		}
	}
	require.NotEmpty(t, ids)
	for n, last := range []bool{false, false, true} {
		for i, id := range ids {
			_, err := w.sim.Put("contacts", map[string]any{"id": id, "name": []string{"Ann", "Bo", "Cy"}[n], "title": string(rune('a' + i%20))})
			require.NoError(t, err)
		}
		w.must(n+1, last)
		for _, id := range ids {
			c, s := w.contact(id)
			assert.True(t, c.Unsubscribed)
			assert.Equal(t, []string{"Ann", "Bo", "Cy"}[n], c.Name)
			assert.Equal(t, record.FromBoth, s.Provenance)
		}
	}
	w.equalsUnion()
	assert.Empty(t, w.flags(extract.FlagResubscribed))
}

func TestLiveAccountUnderUnion(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed+11), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true, func(c *rezoratest.Config) { c.Seed, c.LegacyServesDeleted = seed+11, 0.05 })
			w.preflight()
			w.must(0, false)
			for n := 1; n < 4; n++ {
				w.sim.Churn(30)
				w.must(n, n == 3)
			}
			w.equalsUnion()
			assert.Zero(t, w.must(4, true).Changed)
		})
	}
}

func TestResurrectPolicies(t *testing.T) {
	change := func(c *rezoratest.Config) { c.LegacyServesDeleted = 0.1 }
	t.Run("add", func(t *testing.T) {
		w := newWorld(t, true, change)
		w.reader.Union.Resurrect = union.Add
		w.preflight()
		w.must(0, false)
		_, sums := w.summary()
		require.Positive(t, sums[record.Contacts].Resurrected)
		assert.Zero(t, sums[record.Contacts].ResurrectSkipped)
		added := map[string]bool{}
		for id, s := range w.live(record.Contacts) {
			added[id] = s.Provenance == record.Resurrected
		}
		var deleted string
		for _, row := range w.sim.Rows("contacts", false) {
			if id := row["id"].(string); row["is_self"] != true && len(w.live(record.Contacts)[id].Legacy) > 0 {
				deleted = id
			}
		}
		require.NoError(t, w.sim.Delete("contacts", deleted))
		for n, last := range []bool{false, false, true} {
			w.must(n+1, last)
			for id, was := range added {
				_, s := w.contact(id)
				if id == deleted {
					assert.True(t, s.Deleted, "deleted in the window: stays deleted")
				} else if was {
					assert.False(t, s.Deleted, "its old tombstone is no news")
					assert.Equal(t, record.Resurrected, s.Provenance)
				}
			}
		}
	})
	t.Run("stop", func(t *testing.T) {
		w := newWorld(t, true, change)
		w.reader.Union.Resurrect = union.Stop
		w.preflight()
		_, err := w.round(0, false)
		require.Equal(t, extract.ParkResurrect, parked(err), "%v", err)
		assert.Contains(t, parkReason(err), "contacts 1")
		w.reader.Union.Resurrect = union.Skip
		w.must(0, false)
		w.equalsUnion()
	})
}

func TestIncompleteUnionStops(t *testing.T) {
	t.Run("no credential", func(t *testing.T) {
		w := newWorld(t, true, nil)
		all := w.reader.Credentials
		missing := all[2].AgentID
		w.reader.Credentials = slices.Delete(slices.Clone(all), 2, 3)
		w.preflight()
		_, err := w.round(0, false)
		require.Equal(t, extract.ParkUnion, parked(err), "%v", err)
		assert.Contains(t, parkReason(err), "agent "+missing+" (no credential)")
		w.reader.Credentials = all
		w.must(0, false)
		w.equalsUnion()
		_, sums := w.summary()
		assert.Equal(t, len(w.sim.LegacyRows("contacts")), sums[record.Contacts].Legacy, "counted once, although decided twice")
	})
	t.Run("accepted", func(t *testing.T) {
		w := newWorld(t, true, nil)
		missing := w.reader.Credentials[2].AgentID
		w.reader.Credentials = slices.Delete(w.reader.Credentials, 2, 3)
		w.reader.Union.AcceptIncomplete = []string{missing}
		w.preflight()
		w.must(0, false)
		u, _ := w.summary()
		assert.Equal(t, []string{missing}, u.Accepted)
	})
	t.Run("out of scope", func(t *testing.T) {
		w := newWorld(t, true, nil)
		w.reader.Union.Agents = []string{w.reader.Credentials[1].AgentID}
		w.reader.Credentials = w.reader.Credentials[:2]
		w.preflight()
		w.must(0, false)
		for id, s := range w.live(record.Contacts) {
			if c, _ := w.contact(id); len(s.Legacy) > 0 {
				assert.Equal(t, w.reader.Credentials[1].AgentID, c.OwnerAgentID)
			}
		}
	})
	t.Run("no company credential", func(t *testing.T) {
		w := newWorld(t, true, nil)
		w.reader.Credentials = w.reader.Credentials[1:]
		w.preflight()
		_, err := w.round(0, false)
		require.Equal(t, extract.ParkUnion, parked(err))
		w.reader.Union.Resources = []record.Kind{record.Contacts, record.DistributionGroups, record.GroupMemberships}
		w.must(0, false)
	})
	for name, status := range map[string]int{"refused": 403, "failing": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true, nil)
			agent := w.reader.Credentials[2].AgentID
			w.preflight()
			require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) { c.LegacyFail = map[string]int{agent + " /lists": status} }))
			_, err := w.round(0, false)
			require.Equal(t, extract.ParkUnion, parked(err), "%v", err)
			assert.Contains(t, parkReason(err), "agent "+agent)
			require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) { c.LegacyFail = nil }))
			w.must(0, false)
			w.equalsUnion()
		})
	}
	t.Run("in the last round", func(t *testing.T) {
		w := newWorld(t, true, nil)
		w.preflight()
		w.must(0, false)
		before := len(w.live(record.Contacts))
		agent := w.reader.Credentials[1].AgentID
		require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) { c.LegacyFail = map[string]int{agent + " /contacts": 403} }))
		_, err := w.round(1, true)
		require.Equal(t, extract.ParkUnion, parked(err), "%v", err)
		assert.Len(t, w.live(record.Contacts), before, "nothing is taken for deleted")
		require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) { c.LegacyFail = nil }))
		assert.Zero(t, w.must(1, true).Changed)
	})
}

func TestCredentialsWithoutAgentsFindTheirs(t *testing.T) {
	w := newWorld(t, true, nil)
	for i := range w.reader.Credentials {
		w.reader.Credentials[i].AgentID = ""
	}
	w.preflight()
	w.must(0, false)
	w.equalsUnion()
}

func TestOtherNumberSpace(t *testing.T) {
	w := newWorld(t, true, func(c *rezoratest.Config) { c.LegacyIDShift, c.UnsubscribedOnlyIn, c.Size = 50_000_000, "legacy", "T" })
	_, err := w.reader.Preflight(t.Context())
	require.Equal(t, extract.ParkPreflight, parked(err), "%v", err)
	assert.Contains(t, parkReason(err), "union.match_by_id")
	w.reader.Union.MatchByID = false
	w.preflight()
	w.must(0, false)
	_, sums := w.summary()
	for _, kind := range union.Order {
		assert.Positive(t, sums[kind].Both, kind)
		require.NoError(t, sums[kind].Check(w.owned(kind, true)), kind)
	}
	opted, twins := map[string]bool{}, map[string]int{}
	for _, row := range w.sim.LegacyRows("contacts") {
		key := row["email"].(string) + row["owner_agent_id"].(string)
		twins[key]++
		opted[key] = row["unsubscribed"] == true && twins[key] == 1
	}
	seen := 0
	for id := range w.live(record.Contacts) {
		if c, _ := w.contact(id); opted[c.Email+c.OwnerAgentID] {
			seen++
			assert.True(t, c.Unsubscribed, id)
		}
	}
	assert.Positive(t, seen)
	assert.Zero(t, w.must(1, true).Changed)
	w.sim.Churn(30)
	w.must(2, true)
	assert.Zero(t, w.must(3, true).Changed)
}

func TestUnsharedResourcesAreCurrentAlone(t *testing.T) {
	w := newWorld(t, true, nil)
	w.reader.Union.Resources = []record.Kind{record.Contacts}
	w.preflight()
	w.must(0, false)
	for _, kind := range []record.Kind{record.Teams, record.DistributionGroups, record.GroupMemberships} {
		assert.Len(t, w.live(kind), w.sim.Count(string(kind)), kind)
	}
	_, sums := w.summary()
	assert.Len(t, sums, 1)
	assert.Positive(t, sums[record.Contacts].LegacyOnly)
}

func TestLegacyOutageParksAndGoesOn(t *testing.T) {
	w := newWorld(t, true, nil)
	w.preflight()
	broken, err := rezora.NewLegacy(rezora.LegacyOptions{BaseURL: "http://127.0.0.1:1/v1", Limits: fast()})
	require.NoError(t, err)
	good := w.reader.Legacy
	w.reader.Legacy = broken
	_, err = w.round(0, false)
	require.Equal(t, extract.ParkUnreachable, parked(err), "%v", err)
	w.reader.Legacy = good
	w.must(0, false)
	w.equalsUnion()
}
