package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/step"
)

// The hosts that a run can be parked on.
const (
	hostNutshell = "nutshell"
	hostRezora   = "rezora"
)

func (a *Activities) patience() time.Duration {
	if a.Patience > 0 {
		return a.Patience
	}
	return effect.Patience
}

func (a *Activities) probeEvery() time.Duration {
	if a.ProbeEvery > 0 {
		return a.ProbeEvery
	}
	return 30 * time.Second
}

// silentHost names the host that left a step without an answer, "" when the error is of another kind.
func silentHost(err error) string {
	if e, ok := nutshell.AsError(err); ok {
		if e.Outcome != nutshell.Refused {
			return hostNutshell
		}
		return ""
	}
	if rezora.IsPassing(err) {
		return hostRezora
	}
	return ""
}

// outage has a step tried again that a host left without an answer, and parks the run when the host has answered nobody for longer than the
// patience; the run goes on by itself then. A step that one host fails again and again, while it answers others, waits for a person.
func (a *Activities) outage(ctx context.Context, w *work, host string, err error) (step.Outcome, error) {
	if a.Breaker.Silence.Lasts(host, activity.GetInfo(ctx).StartedTime) > a.patience() {
		return a.outcome(ctx, w, effect.Unreachable(host, err))
	}
	return a.again(ctx, w, outageTries, err)
}

// outageTries take longer than the patience, so that an outage has parked the run before.
const outageTries = 2 * stepTries
