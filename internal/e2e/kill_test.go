package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
)

// seedOf is SEED, or a new one; it stands in the log, so that a failure can be replayed.
func seedOf(t *testing.T) uint64 {
	seed := rand.Uint64() % 1e6
	if s := os.Getenv("SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	t.Logf("SEED=%d", seed)
	return seed
}

// TestKillNineAtAnyMoment kills the worker thirty times and restarts the Temporal server three times while an account moves: every record
// is there exactly once (I9).
func TestKillNineAtAnyMoment(t *testing.T) {
	seed := seedOf(t)
	moments := rand.New(rand.NewPCG(seed, 1))
	c := small()
	c.Size, c.Seed = "T", seed
	s := newStack(t, c, unlimited())
	s.dest.SetLatency(nutshelltest.Latency{Dist: "uniform", P50ms: 8})
	s.start(`{"migration":"killed","page_size":40,"sample_size":40,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	kills, restarts, confirmed := 0, 0, false
	w := s.work()
	deadline := time.Now().Add(8 * time.Minute)
	for {
		require.True(t, time.Now().Before(deadline), "the run does not end")
		p, err := s.progress("killed")
		if err == nil {
			if p.Status == api.StatusCompleted {
				break
			}
			require.NotEqual(t, api.StatusParked, p.Status, p.Reason)
			if p.WaitingFor == api.Confirm && !confirmed {
				s.confirm("killed", p)
				confirmed = true
			}
		}
		time.Sleep(time.Duration(100+moments.IntN(1400)) * time.Millisecond)
		if kills < 30 {
			require.NoError(t, w.Kill9())
			kills++
			w = s.work()
		}
		if restarts < 3 && kills%9 == 8 {
			require.NoError(t, temporal.Kill9())
			require.NoError(t, temporal.Restart(context.Background()))
			restarts++
		}
	}
	t.Logf("%d kills, %d restarts", kills, restarts)
	var rec reconciliation
	require.NoError(t, json.Unmarshal(s.archived("killed", "reconciliation.json"), &rec))
	assert.Zero(t, rec.DiscrepancyRate)
	assert.Equal(t, rec.SourceRoot, rec.TargetRoot)
	assert.Empty(t, s.source.Stats().Violations)
	s.exactlyOnce()
}
