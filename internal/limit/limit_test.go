package limit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
)

func TestKnownRateIsUsedWithoutARefusal(t *testing.T) {
	for _, rate := range []float64{3, 5, 20, 50, 333} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
				s := newServer(rate)
				load(ctx, wg, newLimiter(t, limit.Options{Backend: b, Ceiling: rate}), s, 16, limit.All)
				got, refused := measured(s, time.Minute)
				assert.Zero(t, refused)
				assert.GreaterOrEqual(t, got/rate, 0.95)
				assert.LessOrEqual(t, got/rate, 1.0)
			})
		})
	}
}

func TestHiddenRateIsLearnt(t *testing.T) {
	for _, rate := range []float64{2, 5, 20, 50, 200} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
				s := newServer(rate)
				load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 32, limit.All)
				time.Sleep(30 * time.Second)
				got, refused := measured(s, 5*time.Minute)
				assert.GreaterOrEqual(t, got/rate, 0.95)
				assert.LessOrEqual(t, float64(refused)/(got*300), max(0.005, 6/(rate*60)), "hardly any refusals")
			})
		})
	}
}

func TestSmallAndLargeBurstsAreLearntToo(t *testing.T) {
	for _, burst := range []float64{0.3, 0.6, 2, 5} {
		t.Run(fmt.Sprint(burst), func(t *testing.T) {
			world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
				s := newServer(40)
				s.set(40, 40*burst)
				load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 16, limit.All)
				time.Sleep(2 * time.Minute)
				got, refused := measured(s, 5*time.Minute)
				assert.GreaterOrEqual(t, got/40, 0.85)
				assert.LessOrEqual(t, float64(refused)/(got*300), 0.01)
			})
		})
	}
}

func TestChangedRateIsFollowed(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(40)
		load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 16, limit.All)
		time.Sleep(time.Minute)

		s.set(80, 80)
		time.Sleep(30 * time.Second)
		got, _ := measured(s, 30*time.Second)
		assert.GreaterOrEqual(t, got/80, 0.9, "a raised rate is used within 30 s")

		s.set(40, 40)
		got, refused := measured(s, 10*time.Second)
		assert.GreaterOrEqual(t, got/40, 0.85, "a halved rate costs little")
		assert.LessOrEqual(t, refused, 24, "and few refusals")
		_, refused = measured(s, 5*time.Second)
		assert.LessOrEqual(t, refused, 8)

		s.set(4, 4)
		time.Sleep(20 * time.Second)
		got, _ = measured(s, time.Minute)
		assert.GreaterOrEqual(t, got/4, 0.85, "a tenth of it too")
	})
}

func TestWithoutLimitTheRateGrowsToThousands(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(0)
		s.latency = time.Millisecond
		load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 4, limit.All)
		time.Sleep(8 * time.Second)
		got, refused := measured(s, time.Second)
		assert.Zero(t, refused)
		assert.GreaterOrEqual(t, got, 3000.0, "4 calls in flight of 1 ms each")
	})
}

func TestRateStopsGrowingWhenLatencySuffers(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(0)
		s.latency, s.slowFrom = 100*time.Millisecond, 10 // fine up to 100 a second
		l := newLimiter(t, limit.Options{Backend: b})
		load(ctx, wg, l, s, 800, limit.All)
		time.Sleep(40 * time.Second)
		s.mu.Lock()
		inFlight := s.inFlight
		s.mu.Unlock()
		assert.Less(t, inFlight, 250.0, "the server is not flooded")
		got, _ := measured(s, 20*time.Second)
		assert.Greater(t, got, 50.0)
	})
}

func TestTwoWorkersShareOneRate(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(50)
		var a, z server
		o := limit.Options{Backend: b, Ceiling: 50}
		for _, own := range []*server{&a, &z} {
			l := newLimiter(t, o)
			for range 8 {
				wg.Go(func() {
					for l.Acquire(ctx, limit.All) == nil {
						refused, after := s.call()
						l.Done([]string{limit.All}, 20*time.Millisecond, refused, after)
						own.mu.Lock()
						own.accepted++
						own.mu.Unlock()
					}
				})
			}
		}
		got, refused := measured(s, time.Minute)
		assert.Zero(t, refused)
		assert.GreaterOrEqual(t, got/50, 0.95)
		first, _ := a.counts()
		second, _ := z.counts()
		assert.InDelta(t, 0.5, float64(first)/float64(first+second), 0.15, "%d and %d", first, second)
	})
}

func TestKnownRateThatTheServerDoesNotGrant(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(10)
		load(ctx, wg, newLimiter(t, limit.Options{Backend: b, Ceiling: 40}), s, 8, limit.All)
		time.Sleep(20 * time.Second)
		got, _ := measured(s, time.Minute)
		assert.GreaterOrEqual(t, got/10, 0.9)
		s.set(100, 100)
		time.Sleep(30 * time.Second)
		got, refused := measured(s, 30*time.Second)
		assert.GreaterOrEqual(t, got/40, 0.95, "the ceiling again")
		assert.LessOrEqual(t, got, 40.0)
		assert.Zero(t, refused)
	})
}

func TestHeadroomIsLeft(t *testing.T) {
	for _, o := range []limit.Options{{Headroom: 0.3}, {Headroom: 0.3, Ceiling: 50}} {
		t.Run(fmt.Sprint(o.Ceiling), func(t *testing.T) {
			world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
				s := newServer(50)
				o.Backend = b
				load(ctx, wg, newLimiter(t, o), s, 16, limit.All)
				time.Sleep(time.Minute)
				got, _ := measured(s, 3*time.Minute)
				assert.InDelta(t, 0.68, got/50, 0.09)
			})
		})
	}
}

func TestRefusalsWithoutHeader(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(20)
		s.noHeader = true
		load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 8, limit.All)
		time.Sleep(30 * time.Second)
		got, refused := measured(s, time.Minute)
		assert.GreaterOrEqual(t, got/20, 0.9)
		assert.LessOrEqual(t, refused, 12)
	})
}

// A few refusals that have nothing to do with the rate must not bring the
// work to a stand-still: each costs its Retry-After, and no more.
func TestRefusalsAtRandomDoNotStrangle(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		s := newServer(0)
		s.random = 0.01
		load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 8, limit.All)
		time.Sleep(time.Minute)
		got, _ := measured(s, 2*time.Minute)
		assert.GreaterOrEqual(t, got, 35.0, "100 calls between two holds of 1 s")
	})
}

func TestRetryAfterStopsEveryWorker(t *testing.T) {
	world(t, func(ctx context.Context, _ *sync.WaitGroup, b *limit.Memory) {
		one, two := newLimiter(t, limit.Options{Backend: b}), newLimiter(t, limit.Options{Backend: b})
		require.NoError(t, one.Acquire(ctx, limit.All))
		one.Done([]string{limit.All}, time.Millisecond, true, 7*time.Second)
		start := time.Now()
		require.NoError(t, two.Acquire(ctx, limit.All))
		assert.GreaterOrEqual(t, time.Since(start), 7*time.Second)
		require.NoError(t, one.Acquire(ctx, limit.All))
		assert.Less(t, time.Since(start), 9*time.Second)
	})
}

func TestHoldWithoutRefusalTeachesNothing(t *testing.T) {
	world(t, func(ctx context.Context, _ *sync.WaitGroup, b *limit.Memory) {
		l := newLimiter(t, limit.Options{Backend: b, Ceiling: 100})
		require.NoError(t, l.Acquire(ctx, limit.All))
		before, err := l.Rate(ctx, limit.All)
		require.NoError(t, err)
		start := time.Now()
		l.Done([]string{limit.All}, time.Millisecond, false, 3*time.Second)
		require.NoError(t, l.Acquire(ctx, limit.All))
		assert.GreaterOrEqual(t, time.Since(start), 3*time.Second)
		after, err := l.Rate(ctx, limit.All)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	})
}

func TestFindsAreLearntApart(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		l := newLimiter(t, limit.Options{Backend: b})
		finds, writes := newServer(5), newServer(0)
		finds.set(5, 10)
		load(ctx, wg, l, finds, 1, limit.All, limit.Find)
		load(ctx, wg, l, writes, 4, limit.All)
		time.Sleep(30 * time.Second)
		got, _ := measured(finds, time.Minute)
		assert.GreaterOrEqual(t, got/5, 0.9)
		other, _ := measured(writes, 10*time.Second)
		assert.GreaterOrEqual(t, other, 150.0, "writes are not slowed down by refused finds")
	})
}

func TestGetsAreFreeUntilOneIsRefused(t *testing.T) {
	world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
		l := newLimiter(t, limit.Options{Backend: b, Ceiling: 400})
		s := newServer(0)
		load(ctx, wg, l, s, 16, limit.All, limit.Get)
		rate, err := l.Rate(ctx, limit.Get)
		require.NoError(t, err)
		assert.Zero(t, rate)
		got, _ := measured(s, 20*time.Second)
		assert.GreaterOrEqual(t, got/400, 0.95)
		s.set(30, 30)
		time.Sleep(20 * time.Second)
		got, refused := measured(s, time.Minute)
		assert.GreaterOrEqual(t, got/30, 0.9)
		assert.LessOrEqual(t, refused, 30)
	})
}

func TestPauseIsSeenPromptly(t *testing.T) {
	world(t, func(ctx context.Context, _ *sync.WaitGroup, b *limit.Memory) {
		l := newLimiter(t, limit.Options{Backend: b, Start: 0.5})
		require.NoError(t, l.Acquire(ctx, limit.All))
		errs := make(chan error, 3)
		for range 3 { // one waits for its permit, the others for their turn
			go func() { errs <- l.Acquire(ctx, limit.All) }()
		}
		synctest.Wait()
		b.SetPaused(true)
		start := time.Now()
		for range 3 {
			assert.ErrorIs(t, <-errs, limit.ErrPaused)
		}
		assert.LessOrEqual(t, time.Since(start), 600*time.Millisecond)
		assert.ErrorIs(t, l.Acquire(ctx, limit.All), limit.ErrPaused)
		b.SetPaused(false)
		time.Sleep(300 * time.Millisecond)
		assert.NoError(t, l.Acquire(ctx, limit.All))
	})
}

func TestAcquireEndsWithItsContext(t *testing.T) {
	world(t, func(ctx context.Context, _ *sync.WaitGroup, b *limit.Memory) {
		l := newLimiter(t, limit.Options{Backend: b, Start: 0.2})
		require.NoError(t, l.Acquire(ctx, limit.All))
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		start := time.Now()
		assert.ErrorIs(t, l.Acquire(short, limit.All), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
	})
}
