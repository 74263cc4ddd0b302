package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

// Whoever sees the end of his call says how long its request may still be carried out; that cuts the deadline and never lengthens it.
func TestTheEndOfACallCutsItsDeadline(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "short", "none", "long", "done")
		end := func(id string, state ledger.State, wait time.Duration) (before, after time.Time) {
			c := claim(t, r, id)
			ok, err := r.Settle(t.Context(), []ledger.Outcome{{Claim: *c, State: state, Wait: wait}})
			require.NoError(t, err)
			require.True(t, ok[0])
			return c.Deadline, effect(t, r, id).Deadline
		}
		before, after := end("short", ledger.InDoubt, 2*time.Second)
		assert.Equal(t, ttl-2*time.Second, before.Sub(after))
		before, after = end("none", ledger.InDoubt, 0)
		assert.Equal(t, before, after)
		before, after = end("long", ledger.InDoubt, 2*ttl)
		assert.Equal(t, before, after)
		before, after = end("done", ledger.Done, time.Second)
		assert.Equal(t, before, after)

		lost := effect(t, r, "short")
		again := []ledger.Resolution{{Key: lost.EffectKey, From: ledger.InDoubt, Token: lost.Token, Outcome: ledger.Outcome{State: ledger.Planned}}}
		for _, want := range []bool{false, true} {
			ok, err := r.Resolve(t.Context(), again)
			require.NoError(t, err)
			assert.Equal(t, want, ok[0], "planned again only from the cut deadline on")
			s.clock.add(2*time.Second + time.Millisecond)
		}
	})
}
