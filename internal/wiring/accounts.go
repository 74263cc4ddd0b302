package wiring

import (
	"context"

	"go.uber.org/zap"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/observe"
)

// Accounts builds the clients of both accounts and nothing else: for a look at them before a migration. The few calls are not paced.
func Accounts(ctx context.Context, c config.Config) (*Parts, error) {
	p := &Parts{Config: c, Log: zap.NewNop(), Metrics: observe.NewMetrics(), Breaker: &effect.Breaker{}}
	var err error
	if p.Nutshell, err = p.nutshell(nil, nil); err != nil {
		return nil, err
	}
	return p, p.buildRezora(ctx, Options{})
}
