package activities

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
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
		event := "resumed"
		if in.Paused {
			event = "paused"
		}
		return step.ReportOut{}, w.run.Audit(ctx, []ledger.AuditEvent{{Event: event, Fields: map[string]any{"by": in.By.By, "reason": in.By.Reason}}})
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
			fields["identity"] = a.senderOf(ctx, in.Message)
		}
		if in.Event == "approved" {
			if err := w.run.PutValue(ctx, "approval/"+in.Fields["gate"], in.Fields); err != nil {
				return step.ReportOut{}, err
			}
		}
		return step.ReportOut{}, w.run.Audit(ctx, []ledger.AuditEvent{{Event: in.Event, Fields: fields}})
	})
}

// senderOf is the identity that Temporal recorded with the newest message of a name: what the sender claims in a payload is one thing, which
// process sent it another. "" when the history cannot be read.
func (a *Activities) senderOf(ctx context.Context, message string) string {
	if a.Temporal == nil {
		return ""
	}
	info := activity.GetInfo(ctx)
	page, err := a.Temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: info.Namespace, MaximumPageSize: newestEvents,
		Execution: &commonpb.WorkflowExecution{WorkflowId: info.WorkflowExecution.ID, RunId: info.WorkflowExecution.RunID},
	})
	if err != nil {
		return ""
	}
	for _, e := range page.GetHistory().GetEvents() {
		if s := e.GetWorkflowExecutionSignaledEventAttributes(); s.GetSignalName() == message {
			return s.GetIdentity()
		}
		if u := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest(); u.GetInput().GetName() == message {
			return u.GetMeta().GetIdentity()
		}
	}
	return ""
}

// newestEvents is how far back the sender of a message is looked for: it came a moment ago.
const newestEvents = 50

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
