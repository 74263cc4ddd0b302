package wiring_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/wiring"
)

// The hours of a rehearsal go by the pace of the real run: as set, as learned so far, or as learning starts.
func TestPace(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	p := build(t, a.environ)
	n := p.Config.Nutshell
	n.Limits.Headroom = 0.5
	perS, from, err := wiring.Pace(t.Context(), p.Ledger, n)
	require.NoError(t, err)
	assert.InDelta(t, 250, perS, 5, "half of 500 is left to the account's users")
	assert.Equal(t, wiring.PaceSet, from)

	n.Rate, n.Limits.StartRate, n.Limits.Headroom = 0, 5, 0
	perS, from, err = wiring.Pace(t.Context(), p.Ledger, n)
	require.NoError(t, err)
	assert.InDelta(t, 5, perS, 0.1)
	assert.Equal(t, wiring.PaceStart, from)

	stored, err := p.Ledger.StoreRate(t.Context(), limit.All, []byte(`{"phase":"steady","rate":17,"base":17}`), 0)
	require.NoError(t, err)
	require.True(t, stored)
	perS, from, err = wiring.Pace(t.Context(), p.Ledger, n)
	require.NoError(t, err)
	assert.InDelta(t, 17, perS, 0.5)
	assert.Equal(t, wiring.PaceLearned, from)
}
