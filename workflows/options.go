package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// All time-outs and retries of the project, each with its reason.
const (
	// A step hands over after 10 minutes; a quarter of an hour more lets the calls in flight and a full disk's wait end.
	stepTimeout = 25 * time.Minute
	// A pass over the whole account is one piece: it cannot hand over, only begin anew. A time-out would never let the largest accounts end;
	// a dead worker is noticed by its heartbeat.
	passTimeout = 48 * time.Hour
	// A worker beats every 2 s, so a dead one is noticed within 10 s and another goes on from the ledger.
	heartbeatTimeout = 10 * time.Second
	// Small steps that touch the ledger only.
	shortTimeout = time.Minute
	// A host can be away for days; the probe beats and never ends by itself.
	hostTimeout = 30 * 24 * time.Hour
	// One attempt to deliver a notice, and how long attempts go on: a receiver may be away over a long weekend.
	noticeTimeout = 30 * time.Second
	noticeFor     = 4 * 24 * time.Hour
	noticeMost    = 5 * time.Minute

	retryFirst = time.Second
	retryMost  = 20 * time.Second
)

// activityOptions gives every activity its time-outs. Retries never end: a lost worker is no reason to give up, and a step that meets
// the same fault again and again parks by itself. A retry is harmless, since every activity is idempotent against the ledger (I9).
func activityOptions(ctx workflow.Context, name, summary string) workflow.Context {
	o := workflow.ActivityOptions{
		StartToCloseTimeout: stepTimeout,
		HeartbeatTimeout:    heartbeatTimeout,
		WaitForCancellation: true, // nothing of a cancelled step may still write when its compensation begins
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: retryFirst, BackoffCoefficient: 2, MaximumInterval: retryMost,
			NonRetryableErrorTypes: []string{api.BadInput},
		},
	}
	switch name {
	case step.SetPause, step.Record:
		o.StartToCloseTimeout = shortTimeout
	case step.Plan, step.PreReport, step.PickSample, step.SampleDiff, step.Recrawl, step.Archive, step.PlanDelta, step.Reconcile, step.Repair, step.Finish,
		step.PlanUndo, step.Prove:
		o.StartToCloseTimeout = passTimeout
	case step.AwaitHost:
		o.StartToCloseTimeout = hostTimeout
	case step.Notify:
		o.StartToCloseTimeout, o.HeartbeatTimeout, o.ScheduleToCloseTimeout = noticeTimeout, 0, noticeFor
		o.RetryPolicy.MaximumInterval = noticeMost
	}
	return workflow.WithActivityOptions(ctx, o)
}
