package limit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
)

// broken is a backend out of order.
type broken struct{ *limit.Memory }

func (broken) Load(context.Context, string) (string, int64, error) { return "", 0, errDown }

var errDown = errors.New("store is down")

func TestBackendErrorsComeOut(t *testing.T) {
	l := newLimiter(t, limit.Options{Backend: broken{limit.NewMemory()}})
	assert.ErrorIs(t, l.Acquire(t.Context(), limit.All), errDown)
	l.Done([]string{limit.All}, 0, true, time.Second)
	assert.ErrorContains(t, l.Acquire(t.Context(), "other"), "unknown class")
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []limit.Options{
		{}, {Backend: limit.NewMemory(), Headroom: 0.95}, {Backend: limit.NewMemory(), Ceiling: -1},
	} {
		_, err := limit.New(o)
		assert.Error(t, err)
	}
}

func TestANewCeilingTakesTheOldOnesPlace(t *testing.T) {
	b := limit.NewMemory()
	require.NoError(t, newLimiter(t, limit.Options{Backend: b, Ceiling: 20}).Acquire(t.Context(), limit.All))
	for ceiling, want := range map[float64]float64{50: 49, 8: 7.8, 0: 5} {
		got, err := newLimiter(t, limit.Options{Backend: b, Ceiling: ceiling}).Rate(t.Context(), limit.All)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 0.5)
	}
}

func TestDamagedStateStartsAnew(t *testing.T) {
	b := limit.NewMemory()
	ok, err := b.Store(t.Context(), limit.All, "{broken", 0)
	require.True(t, ok)
	require.NoError(t, err)
	l := newLimiter(t, limit.Options{Backend: b, Ceiling: 1000})
	assert.NoError(t, l.Acquire(t.Context(), limit.All))
}

// slow is a backend that takes its time, as a busy store does.
type slow struct{ *limit.Memory }

func (s slow) Load(ctx context.Context, class string) (string, int64, error) {
	time.Sleep(10 * time.Millisecond)
	return s.Memory.Load(ctx, class)
}

func (s slow) Store(ctx context.Context, class, state string, version int64) (bool, error) {
	time.Sleep(30 * time.Millisecond)
	return s.Memory.Store(ctx, class, state, version)
}

func TestASlowStoreCostsLittle(t *testing.T) {
	for _, rate := range []float64{5, 50, 500} {
		for workers := range 2 {
			t.Run(fmt.Sprintf("%g a second, %d workers", rate, workers+1), func(t *testing.T) {
				world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
					s := newServer(rate)
					for range workers + 1 {
						load(ctx, wg, newLimiter(t, limit.Options{Backend: slow{b}, Ceiling: rate}), s, 16, limit.All)
					}
					got, refused := measured(s, time.Minute)
					assert.Zero(t, refused)
					assert.GreaterOrEqual(t, got/rate, 0.94)
				})
			})
		}
	}
}
