package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

// Once a rollback began, only deletions and reverts are granted: a straggler of a dead run writes nothing.
func TestARollbackFencesWritesOff(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "a", "b")
		require.True(t, settle(t, r, claim(t, r, "a"), ledger.Done))
		gone := person("c")
		require.NoError(t, r.Plan(t.Context(), []ledger.Effect{{EffectKey: gone, Step: "sweep", Verb: ledger.Delete, TargetType: "Contacts", TargetID: 7}}))
		require.NoError(t, r.SetStatus(t.Context(), ledger.StatusUndoing))
		assert.Zero(t, r.Info().ClosedAt, "a rollback that began closes nothing")

		_, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("b")}}, ttl)
		require.ErrorIs(t, err, ledger.ErrUndoing)
		claims, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: gone, Rev: "1", PreImage: []byte(`{}`)}}, ttl)
		require.NoError(t, err)
		require.NotNil(t, claims[0])

		// What was kept may be taken back by a later rollback.
		for _, from := range []ledger.State{ledger.Done, ledger.Kept} {
			reverts, err := r.BeginRevert(t.Context(), []ledger.RevertRequest{{Key: person("a"), From: from}}, ttl)
			require.NoError(t, err)
			require.NotNil(t, reverts[0])
			_, err = r.SettleRevert(t.Context(), []ledger.Outcome{{Claim: *reverts[0], State: ledger.Kept}})
			require.NoError(t, err)
		}

		require.NoError(t, r.SetStatus(t.Context(), ledger.StatusRolledBack))
		_, err = r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("b")}}, ttl)
		require.ErrorIs(t, err, ledger.ErrUndoing)
		require.NoError(t, r.SetStatus(t.Context(), ledger.StatusOpen))
		claims, err = r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("b")}}, ttl)
		require.NoError(t, err)
		assert.NotNil(t, claims[0])
	})
}

func TestStepTargets(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "a", "b")
		require.True(t, settle(t, r, claim(t, r, "a"), ledger.Done))
		note := person("d")
		note.Role = "note"
		require.NoError(t, r.Plan(t.Context(), []ledger.Effect{{EffectKey: note, Step: "people", Verb: ledger.Create, TargetType: "Notes", TargetID: 3}}))
		got, err := r.StepTargets(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []ledger.StepTargets{{Step: "people", Type: "Contacts", N: 3}, {Step: "people", Type: "Notes", N: 3}}, got)
	})
}
