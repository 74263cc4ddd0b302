package extract_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

func TestFirstRoundHoldsTheWholeAccount(t *testing.T) {
	w := newWorld(t, false, nil)
	w.preflight()
	stats := w.must(0, false)
	w.equalsSource()
	require.Len(t, stats.Sealed, len(record.Kinds))
	for _, s := range stats.Sealed {
		assert.EqualValues(t, w.sim.Count(string(s.Kind)), s.Count, s.Kind)
		assert.Equal(t, s.Count, stats.PerKind[s.Kind].Changed)
	}
	rep, ok, err := extract.ReadReport(t.Context(), w.reader.Run, 0)
	require.NoError(t, err)
	require.True(t, ok)
	for _, kind := range record.Kinds {
		assert.Equal(t, extract.Complete, rep.Resources[kind].Status, kind)
		assert.Equal(t, extract.CountEqual, rep.Resources[kind].Count, kind)
		assert.WithinDuration(t, rep.Resources[kind].AsOf.Add(-300*time.Second), rep.Resources[kind].Watermark, 0)
	}
	u, ok, err := extract.ReadUnion(t.Context(), w.reader.Run)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, extract.SourceNone, u.Source)
	again := w.must(0, false)
	assert.Equal(t, stats, again, "a sealed round answers the same")
}

func TestOddSourcesComeOutWhole(t *testing.T) {
	for name, change := range map[string]func(*rezoratest.Config){
		"transport": func(c *rezoratest.Config) {
			c.FailEvery, c.FailStatus, c.CutBody, c.DropConnection, c.HTMLError = 7, 500, 5, 11, 13
		},
		"too many": func(c *rezoratest.Config) { c.FailEvery, c.FailStatus, c.RetryAfterForm = 3, 429, "none" },
		"paging": func(c *rezoratest.Config) {
			c.RepeatPage, c.EmptyMiddlePage, c.ExpireCursorOnce = 2, true, []string{"contacts", "activities", "group_memberships"}
		},
		"forms": func(c *rezoratest.Config) {
			c.NumericIDs, c.OddTimes, c.UnknownFields, c.UnknownEnums, c.FutureDates = true, true, true, true, true
			c.DirtyText, c.OddCustomProperties, c.DanglingRefs, c.CompanyCycle = 0.5, 0.5, 0.1, true
		},
		"colliding event ids": func(c *rezoratest.Config) { c.CollidingEventIDs, c.NumericIDs = true, true },
		"poor": func(c *rezoratest.Config) {
			c.NoFields, c.NoCount, c.NullTotal, c.TombstoneDays, c.NoSince = true, true, true, 0, []string{"contacts"}
		},
		"bare tombstones":  func(c *rezoratest.Config) { c.TombstoneBare = true },
		"changed mid-walk": func(c *rezoratest.Config) { c.UpdateMidWalk, c.DeleteMidWalk = 1, 1 },
		"deleted mid-walk, untold": func(c *rezoratest.Config) {
			c.DeleteMidWalk, c.TombstoneDays = 1, 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false, change)
			w.preflight()
			for kind, c := range w.caps.Resources { // small pages, so that there are walks to disturb
				if c.Limit > 0 {
					c.Limit = 20
					w.caps.Resources[kind] = c
				}
			}
			w.must(0, false)
			if strings.Contains(name, "mid-walk") { // the last walks of the first round were disturbed, too
				require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) { c.UpdateMidWalk, c.DeleteMidWalk = 0, 0 }))
				w.must(1, true)
			}
			for _, kind := range record.Kinds {
				var want []string
				for _, row := range w.sim.Rows(string(kind), false) {
					want = append(want, keyOf(kind, row))
				}
				assert.ElementsMatch(t, want, slices.Collect(maps.Keys(w.live(kind))), kind)
			}
		})
	}
}

func TestNotOfferedIsAResult(t *testing.T) {
	w := newWorld(t, false, func(c *rezoratest.Config) { c.NotOffered = map[string]int{"tasks": 403, "sequences": 404} })
	w.preflight()
	w.must(0, false)
	rep, _, err := extract.ReadReport(t.Context(), w.reader.Run, 0)
	require.NoError(t, err)
	assert.Equal(t, extract.NotOffered, rep.Resources[record.Tasks].Status)
	assert.Equal(t, extract.NotOffered, rep.Resources[record.Sequences].Status)
	assert.Equal(t, extract.Complete, rep.Resources[record.Notes].Status)
}

func TestParks(t *testing.T) {
	preflight := map[string]struct {
		change func(*rezoratest.Config)
		code   string
	}{
		"required": {func(c *rezoratest.Config) { c.NotOffered = map[string]int{"contacts": 403} }, extract.ParkPreflight},
		"token":    {func(c *rezoratest.Config) { c.Tokens = []string{"another"} }, extract.ParkCredentials},
		"outage":   {func(c *rezoratest.Config) { c.FailEvery, c.FailStatus = 1, 500 }, extract.ParkUnreachable},
	}
	for name, tc := range preflight {
		t.Run("preflight, "+name, func(t *testing.T) {
			w := newWorld(t, false, tc.change)
			_, err := w.reader.Preflight(t.Context())
			require.Equal(t, tc.code, parked(err), "%v", err)
		})
	}
	mid := map[string]struct {
		change func(*rezoratest.Config)
		code   string
		says   string
	}{
		"forbidden":      {func(c *rezoratest.Config) { c.NotOffered = map[string]int{"notes": 403} }, extract.ParkIncomplete, "notes"},
		"gone":           {func(c *rezoratest.Config) { c.NotOffered = map[string]int{"leads": 404} }, extract.ParkIncomplete, "leads"},
		"loop":           {func(c *rezoratest.Config) { c.CursorLoop = "same" }, extract.ParkIncomplete, "cursor twice"},
		"no answer":      {func(c *rezoratest.Config) { c.HTMLError = 1 }, extract.ParkIncomplete, "bad answer"},
		"token revoked":  {func(c *rezoratest.Config) { c.Tokens = []string{"another"} }, extract.ParkCredentials, "REZORA_TOKEN"},
		"outage":         {func(c *rezoratest.Config) { c.DropConnection = 1 }, extract.ParkUnreachable, "probes"},
		"server failure": {func(c *rezoratest.Config) { c.FailEvery, c.FailStatus = 1, 500 }, extract.ParkUnreachable, "500"},
	}
	for name, tc := range mid {
		t.Run("reading, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false, nil)
			w.preflight()
			for kind, c := range w.caps.Resources {
				c.Limit = 10
				w.caps.Resources[kind] = c
			}
			require.NoError(t, w.sim.Configure(tc.change))
			_, err := w.round(0, false)
			require.Equal(t, tc.code, parked(err), "%v", err)
			var p *step.Parked
			require.ErrorAs(t, err, &p)
			assert.Contains(t, p.Park.Reason, tc.says)
			assert.Equal(t, tc.code == extract.ParkUnreachable, p.Park.ByItself)
			assert.NotContains(t, p.Park.Reason, "tok-1")
			require.NoError(t, w.sim.Configure(func(c *rezoratest.Config) {
				*c = rezoratest.DefaultConfig()
				c.Tokens = []string{"tok-1"}
			}))
			w.must(0, false)
			w.equalsSource()
		})
	}
}

// lying is a source whose count is wrong.
type lying struct {
	rezora.Source
	off int
}

func (l *lying) Count(ctx context.Context, kind record.Kind, req rezora.CountRequest) (rezora.Count, error) {
	n, err := l.Source.Count(ctx, kind, req)
	if kind == record.Contacts {
		n.N += l.off
	}
	return n, err
}

func TestUnexplainedCountStopsTheLoad(t *testing.T) {
	for _, off := range []int{1, -1} {
		w := newWorld(t, false, nil)
		w.preflight()
		src := &lying{w.client, off}
		w.reader.Source = src
		_, err := w.round(0, false)
		require.Equal(t, extract.ParkCounts, parked(err))
		src.off = 0
		w.must(0, false)
		w.equalsSource()
	}
}

func TestPauseAndTurns(t *testing.T) {
	w := newWorld(t, false, nil)
	w.preflight()
	require.NoError(t, w.reader.Run.SetPaused(t.Context(), true, "jo"))
	_, err := w.round(0, false)
	require.ErrorIs(t, err, ledger.ErrPaused)
	require.NoError(t, w.reader.Run.SetPaused(t.Context(), false, "jo"))
	turns := 0
	for {
		turns++
		_, err := w.reader.Round(t.Context(), step.NewTurn("extract", -time.Second), w.caps, 0, false)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, step.ErrMore)
		require.Less(t, turns, 500)
		if turns == 1 { // the next turns have a moment each
			break
		}
	}
	for {
		_, err := w.reader.Round(t.Context(), step.NewTurn("extract", time.Millisecond), w.caps, 0, false)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, step.ErrMore)
		turns++
		require.Less(t, turns, 500)
	}
	assert.Greater(t, turns, 5)
	w.equalsSource()
}

// cutting ends the process's context at a random call.
type cutting struct {
	rezora.Source
	left   int
	cancel context.CancelFunc
}

func (c *cutting) Walk(ctx context.Context, req rezora.WalkRequest, page func(context.Context, rezora.Page) error) (rezora.WalkResult, error) {
	return c.Source.Walk(ctx, req, func(ctx context.Context, p rezora.Page) error {
		if c.left--; c.left < 0 {
			c.cancel()
		}
		return page(ctx, p)
	})
}

func (c *cutting) Item(ctx context.Context, kind record.Kind, id string) (record.Record, rezora.State, error) {
	if c.left--; c.left < 0 {
		c.cancel()
	}
	return c.Source.Item(ctx, kind, id)
}

// killed runs a round in lives that end after a few pages each, every one in a ledger opened anew.
func (w *world) killed(r *rand.Rand, n int, last bool) {
	w.t.Helper()
	source := w.reader.Source
	defer func() { w.reader.Source = source }()
	for lives := 1; ; lives++ {
		ctx, cancel := context.WithCancel(w.t.Context())
		w.reader.Source = &cutting{source, r.IntN(12), cancel}
		_, err := w.reader.Round(ctx, step.NewTurn("extract", time.Minute), w.caps, n, last)
		cancel()
		if err == nil {
			return
		}
		require.True(w.t, errors.Is(err, context.Canceled), "%v", err)
		require.Less(w.t, lives, 300)
		w.reopen()
	}
}

func TestKilledAnywhereEndsTheSame(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { t.Parallel(); killedAnywhere(t, seed) })
	}
}

func killedAnywhere(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	w := newWorld(t, seed > 0, func(c *rezoratest.Config) {
		c.Seed, c.LegacyServesDeleted, c.UnsubscribedOnlyIn = seed+1, 0.05, "legacy"
	})
	w.preflight()
	for kind, c := range w.caps.Resources {
		c.Limit = 50
		w.caps.Resources[kind] = c
	}
	w.killed(r, 0, false)
	w.sim.Churn(20)
	w.killed(r, 1, false)
	w.sim.Churn(20)
	w.killed(r, 2, true)
	if seed == 0 {
		w.equalsSource()
		return
	}
	w.equalsUnion()
}

func TestDeltaRounds(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) { t.Parallel(); deltaRounds(t, seed) })
	}
}

func deltaRounds(t *testing.T, seed uint64) {
	w := newWorld(t, false, func(c *rezoratest.Config) {
		c.Seed = seed + 1
		switch seed {
		case 1:
			c.NoSince = []string{"contacts", "notes"}
		case 2:
			c.NoTombstonesFor = []string{"contacts", "group_memberships", "notes", "companies"}
		case 3:
			c.TombstoneDays, c.NoFields, c.ForgetDeleted = 0, true, true
		}
	})
	w.preflight()
	w.must(0, false)
	assert.Zero(t, w.must(1, false).Changed, "an unchanged source changes nothing")
	for n := 2; n < 5; n++ {
		w.sim.Churn(25)
		s := w.must(n, n == 4)
		assert.Positive(t, s.Changed)
	}
	w.equalsSource()
	assert.Zero(t, w.must(5, true).Changed)
}

func TestDeletionsSayHowTheyWereFound(t *testing.T) {
	w := newWorld(t, false, func(c *rezoratest.Config) { c.NoTombstonesFor = []string{"notes"} })
	w.preflight()
	w.must(0, false)
	note, contact := w.sim.Rows("notes", false)[0]["id"].(string), w.sim.Rows("contacts", false)[3]["id"].(string)
	require.NoError(t, w.sim.Delete("notes", note))
	require.NoError(t, w.sim.Delete("contacts", contact))
	w.must(1, false)
	_, s := w.contact(contact)
	assert.Equal(t, extract.ByTombstone, extract.FoundBy(s))
	assert.Contains(t, w.live(record.Notes), note, "sweeps are for the last round")
	require.NoError(t, w.sim.Restore("contacts", contact))
	w.must(2, true)
	_, s = w.contact(contact)
	assert.Empty(t, extract.FoundBy(s), "restored")
	gone, ok, err := w.reader.Run.Get(t.Context(), record.Notes, note)
	require.NoError(t, err)
	assert.True(t, ok && gone.Deleted)
	assert.Equal(t, extract.BySweep, extract.FoundBy(gone))
	w.equalsSource()
}

// stopping is a source whose sweeps break off.
type stopping struct{ rezora.Source }

func (s stopping) Walk(ctx context.Context, req rezora.WalkRequest, page func(context.Context, rezora.Page) error) (rezora.WalkResult, error) {
	if !req.IDsOnly || req.Kind != record.Notes {
		return s.Source.Walk(ctx, req, page)
	}
	if err := page(ctx, rezora.Page{Kind: req.Kind, First: true}); err != nil {
		return rezora.WalkResult{}, err
	}
	return rezora.WalkResult{}, &rezora.StatusError{API: "current", Resource: "notes", Status: 403}
}

func TestBrokenSweepDeletesNothing(t *testing.T) {
	w := newWorld(t, false, func(c *rezoratest.Config) { c.NoTombstonesFor = []string{"notes"} })
	w.preflight()
	w.must(0, false)
	before := len(w.live(record.Notes))
	require.NoError(t, w.sim.Delete("notes", w.sim.Rows("notes", false)[0]["id"].(string)))
	w.reader.Source = stopping{w.client}
	_, err := w.round(1, true)
	require.Equal(t, extract.ParkIncomplete, parked(err))
	assert.Len(t, w.live(record.Notes), before)
	w.reader.Source = w.client
	w.must(1, true)
	w.equalsSource()
}

func TestVisibilityLag(t *testing.T) {
	w := newWorld(t, false, func(c *rezoratest.Config) { c.VisibilityLag = 1 })
	w.reader.CountWaits = slices.Repeat([]time.Duration{200 * time.Millisecond}, 12)
	w.preflight()
	rows := w.sim.Rows("contacts", false)
	_, err := w.sim.Put("contacts", map[string]any{"id": rows[2]["id"], "name": "Nell Harrow"})
	require.NoError(t, err)
	w.must(0, false)
	_, err = w.sim.Put("contacts", map[string]any{"id": rows[4]["id"], "name": "Ida Lowell"})
	require.NoError(t, err)
	w.must(1, false) // may miss it
	require.Eventually(t, func() bool {
		n, err := w.client.Count(t.Context(), record.Contacts, rezora.CountRequest{})
		return err == nil && n.N == len(rows)
	}, 5*time.Second, 50*time.Millisecond)
	w.must(2, true)
	w.equalsSource()
}

func TestUnsubscribedIsReportedWhenItGoes(t *testing.T) {
	w := newWorld(t, false, nil)
	w.preflight()
	id := w.sim.Rows("contacts", false)[5]["id"].(string)
	_, err := w.sim.Put("contacts", map[string]any{"id": id, "unsubscribed": true})
	require.NoError(t, err)
	w.must(0, false)
	_, err = w.sim.Put("contacts", map[string]any{"id": id, "unsubscribed": false})
	require.NoError(t, err)
	w.must(1, false)
	c, _ := w.contact(id)
	assert.False(t, c.Unsubscribed, "no source says so any more")
	assert.Equal(t, map[string]string{id: "contacts"}, w.flags(extract.FlagResubscribed))
}

func TestInventory(t *testing.T) {
	w := newWorld(t, false, nil)
	w.preflight()
	w.must(0, false)
	var inv mapping.Inventory
	ok, err := w.reader.Run.Value(t.Context(), extract.KeyInventory, &inv)
	require.NoError(t, err)
	require.True(t, ok)
	assert.EqualValues(t, w.sim.Count("contacts"), inv.Objects["contact"].Rows)
	seen, words := map[string]int64{}, map[string]int64{}
	for _, row := range w.sim.Rows("contacts", false) {
		for name, v := range row["custom_properties"].(map[string]any) {
			if v != nil && v != "" {
				seen[name]++
			}
		}
	}
	for _, row := range w.sim.Rows("leads", false) {
		words[row["status"].(string)]++
	}
	for name, n := range seen {
		assert.Equal(t, n, inv.Objects["contact"].Properties[name].Values, name)
	}
	for _, row := range w.sim.Rows("custom_properties", false) {
		assert.True(t, inv.Objects[row["object"].(string)].Properties[row["name"].(string)].Defined)
	}
	assert.Equal(t, words, inv.Words[mapping.WordsLeadStatus].Seen)
}
