package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// model is what the journal should be, in the simplest words.
type model struct {
	state    ledger.State
	token    string // of the last claim, also after it was settled
	deadline time.Time
}

// TestRandomTransitions drives the journal with random calls, legal and illegal, with held, lost and repeated claims, and compares every
// answer and every state with a model.
func TestRandomTransitions(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		seed := uint64(20260301)
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := s.begin(t)
		const rows = 6
		var rowModels []*model // the last few are played with: those that reached an end are followed by fresh ones
		var tokens []string
		fresh := func() {
			plan(t, r, fmt.Sprint(len(rowModels)))
			rowModels = append(rowModels, &model{state: ledger.Planned})
		}
		for range rows {
			fresh()
		}
		anyToken := func(m *model) string {
			if len(tokens) > 0 && rnd.IntN(3) == 0 {
				return tokens[rnd.IntN(len(tokens))]
			}
			if m.token == "" {
				return "none"
			}
			return m.token
		}
		pick := func(states ...ledger.State) ledger.State { return states[rnd.IntN(len(states))] }
		for range 600 {
			i := len(rowModels) - 1 - rnd.IntN(rows)
			key, m := person(fmt.Sprint(i)), rowModels[i]
			now := s.clock.now()
			switch rnd.IntN(8) {
			case 0, 1:
				claims, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: key}}, ttl)
				require.NoError(t, err)
				require.Equal(t, m.state == ledger.Planned, claims[0] != nil)
				if claims[0] != nil {
					*m = model{ledger.Intent, claims[0].Token, claims[0].Deadline}
					tokens = append(tokens, m.token)
				}
			case 2, 3:
				to, token := pick(ledger.Done, ledger.Skipped, ledger.Quarantined, ledger.InDoubt, ledger.Planned), anyToken(m)
				ok, err := r.Settle(t.Context(), []ledger.Outcome{{Claim: ledger.Claim{Key: key, Token: token}, State: to}})
				require.NoError(t, err)
				fits := m.token == token && m.state == ledger.Intent
				require.Equal(t, fits || m.token == token && m.state == to, ok[0])
				if fits {
					m.state = to
				}
			case 4:
				s.clock.add(ttl / 2)
				_, err := r.Expire(t.Context(), "people")
				require.NoError(t, err)
				for _, m := range rowModels {
					if m.state == ledger.Intent && m.deadline.Before(s.clock.now()) {
						m.state = ledger.InDoubt
					}
				}
			case 5:
				from, to, token := pick(ledger.Intent, ledger.InDoubt), pick(ledger.Done, ledger.Planned, ledger.Quarantined), anyToken(m)
				ok, err := r.Resolve(t.Context(), []ledger.Resolution{{Key: key, From: from, Token: token, Outcome: ledger.Outcome{State: to}}})
				require.NoError(t, err)
				early := (from == ledger.Intent || to == ledger.Planned) && !m.deadline.Before(now)
				fits := m.state == from && m.token == token && !early
				require.Equal(t, fits || m.state == to && m.token == token, ok[0])
				if fits {
					m.state = to
				}
			case 6:
				from := pick(ledger.Done, ledger.Quarantined, ledger.Skipped, ledger.Planned, ledger.Reverting)
				claims, err := r.BeginRevert(t.Context(), []ledger.RevertRequest{{Key: key, From: from}}, ttl)
				require.NoError(t, err)
				fits := m.state == from && (from != ledger.Reverting || m.deadline.Before(now))
				require.Equal(t, fits, claims[0] != nil)
				if fits {
					*m = model{ledger.Reverting, claims[0].Token, claims[0].Deadline}
					tokens = append(tokens, m.token)
				}
			case 7:
				to, token := pick(ledger.Reverted, ledger.Kept, ledger.Done), anyToken(m)
				ok, err := r.SettleRevert(t.Context(), []ledger.Outcome{{Claim: ledger.Claim{Key: key, Token: token}, State: to}})
				require.NoError(t, err)
				fits := m.state == ledger.Reverting && m.token == token
				require.Equal(t, fits || m.state == to && m.token == token, ok[0])
				if fits {
					m.state = to
				}
				if fits && m.state != ledger.Done {
					fresh()
				}
			}
			require.Equal(t, m.state, effect(t, r, fmt.Sprint(i)).State)
		}
		want := map[ledger.State]int64{}
		for _, m := range rowModels {
			want[m.state]++
		}
		assert.Equal(t, want, states(t, r)) // I3
		_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(export(t, r)))
		require.NoError(t, err)
		assert.Zero(t, bad, reason)
	})
}

// TestManyWorkersOnOneLedger lets workers with connections of their own claim, settle, stage and write audit lines against one store.
func TestManyWorkersOnOneLedger(t *testing.T) {
	t.Run("postgres", func(t *testing.T) { manyWorkers(t, postgresStore(t), 3) })
	t.Run("sqlite", func(t *testing.T) { manyWorkers(t, sqliteStore(t), 1) })
}

func manyWorkers(t *testing.T, s *store, processes int) {
	const rows, batch, goroutines = 240, 16, 3
	ctx := t.Context()
	setup := s.begin(t)
	runs := []*ledger.Run{setup}
	for len(runs) < processes {
		r, err := s.open(t).Run(ctx, "acme")
		require.NoError(t, err)
		runs = append(runs, r)
	}
	won := make([]int, rows)
	var mu sync.Mutex
	var group sync.WaitGroup
	for worker := range processes * goroutines {
		r := runs[worker%processes]
		rnd := rand.New(rand.NewPCG(7, uint64(worker)))
		group.Go(func() {
			order := rnd.Perm(rows) // every worker goes its own way: rows are met in all orders
			var all []ledger.Effect
			for i := range rows {
				all = append(all, planned(fmt.Sprint(i))...)
			}
			assert.NoError(t, r.Plan(ctx, all))
			for from := 0; from < rows; from += batch {
				var requests []ledger.ClaimRequest
				for _, i := range order[from : from+batch] {
					requests = append(requests, ledger.ClaimRequest{Key: person(fmt.Sprint(i))})
				}
				claims, err := r.Claim(ctx, requests, time.Hour)
				if !assert.NoError(t, err) {
					return
				}
				var outcomes []ledger.Outcome
				var audit []ledger.AuditEvent
				for j, c := range claims {
					if c != nil {
						mu.Lock()
						won[order[from+j]]++
						mu.Unlock()
						outcomes = append(outcomes, ledger.Outcome{Claim: *c, State: ledger.Done, Type: "Contacts", ID: int64(j + 1)})
						audit = append(audit, ledger.AuditEvent{Event: "created", Fields: map[string]any{"source_id": c.Key.SourceID}})
					}
				}
				ok, err := r.Settle(ctx, outcomes, audit...)
				assert.NoError(t, err)
				assert.NotContains(t, ok, false)
				_, err = r.StagePage(ctx, record.Contacts, 0, []record.Record{contact(fmt.Sprint(from), fmt.Sprint(worker)), contact("shared", "x")}, ledger.Cursor{})
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
	for i, n := range won {
		require.Equal(t, 1, n, "row %d", i) // I4
	}
	assert.Equal(t, map[ledger.State]int64{ledger.Done: rows}, states(t, setup))
	n, _, err := setup.StepSize(ctx, "people")
	require.NoError(t, err)
	assert.EqualValues(t, rows, n, "numbers are dense whoever planned")
	list, err := setup.Effects(ctx, "people", false, 1, rows)
	require.NoError(t, err)
	assert.Len(t, list, rows)
	log := export(t, setup)
	_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(log))
	require.NoError(t, err)
	assert.Zero(t, bad, reason)
	assert.Equal(t, rows, strings.Count(log, `"event":"created"`))
}

// TestTwoStartsMakeOneGeneration: whichever of two processes begins first, there is one run.
func TestTwoStartsMakeOneGeneration(t *testing.T) {
	s := postgresStore(t)
	a, b := s.open(t), s.open(t)
	require.Equal(t, a.ID(), b.ID())
	gens := make([]int, 8)
	var group sync.WaitGroup
	for i := range gens {
		group.Go(func() {
			l := []*ledger.Ledger{a, b}[i%2]
			r, err := l.Begin(t.Context(), request("acme", "run-1"))
			if assert.NoError(t, err) {
				gens[i] = r.Info().Gen
			}
		})
	}
	group.Wait()
	assert.Equal(t, []int{1, 1, 1, 1, 1, 1, 1, 1}, gens)
}

// TestOneBadCallerSinksNobody: calls that share a commit with a failing one still succeed.
func TestOneBadCallerSinksNobody(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		var group sync.WaitGroup
		for i := range 40 {
			group.Go(func() {
				if i%4 == 0 {
					assert.ErrorIs(t, r.MarkSample(t.Context(), []ledger.EffectKey{person("nobody")}), ledger.ErrIllegal)
					return
				}
				assert.NoError(t, r.Plan(t.Context(), planned(fmt.Sprint(i))))
				assert.NoError(t, r.Audit(t.Context(), []ledger.AuditEvent{{Event: "line"}}))
			})
		}
		group.Wait()
		assert.Equal(t, map[ledger.State]int64{ledger.Planned: 30}, states(t, r))
		assert.Equal(t, 30, countEvents(t, r, "line"))
	})
}
