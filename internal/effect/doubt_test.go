package effect_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

type counter = atomic.Int64

// rewrite changes answers on their way; n counts them from 1.
type rewrite struct {
	http.RoundTripper
	change func(*http.Response, int)
	n      *counter
}

func (x rewrite) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := x.RoundTripper.RoundTrip(r)
	if err == nil {
		x.change(resp, int(x.n.Add(1)))
	}
	return resp, err
}

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// A merge whose answer was lost is known to be ours: its pre-image is the record before, so that the undo can give it back, and what it
// filled is ours (I2, I7).
func TestALostAnswerToAMerge(t *testing.T) {
	for _, kind := range []string{nutshelltest.CloseAfter, nutshelltest.LateCommit} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.everything(t)
			w.s.SetFaults(nutshelltest.Fault{Match: "editContact", Kind: kind, Times: 1, DelayMs: over})
			require.NoError(t, w.finish(t.Context()))
			w.settled(t, kind)
			w.whole(t, kind)
			row := w.effect(t, key(mapping.People, "p3", mapping.RoleRecord))
			assert.Equal(t, ledger.Done, row.State)
			assert.NotContains(t, string(row.PreImage), "Rezora_ID__c")
			assert.Contains(t, string(row.PreImage), "bob@example.com")
			assert.Contains(t, row.Ours, "custom:Rezora_ID__c")
			assert.Contains(t, row.Ours, "phone:mobile")
			assert.NotContains(t, row.Ours, "name")
		})
	}
}

// The second call of a record keeps what the first one made ours, when its answer is lost as well.
func TestALostAnswerToASecondCall(t *testing.T) {
	for _, match := range []string{"editLead", "editTask", "none"} {
		w := newWorld(t, nil)
		w.everything(t)
		w.s.SetFaults(nutshelltest.Fault{Match: match, Kind: nutshelltest.CloseAfter, Times: 1})
		require.NoError(t, w.finish(t.Context()))
		w.whole(t, match)
		lead := w.effect(t, key(mapping.LeadObjects, "l1", mapping.RoleClose))
		assert.Subset(t, lead.Ours, []string{"description", "custom:Rezora_ID__c", "outcome", "closedTime"}, match)
		task := w.effect(t, key(mapping.TaskObjects, "t1", mapping.RoleComplete))
		assert.Subset(t, task.Ours, []string{"title", "description", "completedTime"}, match)
	}
}

// A note whose answer was lost is found in its parent's list, which may leave the parent out. What is remembered of it holds the parent all the
// same: the undo would else take it for moved by a person (I7).
func TestALostNoteIsRememberedWithItsParent(t *testing.T) {
	for _, listed := range []string{"recorded", "stub"} {
		w := newWorld(t, func(c *nutshelltest.Config) { c.ListedNotes = listed })
		w.everything(t)
		w.s.SetFaults(nutshelltest.Fault{Match: "newNote", Kind: nutshelltest.CloseAfter, Times: 3})
		require.NoError(t, w.finish(t.Context()))
		w.whole(t, listed)
		adopted := 0
		for _, id := range []string{"n1", "n2"} { // on a person and on a lead
			row := w.effect(t, key(mapping.NoteObjects, id, mapping.RoleRecord))
			if row.How == "adopted" {
				adopted++
			}
			e, err := w.writer().Client.Get(t.Context(), nutshell.Notes, row.TargetID)
			require.NoError(t, err)
			view, err := target.FromWire("Notes", e.Raw, nil)
			require.NoError(t, err)
			assert.Empty(t, target.Touched(row.Shown, view, w.run.ShortHash, nil), "%s, %s", listed, id)
		}
		assert.Equal(t, 2, adopted, listed)
	}
}

// late makes the request of one create arrive long after its claim ended and the record was made again.
func late(t *testing.T, match string, plan func(*world)) *world {
	t.Helper()
	w := newWorld(t, nil)
	plan(w)
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	w.s.SetFaults(nutshelltest.Fault{Match: match, Kind: nutshelltest.LateCommit, DelayMs: over, Times: 1})
	require.NoError(t, w.finish(t.Context()))
	require.Eventually(t, func() bool { return w.s.Stats().InFlight == 0 }, 60*unit, 10*time.Millisecond)
	return w
}

// A copy that nobody touched is deleted under an intent with pre-image and rev, and the journal's own record stays.
func TestSweepOfALateCopy(t *testing.T) {
	for match, plan := range map[string]func(*world){
		"newContact": func(w *world) { w.person("p1", "") },
		"newAccount": func(w *world) { w.company("c1") },
		"newNote":    func(w *world) { w.person("p1", ""); w.note("n1", mapping.People, "p1") },
	} {
		t.Run(match, func(t *testing.T) {
			t.Parallel()
			w := late(t, match, plan)
			twice := 0
			for _, ids := range w.each() {
				twice += len(ids) - 1
			}
			require.Equal(t, 1, twice, "the copy is there")
			n, err := w.writer().Sweep(t.Context(), step.NewTurn(load, time.Minute), "")
			require.NoError(t, err)
			assert.Equal(t, 1, n)
			w.right(t, match)
			deleted := 0
			require.NoError(t, w.run.EachEffect(t.Context(), ledger.EffectFilter{Step: "sweep"}, func(e ledger.Effect) error {
				deleted++
				assert.NotEmpty(t, e.PreImage)
				assert.NotEmpty(t, e.Rev)
				return nil
			}))
			assert.Equal(t, 1, deleted)
		})
	}
}

// A copy whose source record was deleted meanwhile is found by its marker alone; one that a person has worked on stays.
func TestSweepOfACopyWhoseSourceIsGone(t *testing.T) {
	for match, plan := range map[string]func(*world){
		"newContact": func(w *world) { w.person("p1", "") },
		"newTask":    func(w *world) { w.task("t1") },
		"newNote": func(w *world) {
			w.person("p1", "")
			w.person("p2", "")
			w.note("n1", mapping.People, "p1")
			w.sameNote("n1", "p2")
		},
	} {
		for _, theirs := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, worked on %t", match, theirs), func(t *testing.T) {
				t.Parallel()
				w := late(t, match, plan)
				clear(w.plans)
				rows, err := w.run.Effects(t.Context(), load, false, 1, 100)
				require.NoError(t, err)
				journal, typ := map[int64]ledger.Effect{}, nutshell.EntityType(strings.TrimPrefix(match, "new")+"s")
				for _, r := range rows {
					journal[r.TargetID] = r
				}
				var stray int64
				for _, ids := range w.each() {
					for _, id := range ids {
						if _, known := journal[id]; !known {
							stray = id
						}
					}
				}
				require.NotZero(t, stray, "the copy is there")
				if theirs {
					switch typ {
					case nutshell.Contacts:
						require.NoError(t, w.s.EditContact(stray, map[string]any{"name": "Else"}))
					case nutshell.Tasks:
						require.NoError(t, w.s.EditTask(stray, map[string]any{"title": "Else"}))
					case nutshell.Notes:
						require.NoError(t, w.s.EditNote(stray, "[Rezora note n1] 2024-05-02 15:00 UTC - Ann\nElse"))
					}
				}
				var mine []ledger.Effect
				for _, r := range rows {
					if r.TargetType == string(typ) {
						mine = append(mine, r)
					}
				}
				blind := slices.Clone(mine)
				for i := range blind {
					blind[i].Shown = nil
				}
				gone, err := w.writer().SweepStray(t.Context(), typ, stray, blind)
				require.NoError(t, err)
				assert.False(t, gone, "of a copy of which nothing is known nobody can say that it is untouched")
				gone, err = w.writer().SweepStray(t.Context(), typ, stray, mine)
				require.NoError(t, err)
				assert.Equal(t, !theirs, gone)
				left := 0
				for _, ids := range w.each() {
					left += len(ids)
				}
				assert.Equal(t, !theirs, left == len(rows), "%d live for %d in the journal", left, len(rows))
			})
		}
	}
}

// A copy on which a person has worked stays, and is flagged.
func TestSweepSparesHands(t *testing.T) {
	for name, touch := range map[string]func(*nutshelltest.Server, int64) error{
		"another value": func(s *nutshelltest.Server, id int64) error { return s.EditContact(id, map[string]any{"name": "Else"}) },
		"a new value": func(s *nutshelltest.Server, id int64) error {
			return s.EditContact(id, map[string]any{"description": "hot"})
		},
		"a value gone": func(s *nutshelltest.Server, id int64) error { return s.EditContact(id, map[string]any{"phone": nil}) },
		"a note":       func(s *nutshelltest.Server, id int64) error { _, err := s.AddNote("Contacts", id, "mine"); return err },
		"a task": func(s *nutshelltest.Server, id int64) error {
			_, err := s.CreateTask(map[string]any{"title": "mine", "entity": map[string]any{"entityType": "Contacts", "id": id}})
			return err
		},
		"a company": func(s *nutshelltest.Server, id int64) error {
			_, err := s.CreateAccount(map[string]any{"name": "Theirs", "contacts": []any{map[string]any{"entityType": "Contacts", "id": id}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := late(t, "newContact", func(w *world) { w.person("p1", "") })
			row := w.effect(t, key(mapping.People, "p1", mapping.RoleRecord))
			for _, id := range w.each()["people/p1"] {
				if id != row.TargetID {
					require.NoError(t, touch(w.s, id))
				}
			}
			n, err := w.writer().Sweep(t.Context(), step.NewTurn(load, time.Minute), "")
			require.NoError(t, err)
			assert.Zero(t, n)
			assert.Len(t, w.each()["people/p1"], 2)
			var flags []string
			require.NoError(t, w.run.Flags(t.Context(), func(f ledger.FlagRow) error { flags = append(flags, f.SourceID+" "+f.Code); return nil }))
			assert.Equal(t, []string{"p1 copy_touched"}, flags)
		})
	}
}

// A sweep whose own deletion is lost, refused for a moved rev, or dies, is taken up by the next one.
func TestSweepUnderFaults(t *testing.T) {
	for _, kind := range []string{nutshelltest.CloseAfter, nutshelltest.CloseBefore, nutshelltest.HTTP503, nutshelltest.Empty200, nutshelltest.HTTP429} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := late(t, "newContact", func(w *world) { w.person("p1", "") })
			w.s.SetFaults(nutshelltest.Fault{Match: "deleteContact", Kind: kind, Times: 1})
			for range 2 {
				_, err := w.writer().Sweep(t.Context(), step.NewTurn(load, time.Minute), "")
				require.NoError(t, err)
			}
			w.right(t, kind)
		})
	}
}

// A file that went up twice: its note is made again with the file once; a person's file beside it keeps both.
func TestSweepOfAFileSentTwice(t *testing.T) {
	for _, theirs := range []bool{false, true} {
		w := newWorld(t, nil)
		w.person("p1", "")
		w.attachment("f1", "p1")
		require.NoError(t, w.run.Plan(t.Context(), w.effects))
		w.s.SetFaults(nutshelltest.Fault{Match: "rest:POST /rest/notes/*/files", Kind: nutshelltest.LateCommit, DelayMs: over, Times: 1})
		require.NoError(t, w.finish(t.Context()))
		require.Eventually(t, func() bool { return w.s.Stats().InFlight == 0 }, 60*unit, 10*time.Millisecond)
		note := w.effect(t, key(mapping.Attachments, "f1", mapping.RoleNote)).TargetID
		require.Len(t, w.s.Snapshot().Files, 2)
		if theirs {
			_, err := w.s.AddFile(note, "mine.txt", "text/plain", []byte("mine"))
			require.NoError(t, err)
		}
		_, err := w.writer().Sweep(t.Context(), step.NewTurn(load, time.Minute), "")
		require.NoError(t, err)
		require.NoError(t, w.finish(t.Context()))
		w.right(t, "")
		if theirs {
			assert.Len(t, w.s.Snapshot().Files, 3)
			assert.Equal(t, note, w.effect(t, key(mapping.Attachments, "f1", mapping.RoleNote)).TargetID)
		} else {
			assert.Len(t, w.s.Snapshot().Files, 1)
		}
	}
}

// Where ids are in no order, the look-up goes by the filter, or lists the whole type.
func TestDoubtWithoutOrder(t *testing.T) {
	for _, filters := range []bool{true, false} {
		w := newWorld(t, func(c *nutshelltest.Config) { c.IDOrder = "shuffled" })
		for i := range 150 {
			_, err := w.s.CreateContact(map[string]any{"name": fmt.Sprintf("Other %d", i)})
			require.NoError(t, err)
		}
		w.change = func(x *effect.Writer) { x.IDsGrow, x.Filters = false, filters }
		w.people(t, 6)
		w.s.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.CloseAfter, Times: 3})
		require.NoError(t, w.finish(t.Context()))
		w.right(t, fmt.Sprint(filters))
	}
}

// A record found after a lag is adopted, not made again: absence counts only after the deadline and the read lag.
func TestReadLag(t *testing.T) {
	w := newWorld(t, func(c *nutshelltest.Config) { c.FindLagSeconds = 1.5 })
	w.change = func(x *effect.Writer) { x.ReadLag = 1500 * time.Millisecond }
	w.people(t, 3)
	w.s.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.CloseAfter, Times: 3})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
	assert.EqualValues(t, 3, w.s.Stats().Methods["newContact"].Total())
}

// TestADeletionTellsALateCopyFromPeoplesOwn: a lead of ours that was made late hangs on a person whom the source has deleted. It is the sweep's; the same
// lead without our key is a person's, and keeps the record.
func TestADeletionTellsALateCopyFromPeoplesOwn(t *testing.T) {
	for name, c := range map[string]struct {
		fields map[string]any
		want   ledger.State
	}{"ours": {map[string]any{"Rezora_ID__c": "l1"}, ledger.Done}, "people's": {nil, ledger.Skipped}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			doomed := w.deletedAtSource(t, "p4")
			_, err := w.s.CreateLead(map[string]any{"description": "12 Elm St", "contacts": []any{map[string]any{"id": doomed}}, "customFields": c.fields})
			require.NoError(t, err)
			k := key(mapping.People, "p4", effect.GonePrefix+mapping.RoleRecord)
			w.add(ledger.Effect{EffectKey: k, Verb: ledger.Delete, TargetType: "Contacts", TargetID: doomed}, mapping.Projection{})
			require.NoError(t, w.run.Plan(t.Context(), w.effects))
			require.NoError(t, w.finish(t.Context()))
			assert.Equal(t, c.want, w.effect(t, k).State)
		})
	}
}
