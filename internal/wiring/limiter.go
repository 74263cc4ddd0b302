package wiring

import (
	"context"
	"time"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/observe"
)

// rates keeps the limiter's state in the ledger, where all workers share it.
type rates struct{ ledger *ledger.Ledger }

// Load implements limit.Backend.
func (r rates) Load(ctx context.Context, class string) (string, int64, error) {
	state, version, err := r.ledger.LoadRate(ctx, class)
	return string(state), version, err
}

// Store implements limit.Backend.
func (r rates) Store(ctx context.Context, class, state string, version int64) (bool, error) {
	return r.ledger.StoreRate(ctx, class, []byte(state), version)
}

// Paused implements limit.Backend: the pause bit belongs to a run (limit.WithRun); calls of none are never held back.
func (rates) Paused(context.Context) (bool, error) { return false, nil }

// meteredLimiter shows what the limiter does. Rates are shown when they change hands: after answers, at most once in a while.
type meteredLimiter struct {
	*limit.Limiter
	metrics *observe.Metrics
}

// Acquire waits for a permit and counts the wait.
func (l *meteredLimiter) Acquire(ctx context.Context, classes ...string) error {
	start := time.Now()
	err := l.Limiter.Acquire(ctx, classes...)
	l.metrics.Waited(classes[len(classes)-1], time.Since(start))
	return err
}

// ShowRates brings the limiter's metrics up to date: what it lets through, and the configured ceiling (0 = learned).
func (p *Parts) ShowRates(ctx context.Context) error {
	for class, ceiling := range map[string]float64{limit.All: float64(p.Config.Nutshell.Rate), limit.Find: 0, limit.Get: 0} {
		rate, err := p.Limiter.Rate(ctx, class)
		if err != nil {
			return err
		}
		p.Metrics.Limiter(class, rate, ceiling)
	}
	return nil
}
