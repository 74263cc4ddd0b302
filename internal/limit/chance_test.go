package limit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/limit"
)

// mixture makes so many calls, a tenth of them finds and two tenths gets, and answers how long that took.
func mixture(t *testing.T, s func() *server, goroutines int, calls int64) (took time.Duration) {
	t.Helper()
	world(t, func(ctx context.Context, _ *sync.WaitGroup, b *limit.Memory) {
		s, l, start := s(), newLimiter(t, limit.Options{Backend: b}), time.Now()
		var n atomic.Int64
		var all sync.WaitGroup
		for range goroutines {
			all.Go(func() {
				for i := n.Add(1); i <= calls; i = n.Add(1) {
					classes := []string{limit.All}
					switch i % 10 {
					case 0:
						classes = append(classes, limit.Find)
					case 1, 2:
						classes = append(classes, limit.Get)
					}
					for again := true; again && l.Acquire(ctx, classes...) == nil; {
						began := time.Now()
						refused, after := s.call()
						l.Done(classes, time.Since(began), refused, after)
						again = refused
					}
				}
			})
		}
		all.Wait()
		took = time.Since(start)
	})
	return took
}

// Refusals by chance cost a small run little more than their Retry-After: no class crawls at a rate that nothing but chance taught.
func TestChanceDoesNotSlowASmallRun(t *testing.T) {
	for _, c := range []struct {
		random     float64
		calls      int64
		goroutines int
		most       time.Duration
	}{
		{0.02, 400, 1, 40 * time.Second}, {0.02, 400, 4, 35 * time.Second}, {0.05, 400, 4, 80 * time.Second}, {0.01, 4000, 4, 200 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d calls by %d, %g refused", c.calls, c.goroutines, c.random), func(t *testing.T) {
			const seeds = 8
			var sum time.Duration
			for seed := range uint64(seeds) {
				sum += mixture(t, func() *server {
					s := newServer(0)
					s.random, s.latency, s.rnd = c.random, 3*time.Millisecond, rand.New(rand.NewPCG(seed, 2))
					return s
				}, c.goroutines, c.calls)
			}
			assert.Less(t, sum/seeds, c.most)
		})
	}
}

// A rate below the one that learning starts with is learnt all the same.
func TestALowRateIsLearnt(t *testing.T) {
	for _, rate := range []float64{0.25, 0.5, 1, 1.5} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			world(t, func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory) {
				s := newServer(rate)
				load(ctx, wg, newLimiter(t, limit.Options{Backend: b}), s, 2, limit.All, limit.Find)
				time.Sleep(time.Minute)
				_, refused := s.counts()
				assert.LessOrEqual(t, refused, 15, "while learning")
				got, refused := measured(s, 10*time.Minute)
				assert.GreaterOrEqual(t, got/rate, 0.75)
				assert.LessOrEqual(t, refused, 45, "four a minute: probes")
			})
		})
	}
}
