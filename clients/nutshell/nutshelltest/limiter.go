package nutshelltest

import (
	"math"
	"sync"
	"time"
)

// bucket is a token bucket for one API key.
type bucket struct {
	tokens float64
	at     time.Time
}

// limiter is one limiter of nutshell contract 1.5: a bucket for each API key and
// a count of what it let pass and refused.
type limiter struct {
	mu       sync.Mutex
	rate     float64
	burst    float64
	buckets  map[string]*bucket
	accepted int64
	refused  int64
}

func newLimiter() *limiter { return &limiter{buckets: map[string]*bucket{}} }

// set changes the rate. Buckets keep the tokens they have, up to the new burst.
func (l *limiter) set(rate float64, burst int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.buckets {
		l.refill(b, now)
	}
	l.rate, l.burst = rate, float64(burst)
	if burst == 0 {
		l.burst = math.Max(1, math.Ceil(rate))
	}
}

func (l *limiter) refill(b *bucket, now time.Time) {
	if d := now.Sub(b.at).Seconds(); d > 0 {
		b.tokens = math.Min(l.burst, b.tokens+d*l.rate)
	}
	b.at = now
}

// take asks for one token. A refusal takes none and returns the whole seconds
// until one is there, at least 1.
func (l *limiter) take(key string, now time.Time) (wait int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		l.accepted++
		return 0, true
	}
	b := l.buckets[key]
	if b == nil {
		b = &bucket{tokens: l.burst, at: now}
		l.buckets[key] = b
	}
	l.refill(b, now)
	b.tokens = math.Min(b.tokens, l.burst)
	// The allowance keeps a caller that waited exactly long enough from being
	// refused by a rounding error.
	if b.tokens < 1-1e-9 {
		l.refused++
		return int(math.Max(1, math.Ceil((1-b.tokens)/l.rate-1e-9))), false
	}
	b.tokens--
	l.accepted++
	return 0, true
}

// LimiterStats counts what one limiter saw.
type LimiterStats struct {
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
}

func (l *limiter) stats() LimiterStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return LimiterStats{Accepted: l.accepted, Refused: l.refused}
}
