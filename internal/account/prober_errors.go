package account

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/step"
)

var (
	// errUnclear is a write that stayed without a definite answer after all tries.
	errUnclear = errors.New("no definite answer came")
	// errTaken says that another worker has taken the probes over.
	errTaken = errors.New("another worker runs the probes")
)

func isParked(err error) bool {
	var p *step.Parked
	return errors.As(err, &p)
}

// passing tells an outcome of one probe, which has a careful assumption, from what ends the run of all.
func passing(ctx context.Context, err error) bool {
	switch {
	case ctx.Err() != nil, isParked(err), isPaused(err), errors.Is(err, errTaken):
		return false
	case nutshell.IsUnauthorized(err):
		return false
	case errors.Is(err, errUnclear):
		return true
	}
	_, answered := nutshell.AsError(err)
	return answered
}

func isPaused(err error) bool {
	return errors.Is(err, ledger.ErrPaused) || errors.Is(err, limit.ErrPaused)
}

// cause is a failure in a few words: method, outcome and status only (I5).
func cause(err error) string {
	if e, ok := nutshell.AsError(err); ok {
		if e.HTTPStatus != 0 {
			return fmt.Sprintf("%s: %s, HTTP %d", e.Method, e.Outcome, e.HTTPStatus)
		}
		return fmt.Sprintf("%s: %s", e.Method, e.Outcome)
	}
	return errUnclear.Error()
}

// refusedWith reports a definite refusal that speaks about the values sent.
func refusedWith(err error) bool {
	return nutshell.IsRefused(err) && !nutshell.IsForbidden(err) && !nutshell.IsUnauthorized(err) && !nutshell.IsStale(err)
}
