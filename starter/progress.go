package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// view is what can be seen of a migration at one moment.
type view struct {
	id       string // of the workflow
	progress api.Progress
	beats    []beat    // what is in work now
	started  time.Time // of the workflow
	seen     time.Time
	closed   bool
	silence  string // why nobody answered, "" when somebody did
	note     string // what else there is to tell
}

// beat is the last heartbeat of one activity.
type beat struct {
	step.Beat
	attempt int32
	failure string // of the last attempt, "" when it is the first
}

// queryPatience is how long a worker may take to answer a query.
const queryPatience = 5 * time.Second

// look reads where a migration is: from a worker while it runs, from its result once it has closed.
func (r *remote) look(ctx context.Context, f flow) (view, error) {
	v := view{id: f.id, started: f.started, seen: time.Now(), closed: f.closed}
	if f.closed {
		var err error
		v.progress, err = r.result(ctx, f)
		return v, err
	}
	v.beats = r.beats(ctx, f)
	short, cancel := context.WithTimeout(ctx, queryPatience)
	defer cancel()
	answer, err := r.QueryWorkflow(short, f.id, f.run, api.ProgressQuery)
	if err == nil {
		err = answer.Get(&v.progress)
	}
	if ctx.Err() != nil {
		return v, ctx.Err()
	}
	if err != nil {
		v.silence = fmt.Sprintf("no worker answers on task queue %s at %s; start one, what it does goes on from the ledger", f.queue(), r.settings.Address)
	}
	return v, nil
}

func (f flow) queue() string { return f.described.GetExecutionConfig().GetTaskQueue().GetName() }

// result is what a closed workflow returned; one that failed, was terminated or timed out returned nothing and is an error.
func (r *remote) result(ctx context.Context, f flow) (api.Progress, error) {
	var p api.Progress
	err := r.GetWorkflow(ctx, f.id, f.run).Get(ctx, &p)
	var app *temporal.ApplicationError
	switch {
	case err == nil:
		return p, nil
	case ctx.Err() != nil:
		return p, ctx.Err()
	case errors.As(err, &app):
		return p, fmt.Errorf("%s failed: %s", f.id, app.Message())
	}
	return p, fmt.Errorf("%s ended without a result (%s)", f.id, closedAs(f.status))
}

func closedAs(s enums.WorkflowExecutionStatus) string {
	switch s {
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return "terminated; roll it back, or start it again under its name if it wrote nothing"
	case enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "timed out"
	case enums.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return "canceled"
	}
	return "failed"
}

// beats reads the heartbeats of the activities that a workflow and its children wait for. Live numbers are a courtesy: what cannot be
// read is left out.
func (r *remote) beats(ctx context.Context, f flow) []beat {
	out := beatsOf(f.described.GetPendingActivities())
	for _, child := range f.described.GetPendingChildren() {
		c, ok, err := r.describe(ctx, child.GetWorkflowId())
		if err != nil || !ok || c.closed {
			continue
		}
		out = append(out, r.beats(ctx, c)...)
	}
	return out
}

func beatsOf(pending []*workflow.PendingActivityInfo) []beat {
	var out []beat
	for _, a := range pending {
		b := beat{attempt: a.GetAttempt(), failure: a.GetLastFailure().GetMessage()}
		b.Step = a.GetActivityType().GetName()
		if d := a.GetHeartbeatDetails(); d != nil {
			var told step.Beat
			if converter.GetDefaultDataConverter().FromPayloads(d, &told) == nil && told.Step != "" {
				b.Beat = told
			}
		}
		out = append(out, b)
	}
	return out
}
