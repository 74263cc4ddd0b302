package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func TestUndoing(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2")
		assert.True(t, settle(t, r, claim(t, r, "1"), ledger.Done))
		doubtful := claim(t, r, "2")
		for _, open := range []ledger.State{ledger.Intent, ledger.InDoubt} { // I6: first it must be known whether there is anything to undo
			_, err := r.BeginRevert(ctx, []ledger.RevertRequest{{Key: person("2"), From: open}}, ttl)
			require.ErrorIs(t, err, ledger.ErrIllegal)
		}
		req := ledger.RevertRequest{Key: person("1"), From: ledger.Done, Rev: "9", Image: []byte("{}")}
		claims, err := r.BeginRevert(ctx, []ledger.RevertRequest{req, {Key: person("2"), From: ledger.Done}}, ttl)
		require.NoError(t, err)
		require.NotNil(t, claims[0])
		assert.Nil(t, claims[1])
		again, err := r.BeginRevert(ctx, []ledger.RevertRequest{req, {Key: person("1"), From: ledger.Reverting}}, ttl)
		require.NoError(t, err)
		assert.Equal(t, []*ledger.Claim{nil, nil}, again, "another undo is at it")
		s.clock.add(2 * ttl)
		taken, err := r.BeginRevert(ctx, []ledger.RevertRequest{{Key: person("1"), From: ledger.Reverting}}, ttl)
		require.NoError(t, err)
		require.NotNil(t, taken[0])
		ok, err := r.SettleRevert(ctx, []ledger.Outcome{{Claim: *claims[0], State: ledger.Kept}})
		require.NoError(t, err)
		assert.Equal(t, []bool{false}, ok, "a lost claim")
		for range 2 {
			ok, err = r.SettleRevert(ctx, []ledger.Outcome{{Claim: *taken[0], State: ledger.Reverted}}, ledger.AuditEvent{Event: "deleted"})
			require.NoError(t, err)
			assert.Equal(t, []bool{true}, ok)
		}
		assert.Equal(t, 1, countEvents(t, r, "deleted"))
		e := effect(t, r, "1")
		assert.Equal(t, ledger.Reverted, e.State)
		assert.Equal(t, "created", e.How, "what it was stays known")
		assert.True(t, settle(t, r, doubtful, ledger.Quarantined), "an outcome counts until someone else decided")
	})
}

func TestFindingEffects(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		var many []ledger.Effect
		for i := range 600 {
			e := planned(fmt.Sprintf("%04d", i))[0]
			if i%2 == 1 {
				e.Step, e.State, e.TargetID = "other", ledger.Skipped, int64(1000+i)
			}
			many = append(many, e)
		}
		require.NoError(t, r.Plan(ctx, many))
		epoch := planned("0001")[0]
		epoch.Epoch, epoch.Step, epoch.Round, epoch.Verb = 1, "delta", 1, ledger.Edit
		require.NoError(t, r.Plan(ctx, []ledger.Effect{epoch}))
		count := func(f ledger.EffectFilter) (n int, first, last string) {
			require.NoError(t, r.EachEffect(ctx, f, func(e ledger.Effect) error {
				if n == 0 {
					first = e.SourceID
				}
				n, last = n+1, e.SourceID
				return nil
			}))
			return n, first, last
		}
		one := 1
		for _, c := range []struct {
			f           ledger.EffectFilter
			n           int
			first, last string
		}{
			{ledger.EffectFilter{}, 601, "0000", "0599"},
			{ledger.EffectFilter{Reverse: true}, 601, "0599", "0000"},
			{ledger.EffectFilter{Step: "other"}, 300, "0001", "0599"},
			{ledger.EffectFilter{Step: "other", Reverse: true}, 300, "0599", "0001"},
			{ledger.EffectFilter{Object: "people", States: []ledger.State{ledger.Planned}, Roles: []string{"record"}}, 301, "0000", "0598"},
			{ledger.EffectFilter{HasTarget: true}, 300, "0001", "0599"},
			{ledger.EffectFilter{Round: &one}, 1, "0001", "0001"},
			{ledger.EffectFilter{Verbs: []ledger.Verb{ledger.Edit}}, 1, "0001", "0001"},
			{ledger.EffectFilter{Object: "leads"}, 0, "", ""},
		} {
			n, first, last := count(c.f)
			assert.Equal(t, []any{c.n, c.first, c.last}, []any{n, first, last}, "%+v", c.f)
		}
		of, err := r.EffectsOf(ctx, "people", []string{"0001", "none"})
		require.NoError(t, err)
		require.Len(t, of["0001"], 2)
		assert.Equal(t, 1, of["0001"][1].Epoch)
		ref := ledger.Ref{Object: "people", SourceID: "0001"}
		targets, err := r.TargetsOf(ctx, []ledger.Ref{ref, {Object: "people", SourceID: "none"}})
		require.NoError(t, err)
		require.Len(t, targets, 1)
		assert.EqualValues(t, 1001, targets[ref].TargetID, "a later epoch that has no target yet does not hide it")
		by, err := r.ByTarget(ctx, "Contacts", []int64{1003, 5})
		require.NoError(t, err)
		require.Len(t, by, 1)
		assert.Equal(t, "0003", by[1003][0].SourceID)
		require.NoError(t, r.Observe(ctx, []ledger.Observation{{Key: person("0003"), Rev: "8"}}))
		assert.Empty(t, effect(t, r, "0003").Rev, "only done effects are observed")
	})
}

func TestConservation(t *testing.T) {
	conform(t, func(t *testing.T, s *store) { // I3
		r := s.begin(t)
		ctx := t.Context()
		stage(t, r, 0, contact("1", "a@x.org"), contact("2", "b@x.org"))
		_, err := r.Seal(ctx, 0)
		require.NoError(t, err)
		plan(t, r, "1")
		gaps, err := r.Conservation(ctx, 0)
		require.NoError(t, err)
		assert.Contains(t, gaps, ledger.Gap{Kind: "contacts", Sealed: 2, Accounted: 1})
		plan(t, r, "2")
		gaps, err = r.Conservation(ctx, 0)
		require.NoError(t, err)
		assert.Contains(t, gaps, ledger.Gap{Kind: "contacts", Sealed: 2, Accounted: 2})
	})
}

func TestRetargetingLeavesWhatWasClaimed(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plan(t, r, "1", "2")
		claim(t, r, "2")
		changed := planned("1", "2", "unplanned")
		for i := range changed {
			changed[i].State, changed[i].How, changed[i].TargetID, changed[i].Verb = ledger.Skipped, "linked", 9, ledger.Edit
		}
		for range 2 {
			require.NoError(t, r.Retarget(ctx, changed))
		}
		e := effect(t, r, "1")
		assert.Equal(t, []any{ledger.Skipped, ledger.Edit, int64(9)}, []any{e.State, e.Verb, e.TargetID})
		assert.Equal(t, ledger.Intent, effect(t, r, "2").State)
		assert.Equal(t, map[ledger.State]int64{ledger.Skipped: 1, ledger.Intent: 1}, states(t, r))
		left, err := r.Pending(ctx, "people", false)
		require.NoError(t, err)
		assert.Zero(t, left)
	})
}
