package effect

import (
	"context"
	"sync"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/step"
)

// Patience is how long a host may answer nothing before the run parks (design, section 12).
const Patience = 2 * time.Minute

// probesEvery is the pause between probes of a host that does not answer; it doubles up to probeMost.
const (
	probesEvery = 250 * time.Millisecond
	probeMost   = 30 * time.Second
)

// trip is how many failures in a row stop the writing until a probe succeeds: a single lost answer is no reason to wait.
const trip = 3

// Breaker keeps writes back while Nutshell does not answer, so that an outage puts a handful of records in doubt and not the account.
// One is shared by all pages of a worker.
type Breaker struct {
	Patience time.Duration // defaults to Patience

	mu       sync.Mutex
	failures int
	since    time.Time // of the first of them
}

// Failed counts a call that found no answer.
func (b *Breaker) Failed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures == 0 {
		b.since = time.Now()
	}
	b.failures++
}

// Succeeded closes the breaker.
func (b *Breaker) Succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
}

func (b *Breaker) open() (bool, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= trip, b.since
}

// Pass waits until the host answers a probe. After two minutes without one success it parks the run, which goes on by itself when the
// host is back.
func (b *Breaker) Pass(ctx context.Context, client *nutshell.Client) error {
	wait := probesEvery
	for {
		open, since := b.open()
		if !open {
			return nil
		}
		_, err := client.UpdateTimes(ctx)
		if err == nil {
			b.Succeeded()
			return nil
		}
		if ctx.Err() != nil || nutshell.IsUnauthorized(err) || isPause(err) {
			return err
		}
		patience := b.Patience
		if patience == 0 {
			patience = Patience
		}
		if time.Since(since) > patience {
			return Unreachable("nutshell", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(wait*2, probeMost)
	}
}

// Unreachable parks a run until a host answers again. The error names host and status only (I5).
func Unreachable(host string, err error) error {
	return &step.Parked{Park: step.Park{
		Code: "unreachable", Host: host, ByItself: true,
		Reason: host + " has not answered for two minutes (" + err.Error() + "); the run probes it every 30 seconds and goes on by itself, resume tries at once",
	}}
}
