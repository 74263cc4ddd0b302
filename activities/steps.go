package activities

import (
	"context"
	"strconv"

	"go.temporal.io/sdk/activity"

	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/step"
)

// steps are the activities by name.
func (a *Activities) steps() map[string]any {
	return map[string]any{
		step.Open: a.Open, step.Preflight: a.Preflight, step.Extract: a.Extract, step.Owners: a.Owners, step.Plan: a.Plan,
		step.PreReport: a.PreReport, step.Probe: a.Probe, step.Fields: a.Fields, step.PickSample: a.PickSample, step.Write: a.Write,
		step.Settle: a.Settle, step.SampleDiff: a.SampleDiff, step.Recrawl: a.Recrawl, step.Archive: a.WriteArchive,
		step.PlanDelta: a.PlanDelta, step.Reconcile: a.Reconcile, step.Repair: a.Repair, step.Finish: a.Finish, step.SetPause: a.SetPause,
		step.Record: a.Record, step.AwaitHost: a.AwaitHost, step.OpenUndo: a.OpenUndo, step.PlanUndo: a.PlanUndo, step.Undo: a.Undo, step.Prove: a.Prove,
		step.Requeue: a.Requeue, step.OpenRetry: a.OpenRetry, step.Retry: a.Retry, step.Notify: a.Notify,
		step.KeepRehearsal: a.KeepRehearsal,
	}
}

func activityName(name string) activity.RegisterOptions { return activity.RegisterOptions{Name: name} }

// folder is where the files of a migration lie.
func (w *work) folder() *archive.Folder { return w.Archive.For(w.ref.Migration) }

func itoa(n int) string { return strconv.Itoa(n) }

// plain runs a step that needs nothing but its migration.
func plain[T any, P result[T]](ctx context.Context, a *Activities, in step.In, body func(context.Context, *work) (T, error)) (T, error) {
	return guard[T, P](ctx, a, in.Ref, body)
}
