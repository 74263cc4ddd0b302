package activities

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// SetPause sets or clears the pause bit, which the limiter checks before every call.
func (a *Activities) SetPause(ctx context.Context, in step.PauseIn) (step.ReportOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.ReportOut, error) {
		if w.run == nil {
			return step.ReportOut{}, fmt.Errorf("the migration is not open yet")
		}
		if err := w.run.SetPaused(ctx, in.Paused, in.By.By); err != nil {
			return step.ReportOut{}, err
		}
		event, message := "resumed", api.Resume
		if in.Paused {
			event, message = "paused", api.Pause
		}
		identity, err := a.senderOf(ctx, cmp.Or(in.Message, message))
		if err != nil {
			return step.ReportOut{}, err
		}
		return step.ReportOut{}, w.audit(ctx, event, map[string]any{"by": in.By.By, "reason": in.By.Reason, "identity": identity})
	})
}

// Record appends a line to the audit log. An approval is also stored: it binds the map and the extract to the digest it names (I8).
func (a *Activities) Record(ctx context.Context, in step.RecordIn) (step.ReportOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.ReportOut, error) {
		fields := make(map[string]any, len(in.Fields)+1)
		for k, v := range in.Fields {
			fields[k] = v
		}
		if in.Message != "" {
			identity, err := a.senderOf(ctx, in.Message)
			if err != nil {
				return step.ReportOut{}, err
			}
			fields["identity"] = identity
		}
		if in.Event == "approved" {
			if err := w.run.PutValue(ctx, "approval/"+in.Fields["gate"], in.Fields); err != nil {
				return step.ReportOut{}, err
			}
		}
		return step.ReportOut{}, w.audit(ctx, in.Event, fields)
	})
}

// AwaitHost waits until a host answers again.
func (a *Activities) AwaitHost(ctx context.Context, in step.HostIn) (step.ReportOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, _ *work) (step.ReportOut, error) {
		for {
			if a.answers(ctx, in.Host) == nil {
				if in.Host == "nutshell" {
					a.Breaker.Succeeded()
				}
				return step.ReportOut{}, nil
			}
			select {
			case <-ctx.Done():
				return step.ReportOut{}, ctx.Err()
			case <-time.After(a.probeEvery()):
			}
		}
	})
}

// answers asks a host for something small. A refused credential is an answer: the step that goes on names it.
func (a *Activities) answers(ctx context.Context, host string) error {
	if host == hostRezora {
		_, err := a.Rezora.Identify(ctx)
		if rezora.IsRejected(err) {
			return nil
		}
		return err
	}
	_, err := a.Nutshell.UpdateTimes(ctx)
	if nutshell.IsUnauthorized(err) {
		return nil
	}
	return err
}
