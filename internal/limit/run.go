package limit

import (
	"context"
	"sync"
)

// Pauser knows whether the calls of one run are held back now. It must be comparable; a pointer is.
type Pauser interface {
	Paused(ctx context.Context) (bool, error)
}

type runKey struct{}

// WithRun makes the calls of ctx heed the pause bit of one run. Calls without a run heed that of the Backend.
func WithRun(ctx context.Context, run Pauser) context.Context {
	return context.WithValue(ctx, runKey{}, run)
}

// pauses are the pause bits as they were read last, one for each run: a call of one run must not refresh or hide that of another.
type pauses struct {
	mu   sync.Mutex
	bits map[Pauser]*pauseBit
}

func (p *pauses) of(run Pauser) *pauseBit {
	p.mu.Lock()
	defer p.mu.Unlock()
	bit := p.bits[run]
	if bit == nil {
		if p.bits == nil {
			p.bits = map[Pauser]*pauseBit{}
		}
		bit = &pauseBit{}
		p.bits[run] = bit
	}
	return bit
}
