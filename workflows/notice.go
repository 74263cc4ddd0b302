package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// Notice has one notice delivered, at least once: its activity is tried again for days. Its id is the same at every attempt.
func Notice(ctx workflow.Context, in step.NoticeIn) error {
	return workflow.ExecuteActivity(activityOptions(ctx, step.Notify, in.Kind+" of "+in.Migration), step.Notify, in).Get(ctx, nil)
}

// tell has people told that the run waits for them or has ended. A child does it that outlives the run: the story waits for nobody's
// answer, and a receiver that is away while the run ends is still told. Whether there is a receiver is the workers' business.
func (r *runner) tell(ctx workflow.Context, kind, code string) {
	if workflow.GetVersion(ctx, "notices", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	p := r.progress
	in := step.NoticeIn{
		Kind: kind, Migration: p.Migration, Phase: p.Phase, Status: p.Status, WaitingFor: p.WaitingFor, Code: code, Cause: p.Reason,
		Report: newest(p.Reports), WorkflowID: r.address.ID, RunID: r.address.RunID, At: workflow.Now(ctx).UTC(),
	}
	free, _ := workflow.NewDisconnectedContext(ctx)
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(free, workflow.ChildWorkflowOptions{
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "tell people: " + kind,
	}), api.NoticeWorkflow, in)
	r.starting++
	workflow.GoNamed(free, "notice", func(ctx workflow.Context) {
		_ = child.GetChildWorkflowExecution().Get(ctx, nil)
		r.starting--
	})
}

// newest is the link to the report that was written last.
func newest(r api.Reports) string {
	for _, url := range []*string{r.Rollback, r.Reconciliation, r.SampleDiff, r.PreMigration} {
		if url != nil {
			return *url
		}
	}
	return ""
}

// leave waits until handlers have answered and notices are under way: a run that closed before would take them along.
func (r *runner) leave(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) && r.starting == 0 })
}

// fail tells that the run ends as failed, and answers the error that it ends with.
func (r *runner) fail(ctx workflow.Context, cause error) error {
	clean, _ := workflow.NewDisconnectedContext(ctx)
	r.progress.Status, r.progress.WaitingFor, r.progress.Reason = api.StatusFailed, "", cause.Error()
	var app *temporal.ApplicationError
	if errors.As(cause, &app) {
		r.progress.Reason = app.Message()
	}
	r.tell(clean, step.ToldEnd, "")
	if err := r.leave(clean); err != nil {
		return err
	}
	return cause
}
