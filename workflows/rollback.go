package workflows

import (
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// undoIn is the input of Rollback. Alone it is exactly api.RollbackInput; as a child of a migration it carries the reference too.
type undoIn struct {
	api.RollbackInput
	Ref step.Ref `json:"ref"`
}

// undoPage is how many effects one undo activity takes, undoWindow how many of them run at once.
const (
	undoPage   = 500
	undoWindow = 4
)

// undo is one run of the compensation: everything the ledger knows of, in reverse, then the proof.
type undo struct {
	*runner
	in     api.RollbackInput
	parent *workflow.Execution
}

// Rollback undoes a migration from the ledger alone, as a child of its migration or by itself on a closed one.
func Rollback(ctx workflow.Context, raw converter.RawValue) (api.Progress, error) {
	u, err := newUndo(ctx, raw)
	if err != nil {
		return api.Progress{}, temporal.NewNonRetryableApplicationError(err.Error(), api.BadInput, nil)
	}
	if err := u.listen(ctx); err != nil {
		return api.Progress{}, err
	}
	if err := u.run(ctx, raw.Payload().GetData()); err != nil {
		if badInput(err) {
			err = temporal.NewNonRetryableApplicationError(strings.TrimPrefix(err.Error(), "activity error: "), api.BadInput, nil)
			return api.Progress{}, u.failAlone(ctx, err)
		}
		if ctx.Err() == nil {
			return u.progress, u.failAlone(ctx, err)
		}
		// The ledger knows how far it came: another Rollback goes on from there.
		u.progress.Status = api.StatusCanceled
	}
	u.closed = true
	u.show(ctx)
	clean, _ := workflow.NewDisconnectedContext(ctx)
	if u.parent == nil {
		u.tell(clean, step.ToldEnd, "")
	}
	return u.progress, u.leave(clean)
}

// failAlone is fail for a rollback that belongs to no migration: of the end of the others the migration tells.
func (u *undo) failAlone(ctx workflow.Context, cause error) error {
	if u.parent != nil {
		return cause
	}
	return u.fail(ctx, cause)
}

func newUndo(ctx workflow.Context, raw converter.RawValue) (*undo, error) {
	parent := workflow.GetInfo(ctx).ParentWorkflowExecution
	payload := raw.Payload().GetData()
	u := &undo{parent: parent}
	if parent != nil {
		var in undoIn
		if err := converter.GetDefaultDataConverter().FromPayload(raw.Payload(), &in); err != nil {
			return nil, err
		}
		u.in = in.RollbackInput
		u.runner = newRunner(ctx, in.Migration, api.PhaseRollback)
		u.ref = in.Ref
		u.onShow = u.report
		return u, nil
	}
	in, err := api.DecodeRollback(payload)
	u.in = in
	u.runner = newRunner(ctx, in.Migration, api.PhaseRollback)
	return u, err
}

func (u *undo) listen(ctx workflow.Context) error {
	return u.install(ctx, []message{
		{api.Pause, u.checkPause, u.applyPause},
		{api.Resume, u.checkResume, u.applyResume},
		{api.Accept, u.checkAccept, u.applyAccept},
	})
}

// run is the compensation from the ledger: what is in doubt first, then everything in reverse, then the proof.
func (u *undo) run(ctx workflow.Context, payload []byte) error {
	u.running(ctx)
	info := workflow.GetInfo(ctx)
	open := step.UndoOpenIn{WorkflowID: info.WorkflowExecution.ID, FirstRunID: info.FirstRunID, Ref: u.ref, By: u.in.By, Reason: u.in.Reason, Edited: u.in.Edited}
	if u.parent == nil {
		open.Input = payload
	}
	opened, err := do[step.OpenOut](ctx, u.runner, step.OpenUndo, "open the ledger for the rollback", func(string) any { return open })
	if err != nil {
		return err
	}
	u.ref = opened.Ref
	u.showAttributes(ctx)
	if _, err := do[step.SettleOut](ctx, u.runner, step.Settle, "resolve what is in doubt", func(accepted string) any {
		return step.SettleIn{Ref: u.ref, Undoing: true, Accepted: accepted != ""}
	}); err != nil {
		return err
	}
	plan, err := do[step.PlanOut](ctx, u.runner, step.PlanUndo, "crawl the account and decide what goes, is restored, is kept", u.plain)
	if err != nil {
		return err
	}
	u.count(ctx, plan.Counters)
	for _, s := range plan.Steps {
		if err := u.pages(ctx, pagesIn{
			Ref: u.ref, Activity: step.Undo, Step: s.Step, Force: u.in.Edited == "force", From: 1, N: s.N, PageSize: undoPage, Window: undoWindow,
		}); err != nil {
			return err
		}
	}
	return u.prove(ctx)
}

// prove reads everything again and writes the report.
func (u *undo) prove(ctx workflow.Context) error {
	proof, err := do[step.ReportOut](ctx, u.runner, step.Prove, "read everything again and prove it", u.plain)
	if err != nil {
		return err
	}
	u.count(ctx, proof.Counters)
	u.progress.Reports.Rollback = link(proof.URL)
	u.progress.AuditHead = proof.AuditHead
	u.progress.ETA = nil
	u.wait(ctx, api.StatusRolledBack, "", "")
	return nil
}

// report passes the counters on to the migration that this rollback belongs to.
func (u *undo) report(ctx workflow.Context) {
	workflow.SignalExternalWorkflow(ctx, u.parent.ID, u.parent.RunID, undoSignal, u.seen())
}
