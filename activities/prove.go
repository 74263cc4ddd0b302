package activities

import (
	"context"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// Prove reads the whole account again after a rollback, writes the report, and closes the generation as rolled back. A rollback with
// failures is not finished: the run parks, and resume tries them again.
func (a *Activities) Prove(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		u, r, err := w.undoer(ctx)
		if err != nil {
			return out, err
		}
		if in.Accepted {
			if _, err := u.GiveUp(ctx); err != nil {
				return out, err
			}
		}
		rep, err := u.Prove(ctx, w.turn, r, firstCrawl)
		if err != nil {
			return out, err
		}
		rep.Migration = w.ref.Migration
		if in.Accepted { // what could not be given up in the journal, since another worker holds it, counts as kept too
			rep.Created.Kept, rep.Created.Failed = rep.Created.Kept+rep.Created.Failed, 0
			rep.Updated.Kept, rep.Updated.Failed = rep.Updated.Kept+rep.Updated.Failed, 0
		}
		if out.URL, err = w.writeReport(ctx, fileRollback, rep); err != nil {
			return out, err
		}
		if failed := rep.Created.Failed + rep.Updated.Failed; failed > 0 {
			return out, step.Stuck("undo_failed", true,
				"%d records could not be undone (%d created, %d changed by the migration); resume tries them again, accept leaves them as they are and lists them in the report",
				failed, rep.Created.Failed, rep.Updated.Failed)
		}
		if err := w.writeIDMap(ctx); err != nil {
			return out, err
		}
		if err := w.audit(ctx, "rolled_back", map[string]any{
			"deleted": rep.Created.Deleted, "restored": rep.Updated.Restored, "kept": rep.Created.Kept + rep.Updated.Kept,
			"untouched_checked": rep.Proof.UntouchedChecked, "untouched_changed": rep.Proof.UntouchedChanged,
		}); err != nil {
			return out, err
		}
		if err := w.run.SetStatus(ctx, ledger.StatusRolledBack); err != nil {
			return out, err
		}
		if out.AuditHead, err = w.exportAudit(ctx); err != nil {
			return out, err
		}
		out.Findings = !rep.Clean()
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}
