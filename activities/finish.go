package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// statuses of a generation by the status of its run.
var generationStatus = map[string]string{
	api.StatusCompleted: ledger.StatusCompleted, api.StatusCanceled: ledger.StatusCanceled, api.StatusRolledBack: ledger.StatusRolledBack,
}

// Finish writes the files of the hand-over again after the last round, and closes the generation. Rollback stays available, from the
// ledger alone.
func (a *Activities) Finish(ctx context.Context, in step.FinishIn) (step.ReportOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if in.Status == api.StatusCompleted {
			if err := w.writeArchives(ctx); err != nil {
				return out, err
			}
		}
		if err := w.writeIDMap(ctx); err != nil {
			return out, err
		}
		if err := w.closing(ctx, in.Status); err != nil {
			return out, err
		}
		status, ok := generationStatus[in.Status]
		if !ok {
			return out, fmt.Errorf("status %q ends no generation", in.Status)
		}
		if err := w.run.SetStatus(ctx, status); err != nil {
			return out, err
		}
		var err error
		if out.AuditHead, err = w.exportAudit(ctx); err != nil {
			return out, err
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// closing writes the line that ends a run; of a run that was canceled it names who Temporal says asked for it.
func (w *work) closing(ctx context.Context, status string) error {
	fields := map[string]any{"status": status}
	if status == api.StatusCanceled {
		identity, err := w.senderOf(ctx, decisions...)
		if err != nil {
			return err
		}
		fields["identity"] = identity
	}
	return w.audit(ctx, "closed", fields)
}

func (w *work) audit(ctx context.Context, event string, fields map[string]any) error {
	return w.run.Audit(ctx, []ledger.AuditEvent{{Event: event, Fields: fields}})
}
