package effect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
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

// people plans n people.
func (w *world) people(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		w.person(fmt.Sprintf("p%03d", i), "")
	}
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
}

func (w *world) states(t *testing.T) map[ledger.State]int {
	t.Helper()
	rows, err := w.run.Effects(t.Context(), load, false, 1, 10_000)
	require.NoError(t, err)
	out := map[ledger.State]int{}
	for _, r := range rows {
		out[r.State]++
	}
	return out
}

func (w *world) effect(t *testing.T, k ledger.EffectKey) ledger.Effect {
	t.Helper()
	row, ok, err := w.run.Effect(t.Context(), k)
	require.NoError(t, err)
	require.True(t, ok)
	return row
}

func parked(t *testing.T, err error) step.Park {
	t.Helper()
	var p *step.Parked
	require.ErrorAs(t, err, &p)
	return p.Park
}

// A limiter's refusal is proof that nothing was done: the row goes out again, and nothing is doubled or looked up.
func TestRateLimits(t *testing.T) {
	for _, header := range []bool{true, false} {
		t.Run(fmt.Sprintf("Retry-After %v", header), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *nutshelltest.Config) { c.QuotaPerSecond, c.QuotaBurst, c.RetryAfterHeader = 100, 2, header })
			w.people(t, 12)
			require.NoError(t, w.finish(t.Context()))
			w.right(t, "")
			assert.NotZero(t, w.s.Stats().Quota.Refused)
			assert.EqualValues(t, 12, w.s.Stats().Methods["newContact"].Accepted)
			for _, r := range w.rows(t) {
				assert.NotEqual(t, "adopted", r.How)
			}
		})
	}
}

func (w *world) rows(t *testing.T) []ledger.Effect {
	t.Helper()
	rows, err := w.run.Effects(t.Context(), load, false, 1, 10_000)
	require.NoError(t, err)
	return rows
}

// A 503 says nothing about a write, whoever sends it (nutshell contract 7.2): it is looked up before it is sent again.
func TestLimiterThatAnswers503(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 2)
	w.client = w.newClient(t, func(o *nutshell.Options) {
		o.Transport = rewrite{nutshell.NewTransport(3), func(r *http.Response, n int) {
			if n == 1 { // it was written all the same
				r.StatusCode, r.Status = 503, "503 Service Unavailable"
				r.Body = body(`{"error":{"code":503,"message":"Rate limit exceeded","data":null},"id":"x","jsonrpc":"2.0"}`)
			}
		}, new(counter)}
	})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
	assert.EqualValues(t, 2, w.s.Stats().Methods["newContact"].Accepted)
}

// A plan's limit parks; resume goes on after an upgrade, accept leaves the rest out.
func TestPlanLimit(t *testing.T) {
	for _, accepted := range []string{"", effect.ParkPlanLimit} {
		w := newWorld(t, func(c *nutshelltest.Config) { c.ContactLimit = 5 })
		w.people(t, 12)
		_, err := w.page(t.Context(), w.writer(), "")
		p := parked(t, err)
		assert.Equal(t, effect.ParkPlanLimit, p.Code)
		assert.True(t, p.Accept)
		assert.Regexp(t, `[345] were created, [789] are left`, p.Reason) // calls in flight are counted as left
		assert.Equal(t, map[ledger.State]int{ledger.Done: 5, ledger.Planned: 7}, w.states(t))
		if accepted == "" {
			w.s.SetLimits(nutshelltest.Limits{})
			require.NoError(t, w.finish(t.Context()))
			w.right(t, "after the upgrade")
			continue
		}
		_, err = w.page(t.Context(), w.writer(), accepted)
		require.NoError(t, err)
		assert.Equal(t, map[ledger.State]int{ledger.Done: 5, ledger.Quarantined: 7}, w.states(t))
	}
}

// A right that the key never had, and a key that is not known, stop at once with nothing lost.
func TestRights(t *testing.T) {
	w := newWorld(t, func(c *nutshelltest.Config) {
		c.APIKeys = []nutshelltest.APIKey{{Key: nutshelltest.SeedKey, UserID: 1, ReadOnly: true}}
	})
	w.people(t, 12)
	_, err := w.page(t.Context(), w.writer(), "")
	assert.Equal(t, "forbidden", parked(t, err).Code)
	assert.Equal(t, map[ledger.State]int{ledger.Planned: 12}, w.states(t))

	w.s.RemoveAPIKey(nutshelltest.SeedKey)
	_, err = w.page(t.Context(), w.writer(), "")
	assert.True(t, nutshell.IsUnauthorized(err), "%v", err)
	assert.Equal(t, map[ledger.State]int{ledger.Planned: 12}, w.states(t))

	w.s.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
}

// One refused record is set aside with a reason; twenty of a few hundred stop the step.
func TestRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 60)
	bad := func(n int) {
		for i := range n {
			k := key(mapping.People, fmt.Sprintf("p%03d", i), mapping.RoleRecord)
			p := w.plans[k]
			p.Wants = append(p.Wants, target.Custom("Unknown__c", target.KindText, "x"))
			w.plans[k] = p
		}
	}
	bad(60)
	_, err := w.page(t.Context(), w.writer(), "")
	p := parked(t, err)
	assert.Equal(t, "too_many_refusals", p.Code)
	states := w.states(t)
	assert.InDelta(t, 22, states[ledger.Quarantined], 4, "the step stops at twenty, but for calls in flight")
	for _, r := range w.rows(t) {
		if r.State == ledger.Quarantined {
			assert.Equal(t, "refused", r.Code)
			assert.NotContains(t, r.Reason, "Unknown__c", "the server's words may hold record data")
		}
	}

	w = newWorld(t, nil)
	w.people(t, 60)
	bad(2)
	require.NoError(t, w.finish(t.Context()))
	assert.Equal(t, map[ledger.State]int{ledger.Quarantined: 2, ledger.Done: 58}, w.states(t))
}

// What hangs on a record that is not there says so by its name.
func TestChildrenOfAMissingParent(t *testing.T) {
	w := newWorld(t, nil)
	w.person("p1", "")
	w.note("n1", mapping.People, "p1")
	w.note("n2", mapping.People, "p9")
	k := key(mapping.People, "p1", mapping.RoleRecord)
	p := w.plans[k]
	p.Wants = append(p.Wants, target.Custom("Unknown__c", target.KindText, "x"))
	w.plans[k] = p
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	require.NoError(t, w.finish(t.Context()))
	assert.Equal(t, "refused", w.effect(t, k).Code)
	for id, parent := range map[string]string{"n1": "person p1", "n2": "person p9"} {
		row := w.effect(t, key(mapping.NoteObjects, id, mapping.RoleRecord))
		assert.Equal(t, "parent_missing", row.Code)
		assert.Contains(t, row.Reason, parent)
	}
}

// A person who edits the record again and again is never overwritten, and the merge gives up after a few tries.
func TestStaleRevs(t *testing.T) {
	for _, edits := range []int{3, 100} {
		w := newWorld(t, nil)
		id, err := w.s.CreateContact(map[string]any{"name": "Bob Users"})
		require.NoError(t, err)
		k := key(mapping.People, "p3", mapping.RoleRecord)
		w.add(ledger.Effect{EffectKey: k, Verb: ledger.Edit, TargetID: id, How: "merged"},
			mapping.Projection{Type: "Contacts", Wants: []target.Want{target.Text("description", "ours"), target.Email("bob@example.com"), sourceID("p3")}})
		require.NoError(t, w.run.Plan(t.Context(), w.effects))
		made := 0
		w.client = w.newClient(t, func(o *nutshell.Options) {
			o.Transport = rewrite{nutshell.NewTransport(3), func(_ *http.Response, n int) {
				if made < edits { // after each read, before the edit
					made++
					assert.NoError(t, w.s.EditContact(id, map[string]any{"description": fmt.Sprintf("theirs %d", made)}))
				}
			}, new(counter)}
		})
		_, err = w.page(t.Context(), w.writer(), "")
		require.NoError(t, err)
		row := w.effect(t, k)
		var got struct{ Description string }
		require.NoError(t, w.s.Call("getContact", map[string]any{"contactId": id}, &got))
		assert.True(t, strings.HasPrefix(got.Description, "theirs "), got.Description)
		if edits == 3 {
			assert.Equal(t, ledger.Done, row.State)
			assert.NotContains(t, row.Ours, "description")
			assert.Contains(t, row.Ours, "email:bob@example.com")
		} else {
			assert.Equal(t, ledger.Quarantined, row.State)
			assert.Less(t, w.s.Stats().Kinds["edit"].Total(), int64(10))
		}
	}
}

// An outage of the writing side puts a handful of records in doubt, not the account, and parks.
func TestWritesFailWhileReadsWork(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 200)
	w.s.SetFaults(nutshelltest.Fault{Match: "new*", Kind: nutshelltest.HTTP500})
	w.change = func(x *effect.Writer) { x.Breaker.Patience = 700 * time.Millisecond }
	_, err := w.page(t.Context(), w.writer(), "")
	p := parked(t, err)
	assert.Equal(t, "unreachable", p.Code)
	assert.True(t, p.ByItself)
	assert.Less(t, w.states(t)[ledger.InDoubt], 15)
	w.s.SetFaults()
	w.change = nil
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "after the outage")
}

func TestPause(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 30)
	require.NoError(t, w.run.SetPaused(t.Context(), true, "jo"))
	_, err := w.page(t.Context(), w.writer(), "")
	require.ErrorIs(t, err, ledger.ErrPaused)
	assert.Equal(t, map[ledger.State]int{ledger.Planned: 30}, w.states(t))
	assert.Zero(t, w.s.Stats().Calls())
	require.NoError(t, w.run.SetPaused(t.Context(), false, "jo"))
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
}

// A server that does not know a method stops the step: it is no matter of one record.
func TestMissingMethod(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 3)
	w.client = w.newClient(t, func(o *nutshell.Options) {
		o.Transport = rewrite{nutshell.NewTransport(1), func(r *http.Response, _ int) {
			r.StatusCode = 404
			r.Body = body(`{"error":{"code":-32601,"message":"Method not found","data":null},"id":"x","jsonrpc":"2.0"}`)
		}, new(counter)}
	})
	_, err := w.page(t.Context(), w.writer(), "")
	assert.Equal(t, "method_missing", parked(t, err).Code)
	assert.Equal(t, map[ledger.State]int{ledger.Planned: 3}, w.states(t))
}

// A worker that is told to stop ends its calls and leaves nothing in doubt.
func TestStopping(t *testing.T) {
	w := newWorld(t, nil)
	w.people(t, 60)
	w.s.SetLatency(nutshelltest.Latency{Dist: "fixed", P50ms: 20})
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	_, err := w.page(ctx, w.writer(), "")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	states := w.states(t)
	assert.NotZero(t, states[ledger.Done])
	assert.NotZero(t, states[ledger.Planned])
	assert.Zero(t, states[ledger.InDoubt]+states[ledger.Intent])
	w.s.SetLatency(nutshelltest.Latency{})
	require.NoError(t, w.finish(t.Context()))
	w.right(t, "")
}

// TestWhatRefersToADeletedRecord: people delete a company and a person of ours before the rest is written. Links to them are left out, what hangs on
// them is set aside, and a worker that comes later knows without asking.
func TestWhatRefersToADeletedRecord(t *testing.T) {
	w := newWorld(t, nil)
	w.everything(t)
	rows, err := w.run.Effects(t.Context(), load, false, 1, 2)
	require.NoError(t, err)
	_, err = w.writer().Page(t.Context(), step.NewTurn(load, time.Minute), rows, "")
	require.NoError(t, err)
	company, person := w.effect(t, key(mapping.Companies, "c1", mapping.RoleRecord)), w.effect(t, key(mapping.People, "p1", mapping.RoleRecord))
	require.NoError(t, w.s.DeleteAccount(company.TargetID))
	require.NoError(t, w.s.DeleteContact(person.TargetID))
	require.NoError(t, w.finish(t.Context()))
	aside := map[string]string{}
	for _, r := range w.rows(t) {
		if r.State == ledger.Quarantined {
			aside[r.Object+"/"+r.SourceID+"/"+r.Role] = r.Code
		}
	}
	assert.Equal(t, map[string]string{
		"notes/n1/record": ledger.DeletedByPerson, "attachments/f1/note": ledger.DeletedByPerson, "attachments/f1/file": "parent_missing",
	}, aside)
	for _, k := range []ledger.EffectKey{
		key(mapping.People, "p3", mapping.RoleRecord), key(mapping.LeadObjects, "l1", mapping.RoleRecord), key(mapping.LeadObjects, "l1", mapping.RoleClose),
		key(mapping.NoteObjects, "n2", mapping.RoleRecord), key(mapping.TaskObjects, "t1", mapping.RoleComplete), key(mapping.Activities, "a1", mapping.RoleRecord),
	} {
		assert.Equal(t, ledger.Done, w.effect(t, k).State, "%s", k)
	}
	var flagged []string
	require.NoError(t, w.run.Flags(t.Context(), func(f ledger.FlagRow) error {
		flagged = append(flagged, f.Object+"/"+f.SourceID+" "+f.Code)
		return nil
	}))
	assert.Equal(t, []string{"companies/c1 deleted_by_person", "people/p1 deleted_by_person"}, flagged)

	w.effects = nil
	w.note("n9", mapping.People, "p1")
	w.person("p9", "c1")
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	w.s.ResetStats()
	require.NoError(t, w.finish(t.Context()))
	assert.Equal(t, ledger.DeletedByPerson, w.effect(t, key(mapping.NoteObjects, "n9", mapping.RoleRecord)).Code)
	assert.Equal(t, ledger.Done, w.effect(t, key(mapping.People, "p9", mapping.RoleRecord)).State)
	assert.Zero(t, w.s.Stats().Methods["newNote"], "nobody asks twice")
}

// TestARefusalThatCannotBeLookedInto ends as a refusal: nobody can say whether a linked record is gone, and nothing is asked for ever.
func TestARefusalThatCannotBeLookedInto(t *testing.T) {
	w := newWorld(t, nil)
	w.company("c1")
	w.person("p1", "c1")
	k := key(mapping.People, "p1", mapping.RoleRecord)
	p := w.plans[k]
	p.Wants = append(p.Wants, target.Custom("Unknown__c", target.KindText, "x"))
	w.plans[k] = p
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	w.s.SetFaults(nutshelltest.Fault{Match: "getAccount", Kind: nutshelltest.HTTP500})
	require.NoError(t, w.finish(t.Context()))
	row := w.effect(t, k)
	assert.Equal(t, ledger.Quarantined, row.State)
	assert.Equal(t, effect.Refused, row.Code)
}
