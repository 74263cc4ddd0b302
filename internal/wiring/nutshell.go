package wiring

import (
	"context"
	"fmt"
	"net/http"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/tally"
)

// userAgent is how both accounts know the migration in their logs.
const userAgent = "rezora2nutshell"

// buildNutshell makes the client and the limiter that paces it (nutshell contract 6.4).
func (p *Parts) buildNutshell(_ context.Context, o Options) error {
	l, err := newLimiter(p.Ledger, p.Config.Nutshell)
	if err != nil {
		return err
	}
	p.Limiter = l
	p.Nutshell, err = p.nutshell(&meteredLimiter{l, p.Metrics}, o.Transport)
	return err
}

func (p *Parts) nutshell(pace nutshell.Limiter, transport http.RoundTripper) (*nutshell.Client, error) {
	n := p.Config.Nutshell
	c, err := nutshell.New(nutshell.Options{
		BaseURL: n.BaseURL, Username: n.Username, APIKey: n.APIKey.Reveal(), Limiter: pace, Observer: p.observeNutshell,
		Timeout: n.Limits.CallTimeout.Duration(), UploadTimeout: n.Limits.UploadTimeout.Duration(),
		Concurrency: n.Concurrency, WritesParallel: n.Limits.ParallelWrites, UserAgent: userAgent, Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("build the nutshell client: %w", err)
	}
	return c, nil
}

// observeNutshell counts every request that may have reached Nutshell, for the run of ctx and for the metrics.
func (p *Parts) observeNutshell(ctx context.Context, info nutshell.CallInfo) {
	p.Metrics.Call("nutshell", string(info.Kind), outcomeOf(info), info.Latency)
	if info.Outcome == "done" || info.Outcome == string(nutshell.Refused) {
		p.Breaker.Silence.Heard("nutshell")
	}
	if info.Sent {
		tally.Count(ctx, string(info.Kind))
	}
}

func outcomeOf(info nutshell.CallInfo) string {
	switch {
	case info.Outcome == "done":
		return observe.OutcomeDone
	case info.Status == http.StatusTooManyRequests, info.Status == http.StatusServiceUnavailable:
		return observe.OutcomeThrottled
	case info.Status == http.StatusConflict, info.Code == http.StatusConflict:
		return observe.OutcomeConflict
	case info.Outcome == string(nutshell.InDoubt):
		return observe.OutcomeUnknown
	case info.Outcome == string(nutshell.Refused):
		return observe.OutcomeRefused
	}
	return observe.OutcomeFailed
}
