package undo_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
	"rezora2nutshell/internal/undo"
)

// Accounts differ in what they show; the rollback does not care.
func TestEveryShapeOfAccount(t *testing.T) {
	shapes := map[string]func(*nutshelltest.Config){
		"full records":      func(c *nutshelltest.Config) { c.RecordShape, c.EmptyMaps = "full", "array" },
		"old stubs":         func(c *nutshelltest.Config) { c.StubShape, c.EmptyMaps = "old", "null" },
		"listed stubs":      func(c *nutshelltest.Config) { c.ListedNotes = "stub" },
		"404 for deleted":   func(c *nutshelltest.Config) { c.GetDeleted = "404" },
		"capped notes":      func(c *nutshelltest.Config) { c.ParentNotesMax = 1 },
		"shuffled ids":      func(c *nutshelltest.Config) { c.IDOrder = "shuffled" },
		"notes bump":        func(c *nutshelltest.Config) { c.NoteBumpsParent = true },
		"no REST lists":     func(c *nutshelltest.Config) { c.RESTLists = "off" },
		"caller owns":       func(c *nutshelltest.Config) { c.OwnerDefault = "caller" },
		"keys from seven":   func(c *nutshelltest.Config) { c.UnlabelledFrom = 7 },
		"legacy error null": func(c *nutshelltest.Config) { c.LegacyErrorNull = true },
	}
	for name, change := range shapes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			rep := w.undone("keep")
			assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
			assert.EqualValues(t, 15, rep.Created.Deleted, "%+v", rep.Kept)
			assert.EqualValues(t, 2, rep.Updated.Restored)
			assert.EqualValues(t, 2, rep.Proof.RestoredEqual)
			assert.Zero(t, rep.Proof.UntouchedChanged, "%+v", rep.Changed)
			w.closed()
		})
	}
}

// A lead loses its person when the source deletes that person; what the delta writes to the lead afterwards remembers the loss, which is no
// person's doing.
func TestALinkThatTheMigrationTookAwayIsNoTouch(t *testing.T) {
	w := newWorld(t)
	lead := w.target("leads", "l-1", "record")
	w.plan("gone", ledger.Effect{EffectKey: key("people", "c-2", effect.GonePrefix+"record"), Verb: ledger.Delete, TargetID: w.target("people", "c-2", "record")},
		mapping.Projection{Type: "Contacts"})
	edit := ledger.Effect{EffectKey: key("leads", "l-1", "record"), Verb: ledger.Edit, How: "created"}
	edit.Epoch = 1
	w.plan("delta", edit, mapping.Projection{Type: "Leads", Wants: ours("l-1", target.Text("description", "Dan: fair"), target.LinkRef("primaryAccount", "companies", "org-2"))})
	w.write("gone", "delta")
	rep := w.undone("keep")
	assert.Empty(t, rep.Kept)
	for _, r := range w.sim.Snapshot().Leads {
		assert.Equal(t, r.ID == w.own.lead, r.Live(), "lead %d, ours is %d", r.ID, lead)
	}
}

// A create whose answer was lost, and that no listing showed, is carried out in the end: the rollback finds it by its key.
func TestLateCommitsGoToo(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	text := "[Rezora note n-9] 2024-01-01T00:00:00Z - Jo\n\nlate"
	late := map[string]string{"people": "c-9", "notes": "n-9", "tasks": "t-9"}
	for object, id := range late {
		w.plan(object, create(object, id, "record"), mapping.Projection{Type: map[string]string{"people": "Contacts", "notes": "Notes", "tasks": "Tasks"}[object]})
		claims, err := w.run.Claim(ctx, []ledger.ClaimRequest{{Key: key(object, id, "record"), BodyHash: effect.NoteHash(text, w.own.ann)}}, time.Minute)
		require.NoError(t, err)
		_, err = w.run.Settle(ctx, []ledger.Outcome{{Claim: *claims[0], State: ledger.InDoubt}})
		require.NoError(t, err)
		w.clock.add(2 * time.Minute)
		ok, err := w.run.Resolve(ctx, []ledger.Resolution{{Key: claims[0].Key, From: ledger.InDoubt, Token: claims[0].Token, Outcome: ledger.Outcome{State: ledger.Planned}}})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, ok)
	}
	// Never sent: a record with such a key is not ours.
	w.plan("people", create("people", "c-8", "record"), mapping.Projection{Type: "Contacts"})
	foreign := w.must(w.sim.CreateContact(map[string]any{"name": "Ivy", "customFields": map[string]any{"Rezora_ID__c": "c-8"}}))
	contact := w.must(w.sim.CreateContact(map[string]any{"name": "Hal", "customFields": map[string]any{"Rezora_ID__c": "c-9"}}))
	note := w.must(w.sim.AddNote("Contacts", w.own.ann, text))
	rep := w.undone("keep")
	assert.False(t, w.live("Contacts", contact))
	assert.False(t, w.live("Notes", note))
	assert.True(t, w.live("Contacts", foreign))
	assert.EqualValues(t, 17, rep.Created.Deleted)

	// One that comes only now is found by the next proof, and stays when a person has been at it.
	w.sim.Advance(2 * time.Second)
	touched := w.must(w.sim.CreateTask(map[string]any{"title": "x", "description": "[Rezora task t-9] created unknown"}))
	w.sim.Advance(2 * time.Second)
	require.NoError(t, w.sim.EditTask(touched, map[string]any{"title": "mine"}))
	again := w.must(w.sim.CreateTask(map[string]any{"title": "x", "description": "[Rezora task t-9] created unknown"}))
	r, _, err := undo.Current(ctx, w.run)
	require.NoError(t, err)
	rep, err = w.undoer(r, w.client).Prove(ctx, turn(), r, 1)
	require.NoError(t, err)
	assert.True(t, w.live("Tasks", touched))
	assert.False(t, w.live("Tasks", again))
	assert.EqualValues(t, 1, rep.Created.Kept)
	w.closed()
}

// From the beginning of a rollback on, a straggler of a dead run writes nothing.
func TestNothingIsWrittenOnceARollbackBegan(t *testing.T) {
	w := newWorld(t)
	w.plan("people", create("people", "c-7", "record"), mapping.Projection{Type: "Contacts", Wants: ours("c-7")})
	w.attempt("keep")
	rows, err := w.run.Effects(t.Context(), "people", false, 1, 10)
	require.NoError(t, err)
	before := w.sim.Snapshot()
	_, err = w.writer().Page(t.Context(), turn(), rows, "")
	require.ErrorIs(t, err, ledger.ErrUndoing)
	assert.Equal(t, before, w.sim.Snapshot())
}

// Two workers undo the same pages at once: every record is undone once.
func TestTwoWorkersAtOnce(t *testing.T) {
	w := newWorld(t)
	r := w.attempt("keep")
	r, steps, err := w.undoer(r, w.client).Survey(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	w.sim.ResetStats()
	for _, s := range steps {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				_, err := w.undoer(r, w.client).Page(context.Background(), turn(), s.Step, 1, s.N)
				assert.NoError(t, err)
			})
		}
		both.Wait()
	}
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
	rep, err := w.undoer(r, w.client).Prove(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 15, rep.Created.Deleted)
}

// What a person accepts as it is counts as kept, with the reason.
func TestWhatCannotBeDeletedIsGivenUpByAPersonOnly(t *testing.T) {
	w := newWorld(t)
	w.sim.SetFaults(nutshelltest.Fault{Match: "deleteTask", Kind: nutshelltest.HTTP500})
	rep := w.undone("keep")
	assert.EqualValues(t, 1, rep.Created.Failed)
	assert.EqualValues(t, 14, rep.Created.Deleted)
	r, _, err := undo.Current(t.Context(), w.run)
	require.NoError(t, err)
	w.clock.add(time.Minute)
	n, err := w.undoer(r, w.client).GiveUp(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	rep, err = w.undoer(r, w.client).Prove(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	assert.Zero(t, rep.Created.Failed)
	assert.Contains(t, keptAs(rep, "Tasks", w.target("tasks", "t-1", "record")), "a person accepted that")

	w.sim.SetFaults()
	w.runID++
	rep = w.undone("force")
	assert.EqualValues(t, 15, rep.Created.Deleted)
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
}

func TestPreviewSaysWhatWouldHappenAndDoesNothing(t *testing.T) {
	w := newWorld(t)
	touched := w.target("people", "c-4", "record")
	require.NoError(t, w.sim.EditContact(touched, map[string]any{"description": "mine"}))
	r := w.attempt("keep")
	r, _, err := w.undoer(r, w.client).Survey(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	before := w.sim.Stats()
	for crawl, keep := range map[int]int64{0: 0, r.Crawl(): 1} {
		look, err := undo.Preview(t.Context(), w.run, w.defs, crawl, false)
		require.NoError(t, err)
		sum := undo.Forecast{}
		for _, l := range look.Lines {
			sum.Delete, sum.Restore, sum.Keep, sum.Gone = sum.Delete+l.Delete, sum.Restore+l.Restore, sum.Keep+l.Keep, sum.Gone+l.Gone
		}
		assert.Equal(t, undo.Forecast{Delete: 15 - keep, Restore: 2, Keep: keep}, sum)
		assert.Len(t, look.Kept, int(keep))
		assert.Equal(t, crawl == 0, look.ByLedger)
	}
	assert.Equal(t, before, w.sim.Stats())
}

// A pause stops between calls and loses nothing.
func TestAPauseStopsTheRollback(t *testing.T) {
	w := newWorld(t)
	r := w.attempt("keep")
	r, steps, err := w.undoer(r, w.client).Survey(t.Context(), turn(), r, 1)
	require.NoError(t, err)
	require.NoError(t, w.run.SetPaused(t.Context(), true, "jo"))
	for _, s := range steps[:1] {
		_, err = w.undoer(r, w.client).Page(t.Context(), turn(), s.Step, 1, s.N)
		require.ErrorIs(t, err, ledger.ErrPaused)
	}
	require.NoError(t, w.run.SetPaused(t.Context(), false, "jo"))
	w.undone("keep")
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
}

// A key that may only read stops the rollback with the cure; so does a revoked one.
func TestAKeyWithoutTheRightStops(t *testing.T) {
	w := newWorld(t)
	w.sim.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1, ReadOnly: true})
	_, err := w.rollback(t.Context(), w.client, "keep")
	require.ErrorContains(t, err, "forbidden")
	w.sim.RemoveAPIKey(nutshelltest.SeedKey)
	_, err = w.rollback(t.Context(), w.client, "keep")
	require.Error(t, err)
	w.sim.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	rep := w.undone("keep")
	assert.EqualValues(t, 15, rep.Created.Deleted)
	w.closed()
}

// Without faults a rollback costs one call a record, and the two crawls.
func TestARollbackCostsOneCallARecord(t *testing.T) {
	w := newWorld(t)
	w.sim.ResetStats()
	w.undone("keep")
	var calls int64
	for name, n := range w.sim.Stats().Methods {
		if strings.HasPrefix(name, "get") {
			calls += n.Accepted
		}
	}
	assert.LessOrEqual(t, calls, int64(1), "only a company whose links moved its rev is read again")
}
