package limit_test

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
)

// server is a strict token bucket in virtual time: a refused call takes no
// token, and Retry-After is in whole seconds, at least 1.
type server struct {
	mu       sync.Mutex
	rate     float64 // 0: no limit
	burst    float64
	tokens   float64
	at       time.Time
	latency  time.Duration
	slowFrom float64 // calls in flight from which the latency grows
	inFlight float64
	random   float64 // share of calls refused for no reason
	noHeader bool
	rnd      *rand.Rand

	accepted, refused int
}

func newServer(rate float64) *server {
	return &server{rate: rate, burst: math.Ceil(rate), tokens: math.Ceil(rate), at: time.Now(),
		latency: 20 * time.Millisecond, rnd: rand.New(rand.NewPCG(1, 2))}
}

func (s *server) set(rate, burst float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refill()
	s.rate, s.burst, s.tokens = rate, burst, min(s.tokens, burst)
}

func (s *server) refill() {
	now := time.Now()
	s.tokens = min(s.burst, s.tokens+now.Sub(s.at).Seconds()*s.rate)
	s.at = now
}

func (s *server) call() (refused bool, retryAfter time.Duration) {
	s.mu.Lock()
	s.refill()
	refused = s.rate > 0 && s.tokens < 1 || s.rnd.Float64() < s.random
	latency := s.latency
	if refused {
		s.refused++
		retryAfter = time.Second
		if s.rate > 0 {
			retryAfter = time.Duration(max(1, math.Ceil((1-s.tokens)/s.rate))) * time.Second
		}
		if s.noHeader {
			retryAfter = 0
		}
	} else {
		s.accepted++
		if s.rate > 0 {
			s.tokens--
		}
	}
	s.inFlight++
	if s.slowFrom > 0 && s.inFlight > s.slowFrom {
		latency = time.Duration(float64(latency) * s.inFlight / s.slowFrom)
	}
	s.mu.Unlock()
	time.Sleep(latency)
	s.mu.Lock()
	s.inFlight--
	s.mu.Unlock()
	return refused, retryAfter
}

func (s *server) counts() (accepted, refused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.refused
}

// load calls the server through the limiter with n goroutines until ctx ends;
// a refused call is made again, as the client does.
func load(ctx context.Context, wg *sync.WaitGroup, l *limit.Limiter, s *server, n int, classes ...string) {
	for range n {
		wg.Go(func() {
			for {
				if l.Acquire(ctx, classes...) != nil {
					return
				}
				start := time.Now()
				refused, after := s.call()
				l.Done(classes, time.Since(start), refused, after)
			}
		})
	}
}

// measured runs the time on and answers what the server let through a second,
// and how many calls it refused, in that time.
func measured(s *server, d time.Duration) (perSecond float64, refused int) {
	a0, r0 := s.counts()
	time.Sleep(d)
	a1, r1 := s.counts()
	return float64(a1-a0) / d.Seconds(), r1 - r0
}

// world runs f in virtual time with one backend.
func world(t *testing.T, f func(ctx context.Context, wg *sync.WaitGroup, b *limit.Memory)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		f(ctx, &wg, limit.NewMemory())
		cancel()
		wg.Wait()
	})
}

func newLimiter(t *testing.T, o limit.Options) *limit.Limiter {
	t.Helper()
	l, err := limit.New(o)
	require.NoError(t, err)
	return l
}
