package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

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

// outage has a step tried again that a host left without an answer, and parks the run when that goes on for longer than the patience; the
// run goes on by itself when the host answers. A turn that worked for longer than that before it failed had answers.
func (a *Activities) outage(ctx context.Context, host string, err error) (step.Outcome, error) {
	info := activity.GetInfo(ctx)
	key := host + "/" + info.ActivityType.Name
	a.mu.Lock()
	since, failed := a.silent[key]
	if !failed || time.Since(info.StartedTime) > a.patience() {
		since = time.Now()
		if a.silent == nil {
			a.silent = map[string]time.Time{}
		}
		a.silent[key] = since
	}
	long := time.Since(since) > a.patience()
	if long {
		delete(a.silent, key)
	}
	a.mu.Unlock()
	if long {
		return a.outcome(ctx, effect.Unreachable(host, err))
	}
	return step.Outcome{}, temporal.NewApplicationError(safe(err), "step")
}

// heard ends the count of failures of a step.
func (a *Activities) heard(ctx context.Context) {
	name := activity.GetInfo(ctx).ActivityType.Name
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.silent, hostNutshell+"/"+name)
	delete(a.silent, hostRezora+"/"+name)
}
