package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// gate holds the run until a person decides on one report (I8).
type gate struct {
	name     string
	digest   string
	timeout  time.Duration // 0 = waits for ever
	decision *api.Decision
}

// await opens the gate and waits for the first valid decision; every later one is refused, since the gate is shut by then. At its
// time-out the run parks: it never approves and never undoes by itself.
func (m *migration) await(ctx workflow.Context, g *gate) error {
	m.progress.Digest = g.digest
	for {
		m.gate = g
		m.wait(ctx, api.StatusWaiting, api.Confirm, "read the report, then confirm or reject it")
		m.tell(ctx, step.ToldGate, "")
		decided, err := m.decidedWithin(ctx, g)
		m.gate = nil
		if err != nil {
			return err
		}
		if decided {
			break
		}
		park := step.Park{Code: "approval_timeout", Reason: "nobody decided in time; resume opens the gate for the same time again"}
		if _, err := m.park(ctx, park); err != nil {
			return err
		}
	}
	m.running(ctx)
	if err := m.recordDecision(ctx, g); err != nil {
		return err
	}
	if !g.decision.Approved {
		m.rejected = true
		return errStopped
	}
	return nil
}

func (m *migration) decidedWithin(ctx workflow.Context, g *gate) (bool, error) {
	decided := func() bool { return g.decision != nil }
	if g.timeout == 0 {
		return true, workflow.Await(ctx, decided)
	}
	return workflow.AwaitWithTimeout(ctx, g.timeout, decided)
}

// recordDecision binds the decision to the digest in the ledger: the effective map is read from there by all from now on.
func (m *migration) recordDecision(ctx workflow.Context, g *gate) error {
	event := "rejected"
	if g.decision.Approved {
		event = "approved"
	}
	_, err := do[step.ReportOut](ctx, m.runner, step.Record, event+" at the gate "+g.name, func(string) any {
		return step.RecordIn{Ref: m.ref, Event: event, Message: api.Confirm, Fields: map[string]string{
			"gate": g.name, "digest": g.digest, "approver": g.decision.Approver, "comment": g.decision.Comment,
		}}
	})
	return err
}
