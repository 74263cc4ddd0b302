package extract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/step"
)

// Pauses between tries of a source that does not answer, and the longest time without a look at the pause bit.
const (
	firstPause = 250 * time.Millisecond
	mostPause  = 15 * time.Second
	glance     = 2 * time.Second
)

// patience repeats reads that fail for a reason that passes, and turns all others into a park with cause and cure.
type patience struct {
	length time.Duration
	alive  time.Time                   // the source's last answer
	check  func(context.Context) error // whether to stop: paused, or the turn is over
}

func (r *Reader) patience(check func(context.Context) error) *patience {
	p := &patience{length: r.Patience, alive: time.Now(), check: check}
	if p.length == 0 {
		p.length = Patience
	}
	return p
}

// own is an error of the ledger, or a wish to stop, that came out of a source's callback.
type own struct{ cause error }

func (e *own) Error() string { return e.cause.Error() }
func (e *own) Unwrap() error { return e.cause }

// callback marks what a callback returns as no fault of the source.
func callback(err error) error {
	if err == nil {
		return nil
	}
	return &own{err}
}

func (p *patience) answered() { p.alive = time.Now() }

// read calls fn until it succeeds, for as long as its failures pass and the source has answered something within the time of patience.
func (p *patience) read(ctx context.Context, what string, fn func() error) error {
	p.answered() // nobody asked it since the last read
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		err := fn()
		if err == nil {
			p.answered()
			return nil
		}
		var mine *own
		if errors.As(err, &mine) {
			return mine.cause
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		due, told := rezora.Due(err)
		if !told {
			if !passes(err) {
				return stuck(what, err)
			}
			if time.Since(p.alive) > p.length {
				return unreachable(err)
			}
			due = time.Now().Add(pause)
		}
		if err := p.sleep(ctx, time.Until(due)); err != nil {
			return err
		}
		if told { // it answered, if only to be left alone
			p.answered()
		}
	}
}

// sleep waits, and stops waiting when the turn ends or the run is paused.
func (p *patience) sleep(ctx context.Context, d time.Duration) error {
	for until := time.Now().Add(d); ; {
		left := min(time.Until(until), glance)
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if err := p.check(ctx); err != nil {
			return err
		}
	}
}

// passes reports a failure that a later try may not meet. An answer that is none after all its attempts stops loudly (rezora contract 3.6).
func passes(err error) bool {
	var bad *rezora.AnswerError
	return rezora.IsPassing(err) && !errors.As(err, &bad)
}

// Codes of the parks of this package.
const (
	ParkPreflight   = "source_preflight"
	ParkCredentials = "rezora_credentials"
	ParkIncomplete  = "source_incomplete"
	ParkCounts      = "source_counts"
	ParkUnion       = "union_incomplete"
	ParkResurrect   = "union_resurrect"
	ParkUnreachable = "unreachable"
)

func stuck(what string, err error) error {
	var fatal *rezora.PreflightError
	switch {
	case errors.As(err, &fatal):
		return step.Stuck(ParkPreflight, false, "%s; then resume", fatal.Error())
	case rezora.IsRejected(err):
		return step.Stuck(ParkCredentials, false,
			"Rezora rejected the credential (%s); correct REZORA_TOKEN or the auth part of REZORA_SETTINGS_FILE, restart the worker, then resume", err)
	case rezora.IsNotOffered(err):
		return step.Stuck(ParkIncomplete, false,
			"%s could not be read to its end: %s; the account offered it before, so give the credential that right again, then resume", what, err)
	case errors.Is(err, rezora.ErrCursorLoop), errors.Is(err, rezora.ErrRestarts), errors.Is(err, rezora.ErrNoCursor):
		return step.Stuck(ParkIncomplete, false, "%s could not be read to its end: %s; report it to the vendor, then resume", what, err)
	case errors.Is(err, rezora.ErrBodyTooLarge):
		return step.Stuck(ParkIncomplete, false, "%s could not be read to its end: %s; raise limits.max_body_mib, restart the worker, then resume", what, err)
	case errors.Is(err, rezora.ErrExportOlder):
		return step.Stuck(ParkIncomplete, false, "%s: %s; put a newer export into the folder, then resume", what, err)
	}
	return step.Stuck(ParkIncomplete, false, "%s could not be read to its end: %s; mend the cause, then resume", what, err)
}

// unreachable parks the run until the source answers again; the run goes on by itself then.
func unreachable(err error) error {
	return &step.Parked{Park: step.Park{
		Code: ParkUnreachable, Host: "rezora", ByItself: true,
		Reason: fmt.Sprintf("rezora has not answered for too long (%s); the run probes it every 30 seconds and goes on by itself, resume tries at once", err),
	}}
}
