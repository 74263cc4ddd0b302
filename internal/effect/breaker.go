package effect

import (
	"context"
	"errors"
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
// One is shared by all pages of a worker. A probe that is answered lets one write try; where reads work and writes do not, the pauses
// between such tries grow, and the run parks as well.
type Breaker struct {
	Patience time.Duration // defaults to Patience
	Silence  Silence       // of both hosts

	mu       sync.Mutex
	failures int
	tries    int       // writes let through by a probe since the last success
	since    time.Time // of the first failure since the last success
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
	b.failures, b.tries = 0, 0
}

func (b *Breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures >= trip
}

// letOneTry half closes the breaker: the next failure opens it again.
func (b *Breaker) letOneTry() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = min(b.failures, trip-1)
	b.tries++
}

func (b *Breaker) outage() (tries int, lasts time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tries, time.Since(b.since)
}

// Pass waits until the host answers a probe. After two minutes without one success it parks the run, which goes on by itself when the
// host is back.
func (b *Breaker) Pass(ctx context.Context, client *nutshell.Client) error {
	for looks := 0; b.isOpen(); looks++ {
		tries, lasts := b.outage()
		if looks > 0 || tries > 0 {
			if err := sleep(ctx, min(probesEvery<<min(looks+tries-1, 10), probeMost)); err != nil {
				return err
			}
		}
		_, err := client.UpdateTimes(ctx)
		switch {
		case err == nil && lasts <= b.patience():
			b.letOneTry()
			return nil
		case err == nil:
			return Unreachable("nutshell", errWrites)
		case ctx.Err() != nil, nutshell.IsUnauthorized(err), isPause(err):
			return err
		case lasts > b.patience():
			return Unreachable("nutshell", err)
		}
	}
	return nil
}

var errWrites = errors.New("it answers reads, but no writes")

func (b *Breaker) patience() time.Duration { return orElse(b.Patience, Patience) }

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Unreachable parks a run until a host answers again. The error names host and status only (I5).
func Unreachable(host string, err error) error {
	return &step.Parked{Park: step.Park{
		Code: "unreachable", Host: host, ByItself: true,
		Reason: host + " has not answered for two minutes (" + err.Error() + "); the run probes it every 30 seconds and goes on by itself, resume tries at once",
	}}
}
