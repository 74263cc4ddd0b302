package limit_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
)

// bit is the pause bit of one run.
type bit struct{ set atomic.Bool }

func (b *bit) Paused(context.Context) (bool, error) { return b.set.Load(), nil }

func TestEachRunHasItsOwnPauseBit(t *testing.T) {
	t.Parallel()
	l, err := limit.New(limit.Options{Backend: limit.NewMemory(), Ceiling: 10_000})
	require.NoError(t, err)
	held, free := &bit{}, &bit{}
	held.set.Store(true)
	for range 50 {
		require.ErrorIs(t, l.Acquire(limit.WithRun(t.Context(), held), limit.All), limit.ErrPaused)
		require.NoError(t, l.Acquire(limit.WithRun(t.Context(), free), limit.All))
		require.NoError(t, l.Acquire(t.Context(), limit.All))
	}
	held.set.Store(false)
	assert.Eventually(t, func() bool { return l.Acquire(limit.WithRun(t.Context(), held), limit.All) == nil }, 2*time.Second, 10*time.Millisecond)
}
