package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// errStopped ends the story because a person said so: reject, rollback or cancel. What then happens is decided in end.
var errStopped = errors.New("stopped by a person")

// end turns the end of the story into the status of the run. Compensation runs on a disconnected context and walks the ledger, so
// that a cancelled run undoes as completely as a rejected one.
func (m *migration) end(ctx workflow.Context, err error) (api.Progress, error) {
	m.gate = nil
	clean, _ := workflow.NewDisconnectedContext(ctx)
	canceled := ctx.Err() != nil
	switch {
	case err == nil:
		m.finished(clean, api.StatusCompleted)
	case m.undo != nil, m.rejected && m.in.OnReject == "rollback", canceled && m.in.RollbackOnCancel:
		m.compensate(clean)
	case m.rejected, canceled:
		m.close(clean, api.StatusCanceled)
	default:
		// No step fails the run for good: it parks. What arrives here is a fault of the program.
		return m.progress, m.fail(ctx, err)
	}
	m.tell(clean, step.ToldEnd, "")
	return m.progress, m.leave(clean)
}

// refused closes a run that never began: bad input, a used name, or a person who stopped it before. Nothing was written, so there is
// nothing to undo.
func (m *migration) refused(ctx workflow.Context, err error) (api.Progress, error) {
	var app *temporal.ApplicationError
	switch {
	case errors.As(err, &app) && app.Type() == api.BadInput:
		return m.progress, m.fail(ctx, temporal.NewNonRetryableApplicationError(app.Message(), api.BadInput, nil))
	case m.undo == nil && ctx.Err() == nil:
		return m.progress, m.fail(ctx, err)
	}
	clean, _ := workflow.NewDisconnectedContext(ctx)
	status := api.StatusCanceled
	if m.undo != nil {
		status = api.StatusRolledBack
	}
	m.finished(clean, status)
	m.tell(clean, step.ToldEnd, "")
	return m.progress, m.leave(clean)
}

// compensate undoes everything the ledger knows of, in a child of its own.
func (m *migration) compensate(ctx workflow.Context) {
	by := api.By{Reason: "canceled"}
	switch {
	case m.undo != nil:
		by = *m.undo
	case m.rejected:
		by.Reason = "rejected"
	}
	m.enter(ctx, api.PhaseRollback)
	m.undoing = true
	var out api.Progress
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:    api.RollbackIDPrefix + m.in.Migration + "/" + workflow.GetInfo(ctx).WorkflowExecution.RunID,
		StaticSummary: "undo everything this migration wrote",
	}), api.RollbackWorkflow, undoIn{RollbackInput: api.RollbackInput{Migration: m.in.Migration, By: by.By, Reason: by.Reason, Edited: "keep"}, Ref: m.ref})
	m.relay = child
	if err := child.Get(ctx, &out); err != nil {
		m.progress.Status, m.progress.Reason = api.StatusFailed, "the rollback ended early; start "+api.RollbackWorkflow+" to finish it"
		return
	}
	m.relay = nil
	m.progress.Objects, m.progress.Reports.Rollback, m.progress.AuditHead = out.Objects, out.Reports.Rollback, out.AuditHead
	m.progress.Calls = m.progress.Calls.Latest(out.Calls)
	m.finished(ctx, api.StatusRolledBack)
}

// close ends a run that keeps what it wrote.
func (m *migration) close(ctx workflow.Context, status string) {
	out, err := do[step.ReportOut](ctx, m.runner, step.Finish, "close the run", func(string) any {
		return step.FinishIn{Ref: m.ref, Status: status}
	})
	if err == nil {
		m.progress.AuditHead = out.AuditHead
	}
	m.finished(ctx, status)
}

func (m *migration) finished(ctx workflow.Context, status string) {
	m.progress.Status, m.progress.WaitingFor, m.progress.Reason, m.progress.ETA = status, "", "", nil
	if m.findings {
		m.progress.Reason = "finished with findings that a person accepted; the reconciliation report lists them"
	}
	m.closed = true
	m.show(ctx)
}

func link(url string) *string {
	if url == "" {
		return nil
	}
	return &url
}
