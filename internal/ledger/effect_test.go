package ledger_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

const ttl = time.Minute

func person(id string) ledger.EffectKey {
	return ledger.EffectKey{Object: "people", SourceID: id, Role: ledger.RoleRecord, Part: 1}
}

func planned(ids ...string) []ledger.Effect {
	out := make([]ledger.Effect, len(ids))
	for i, id := range ids {
		out[i] = ledger.Effect{EffectKey: person(id), Step: "people", Verb: ledger.Create, TargetType: "Contacts"}
	}
	return out
}

func plan(t testing.TB, r *ledger.Run, ids ...string) {
	t.Helper()
	require.NoError(t, r.Plan(t.Context(), planned(ids...)))
}

func claim(t testing.TB, r *ledger.Run, id string) *ledger.Claim {
	t.Helper()
	claims, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person(id), HighWater: 40}}, ttl)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	return claims[0]
}

func settle(t testing.TB, r *ledger.Run, c *ledger.Claim, state ledger.State, audit ...ledger.AuditEvent) bool {
	t.Helper()
	o := ledger.Outcome{Claim: *c, State: state}
	if state == ledger.Done {
		o.How, o.Type, o.ID, o.Rev, o.Shown, o.Ours = "created", "Contacts", 41, "1", map[string]string{"name": "aa"}, []string{"name"}
	}
	ok, err := r.Settle(t.Context(), []ledger.Outcome{o}, audit...)
	require.NoError(t, err)
	return ok[0]
}

func effect(t testing.TB, r *ledger.Run, id string) ledger.Effect {
	t.Helper()
	e, ok, err := r.Effect(t.Context(), person(id))
	require.NoError(t, err)
	require.True(t, ok)
	return e
}

// states are the counts by state, which every transition keeps.
func states(t testing.TB, r *ledger.Run) map[ledger.State]int64 {
	t.Helper()
	counts, err := r.Counts(t.Context())
	require.NoError(t, err)
	out := map[ledger.State]int64{}
	for _, c := range counts {
		out[c.State] += c.N
	}
	return out
}

func TestPlansAreNumberedDenselyAndOnce(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "b", "a")
		plan(t, r, "a", "c", "b", "c")
		list, err := r.Effects(ctx, "people", false, 1, 10)
		require.NoError(t, err)
		var got []string
		for i, e := range list {
			got = append(got, e.SourceID)
			assert.EqualValues(t, i+1, e.Ord)
			assert.Equal(t, ledger.Planned, e.State)
		}
		assert.Equal(t, []string{"b", "a", "c"}, got)

		require.NoError(t, r.MarkSample(ctx, []ledger.EffectKey{person("c"), person("b"), person("c")}))
		require.NoError(t, r.MarkSample(ctx, []ledger.EffectKey{person("b"), person("a")}))
		n, sample, err := r.StepSize(ctx, "people")
		require.NoError(t, err)
		assert.Equal(t, []int64{3, 3}, []int64{n, sample})
		list, err = r.Effects(ctx, "people", true, 1, 2)
		require.NoError(t, err)
		assert.Equal(t, []string{"c", "b"}, []string{list[0].SourceID, list[1].SourceID})
		require.ErrorIs(t, r.MarkSample(ctx, []ledger.EffectKey{person("nobody")}), ledger.ErrIllegal)

		bad := planned("x")
		bad[0].State = ledger.Done
		require.ErrorIs(t, r.Plan(ctx, bad), ledger.ErrIllegal)
		skipped := planned("s")
		skipped[0].State, skipped[0].How, skipped[0].TargetID = ledger.Skipped, "linked", 7
		require.NoError(t, r.Plan(ctx, skipped))
		assert.Equal(t, map[ledger.State]int64{ledger.Planned: 3, ledger.Skipped: 1}, states(t, r))
	})
}

func TestOneClaimLivesAtATime(t *testing.T) {
	conform(t, func(t *testing.T, s *store) { // I4
		r := s.begin(t)
		plan(t, r, "1")
		assert.False(t, r.Info().Wrote)
		var mu sync.Mutex
		var won []*ledger.Claim
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				claims, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("1")}}, ttl)
				mu.Lock()
				defer mu.Unlock()
				assert.NoError(t, err)
				if claims[0] != nil {
					won = append(won, claims[0])
				}
			})
		}
		group.Wait()
		require.Len(t, won, 1)
		assert.True(t, r.Info().Wrote)
		e := effect(t, r, "1")
		assert.Equal(t, ledger.Intent, e.State)
		assert.Equal(t, won[0].Token, e.Token)
		assert.Equal(t, s.clock.now().Add(ttl), e.Deadline)
		assert.Equal(t, 1, e.Attempts)

		twice, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("1")}}, ttl)
		require.NoError(t, err)
		assert.Nil(t, twice[0])
		_, err = r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("unplanned")}}, ttl)
		require.ErrorIs(t, err, ledger.ErrIllegal)
	})
}

func TestAnOutcomeCountsOnceAndOnlyForItsClaim(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2")
		c := claim(t, r, "1")
		created := ledger.AuditEvent{Event: "created", Fields: map[string]any{"object": "people", "source_id": "1"}}
		assert.True(t, settle(t, r, c, ledger.Done, created))
		assert.True(t, settle(t, r, c, ledger.Done, created), "a repetition after a crash")
		e := effect(t, r, "1")
		assert.Equal(t, ledger.Done, e.State)
		assert.Equal(t, "created", e.How)
		assert.EqualValues(t, 41, e.TargetID)
		assert.Equal(t, map[string]string{"name": "aa"}, e.Shown)
		assert.Equal(t, []string{"name"}, e.Ours)
		assert.Empty(t, e.Token)
		assert.Equal(t, 1, countEvents(t, r, "created"))

		foreign := *claim(t, r, "2")
		foreign.Token = "another"
		assert.False(t, settle(t, r, &foreign, ledger.Done, created))
		assert.Equal(t, 1, countEvents(t, r, "created"))
		assert.Equal(t, 1, countEvents(t, r, "late_outcome"))
		assert.Equal(t, ledger.Intent, effect(t, r, "2").State)
		_, err := r.Settle(ctx, []ledger.Outcome{{Claim: foreign, State: ledger.Reverted}})
		require.ErrorIs(t, err, ledger.ErrIllegal)
		_, err = r.Settle(ctx, []ledger.Outcome{{Claim: foreign, State: ledger.Done}}, ledger.AuditEvent{Event: "x", Fields: map[string]any{"seq": 1}})
		require.Error(t, err, "a field of the log's own")
	})
}

func TestEachOutcomeHasItsAuditLine(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "1", "2")
		lost, held := *claim(t, r, "1"), claim(t, r, "2")
		lost.Token = "lost"
		ok, err := r.Settle(t.Context(), []ledger.Outcome{{Claim: lost, State: ledger.Done}, {Claim: *held, State: ledger.Done}},
			ledger.AuditEvent{Event: "created", Fields: map[string]any{"source_id": "1"}}, ledger.AuditEvent{Event: "created", Fields: map[string]any{"source_id": "2"}})
		require.NoError(t, err)
		assert.Equal(t, []bool{false, true}, ok)
		assert.Equal(t, 1, countEvents(t, r, "created"))
		assert.Equal(t, 1, countEvents(t, r, "late_outcome"))
	})
}

func TestEditsAndDeletesNeedWhatUndoesThem(t *testing.T) {
	conform(t, func(t *testing.T, s *store) { // I2
		r := s.begin(t)
		ctx := t.Context()
		e := planned("1")
		e[0].Verb = ledger.Edit
		require.NoError(t, r.Plan(ctx, e))
		_, err := r.Claim(ctx, []ledger.ClaimRequest{{Key: person("1"), TargetID: 5, Rev: "3"}}, ttl)
		require.ErrorIs(t, err, ledger.ErrIllegal)
		_, err = r.Claim(ctx, []ledger.ClaimRequest{{Key: person("1"), TargetID: 5, PreImage: []byte(`{"name":"old"}`)}}, ttl)
		require.ErrorIs(t, err, ledger.ErrIllegal)
		assert.Equal(t, ledger.Planned, effect(t, r, "1").State)
		claims, err := r.Claim(ctx, []ledger.ClaimRequest{{Key: person("1"), TargetID: 5, Rev: "3", PreImage: []byte(`{"name":"old"}`)}}, ttl)
		require.NoError(t, err)
		require.NotNil(t, claims[0])
		got := effect(t, r, "1")
		assert.JSONEq(t, `{"name":"old"}`, string(got.PreImage))
		assert.Equal(t, "3", got.Rev)
	})
}

func TestDoubtIsResolvedByWhoHoldsTheLostToken(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2", "3")
		one, two := claim(t, r, "1"), claim(t, r, "2")
		n, err := r.Expire(ctx, "people")
		require.NoError(t, err)
		assert.Zero(t, n)
		early := ledger.Resolution{Key: person("1"), From: ledger.Intent, Token: one.Token, Outcome: ledger.Outcome{State: ledger.Done, ID: 50}}
		ok, err := r.Resolve(ctx, []ledger.Resolution{early})
		require.NoError(t, err)
		assert.Equal(t, []bool{false}, ok, "nobody resolves a claim before its deadline")
		moving, until, err := r.Claimed(ctx, "")
		require.NoError(t, err)
		assert.EqualValues(t, 2, moving)
		assert.Equal(t, one.Deadline, until)

		assert.True(t, settle(t, r, two, ledger.InDoubt))
		adopt := ledger.Resolution{Key: person("2"), From: ledger.InDoubt, Token: two.Token, Outcome: ledger.Outcome{State: ledger.Planned}}
		ok, err = r.Resolve(ctx, []ledger.Resolution{adopt})
		require.NoError(t, err)
		assert.Equal(t, []bool{false}, ok, "not found counts only after the deadline")
		adopt.Outcome = ledger.Outcome{State: ledger.Done, How: "adopted", ID: 51}
		for range 2 {
			ok, err = r.Resolve(ctx, []ledger.Resolution{adopt})
			require.NoError(t, err)
			assert.Equal(t, []bool{true}, ok, "found counts at once, and again")
		}
		assert.EqualValues(t, 51, effect(t, r, "2").TargetID)

		s.clock.add(2 * ttl)
		n, err = r.Expire(ctx, "people")
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		doubts, err := r.Doubts(ctx, "people", 10)
		require.NoError(t, err)
		require.Len(t, doubts, 1)
		assert.Equal(t, one.Token, doubts[0].Token)
		assert.EqualValues(t, 40, doubts[0].HighWater)
		listed := s.clock.now()
		for range 2 {
			require.NoError(t, r.NoteAbsent(ctx, []ledger.EffectKey{person("1"), person("2")}, listed))
		}
		require.NoError(t, r.NoteAbsent(ctx, []ledger.EffectKey{person("1")}, listed.Add(-2*ttl)))
		assert.Equal(t, 1, effect(t, r, "1").Absent, "one listing counts once, one before the deadline never")
		assert.False(t, settle(t, r, one, ledger.Done), "late")
		assert.Equal(t, 1, countEvents(t, r, "late_outcome"))
		ok, err = r.Resolve(ctx, []ledger.Resolution{{Key: person("1"), From: ledger.InDoubt, Token: one.Token, Outcome: ledger.Outcome{State: ledger.Planned}}})
		require.NoError(t, err)
		assert.Equal(t, []bool{true}, ok)
		again, err := r.Claim(ctx, []ledger.ClaimRequest{{Key: person("1"), HighWater: 90}}, ttl)
		require.NoError(t, err)
		require.NotNil(t, again[0])
		e := effect(t, r, "1")
		assert.EqualValues(t, 40, e.HighWater, "the sweep starts below the first claim")
		assert.Equal(t, 0, e.Absent)
		assert.False(t, settle(t, r, one, ledger.Done), "the first claim has no say any more")
		twice, err := r.ClaimedTwice(ctx, "people")
		require.NoError(t, err)
		require.Len(t, twice, 1)
		assert.Equal(t, map[ledger.State]int64{ledger.Planned: 1, ledger.Intent: 1, ledger.Done: 1}, states(t, r))
	})
}

func TestAClaimOfWhichNothingWasSentIsNoAttempt(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1")
		assert.True(t, settle(t, r, claim(t, r, "1"), ledger.Planned))
		assert.Equal(t, 0, effect(t, r, "1").Attempts)
		again, err := r.Claim(ctx, []ledger.ClaimRequest{{Key: person("1"), HighWater: 90}}, ttl)
		require.NoError(t, err)
		e := effect(t, r, "1")
		assert.EqualValues(t, 90, e.HighWater)
		assert.Equal(t, 1, e.Attempts)
		assert.True(t, settle(t, r, again[0], ledger.Done))
		twice, err := r.ClaimedTwice(ctx, "")
		require.NoError(t, err)
		assert.Empty(t, twice)
		require.NoError(t, r.Observe(ctx, []ledger.Observation{{Key: person("1"), TargetID: 40, Rev: "8", Shown: map[string]string{"name": "bb"}}}))
		e = effect(t, r, "1")
		assert.Equal(t, []any{int64(40), "8", "bb", "name"}, []any{e.TargetID, e.Rev, e.Shown["name"], e.Ours[0]})
	})
}

func TestQuarantineAndBack(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2", "3")
		ok, err := r.Dismiss(ctx, []ledger.Outcome{{Claim: ledger.Claim{Key: person("1")}, State: ledger.Quarantined, Code: "parent_missing", Reason: "company 9 was not migrated"}})
		require.NoError(t, err)
		assert.Equal(t, []bool{true}, ok)
		assert.Equal(t, "parent_missing", effect(t, r, "1").Code)
		c := claim(t, r, "2")
		refused := ledger.Outcome{Claim: *c, State: ledger.Quarantined, Code: "refused", Reason: "value"}
		_, err = r.Settle(ctx, []ledger.Outcome{refused})
		require.NoError(t, err)
		assert.True(t, settle(t, r, claim(t, r, "3"), ledger.Done))
		bad, tried, err := r.Refusals(ctx, "people", 500)
		require.NoError(t, err)
		assert.Equal(t, []int{1, 2}, []int{bad, tried}, "what was never sent was not tried")
		worked, left, err := r.Worked(ctx, "people", ledger.RoleRecord, string(ledger.Create))
		require.NoError(t, err)
		assert.Equal(t, []int64{1, 0}, []int64{worked, left})
		n, err := r.Requeue(ctx, []ledger.EffectKey{person("1"), person("2"), person("3")})
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		assert.Empty(t, effect(t, r, "2").Code)
		n, err = r.Remake(ctx, []ledger.EffectKey{person("3")})
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		assert.Zero(t, effect(t, r, "3").TargetID)
		assert.Equal(t, map[ledger.State]int64{ledger.Planned: 3}, states(t, r))
	})
}

func TestAPauseStopsClaims(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2")
		held := claim(t, r, "1")
		require.NoError(t, r.SetPaused(ctx, true, "jo"))
		on, err := r.Paused(ctx)
		require.NoError(t, err)
		assert.True(t, on)
		_, err = r.Claim(ctx, []ledger.ClaimRequest{{Key: person("2")}}, ttl)
		require.ErrorIs(t, err, ledger.ErrPaused)
		assert.True(t, settle(t, r, held, ledger.Done), "what is under way ends as it would")
		_, err = r.BeginRevert(ctx, []ledger.RevertRequest{{Key: person("1"), From: ledger.Done}}, ttl)
		require.ErrorIs(t, err, ledger.ErrPaused)
		require.NoError(t, r.SetPaused(ctx, false, "jo"))
		assert.NotNil(t, claim(t, r, "2"))
	})
}
