package wiring

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
)

// Where a pace comes from.
const (
	PaceSet     = "set"     // by NUTSHELL_RATE
	PaceLearned = "learned" // what the workers have reached so far
	PaceStart   = "start"   // what learning starts with: nothing was learned yet
)

// Pace is how many calls a second all workers of a ledger may make now, head-room left out, and where that comes from. It only reads.
func Pace(ctx context.Context, l *ledger.Ledger, n config.Nutshell) (perS float64, from string, err error) {
	lim, err := newLimiter(l, n)
	if err != nil {
		return 0, "", err
	}
	if perS, err = lim.Rate(ctx, limit.All); err != nil {
		return 0, "", fmt.Errorf("read the rate of calls: %w", err)
	}
	_, version, err := l.LoadRate(ctx, limit.All)
	switch {
	case err != nil:
		return 0, "", err
	case n.Rate > 0:
		return perS, PaceSet, nil
	case version > 0:
		return perS, PaceLearned, nil
	}
	return perS, PaceStart, nil
}

func newLimiter(l *ledger.Ledger, n config.Nutshell) (*limit.Limiter, error) {
	lim, err := limit.New(limit.Options{
		Backend: rates{l}, Ceiling: float64(n.Rate), Headroom: n.Limits.Headroom, Start: n.Limits.StartRate, FindStart: n.Limits.FindRate,
	})
	if err != nil {
		return nil, fmt.Errorf("build the limiter: %w", err)
	}
	return lim, nil
}
