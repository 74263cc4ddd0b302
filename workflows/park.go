package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

var discrepancyPark = step.Park{
	Code:   "discrepancies",
	Reason: "more records differ than discrepancy_threshold allows; the reconciliation report lists them. resume repairs them and compares again, accept takes the list, rollback undoes the migration",
	Accept: true,
}

// do calls one activity until it has finished: again when it hands over, after resume when it met the pause bit, after an answer when
// it parked. Days of work are never thrown away: a step that cannot go on waits for a person.
func do[T step.Answer](ctx workflow.Context, r *runner, name, summary string, in func(accepted string) any) (T, error) {
	var accepted string
	for {
		if err := r.awaitResume(ctx); err != nil {
			var none T
			return none, err
		}
		out, err := call[T](ctx, r, name, summary, in(accepted))
		if err != nil {
			return out, err
		}
		o := out.Get()
		switch {
		case o.Paused:
			if err := r.metPauseBit(ctx); err != nil {
				return out, err
			}
		case o.Park != nil:
			if accepted, err = r.answered(ctx, *o.Park); err != nil {
				return out, err
			}
		case !o.More:
			return out, nil
		}
	}
}

func call[T step.Answer](ctx workflow.Context, r *runner, name, summary string, in any) (out T, err error) {
	r.inFlight++
	defer func() { r.inFlight-- }()
	err = workflow.ExecuteActivity(activityOptions(ctx, name, summary), name, in).Get(ctx, &out)
	if err == nil {
		r.progress.Calls = r.progress.Calls.Latest(out.Get().Calls)
	}
	return out, err
}

// awaitResume holds the run while it is paused.
func (r *runner) awaitResume(ctx workflow.Context) error {
	if r.paused {
		r.show(ctx)
	}
	if err := workflow.Await(ctx, func() bool { return !r.paused }); err != nil {
		return err
	}
	return ctx.Err()
}

// strayPauses is how often a step may meet the pause bit of a run that is not paused: a resume that overtook its answer is over at once.
// A bit that stays, as after a reset to before the pause, is shown as a pause, for resume to clear.
const strayPauses = 3

// metPauseBit makes the run wait when a step returned early because of the pause bit.
func (r *runner) metPauseBit(ctx workflow.Context) error {
	if r.paused {
		r.stray = 0
		return nil
	}
	if r.stray++; r.stray > strayPauses {
		r.paused, r.stray = true, 0
		return nil
	}
	return workflow.Sleep(ctx, retryFirst)
}

// park waits for a person, or for the host to answer again, and returns the message that moved the run on.
func (r *runner) park(ctx workflow.Context, p step.Park) (string, error) {
	messages := api.Resume
	if p.Accept {
		messages = api.Accept + " " + api.Resume
	}
	r.parked, r.answer = &p, ""
	defer func() { r.parked = nil; r.running(ctx) }()
	r.wait(ctx, api.StatusParked, messages, p.Reason)
	r.tell(ctx, step.ToldPark, p.Code)
	if p.ByItself {
		r.probeHost(ctx, p)
	}
	if err := workflow.Await(ctx, func() bool { return r.answer != "" }); err != nil {
		return "", err
	}
	return r.answer, nil
}

// parkCode is the code of the park that people see, "" when there is none: a pause covers it.
func (r *runner) parkCode() string {
	if r.parked == nil || r.paused {
		return ""
	}
	return r.parked.Code
}

// answered parks the run in the middle of a step. It returns the code of the park when a person accepted it, and "" when the step is to go
// on as before; what Nutshell had refused for the cause that was mended is then planned again.
func (r *runner) answered(ctx workflow.Context, p step.Park) (accepted string, err error) {
	answer, err := r.park(ctx, p)
	if err != nil {
		return "", err
	}
	if answer == api.Accept {
		return p.Code, nil
	}
	if p.Refused == "" {
		return "", nil
	}
	out, err := do[step.ReportOut](ctx, r, step.Requeue, "try again what was refused in "+p.Refused, func(string) any {
		return step.RequeueIn{Ref: r.ref, Step: p.Refused}
	})
	if err == nil {
		r.count(ctx, out.Counters)
	}
	return "", err
}

// probeHost answers the park when the host does.
func (r *runner) probeHost(ctx workflow.Context, p step.Park) {
	parked := r.parked
	probing, stop := workflow.WithCancel(ctx)
	workflow.GoNamed(probing, "probe "+p.Host, func(ctx workflow.Context) {
		var out step.ReportOut
		err := workflow.ExecuteActivity(activityOptions(ctx, step.AwaitHost, "wait until "+p.Host+" answers"), step.AwaitHost,
			step.HostIn{Ref: r.ref, Host: p.Host}).Get(ctx, &out)
		if err == nil && r.parked == parked && r.answer == "" {
			r.answer = api.Resume
		}
	})
	workflow.GoNamed(ctx, "end of the probe", func(ctx workflow.Context) {
		_ = workflow.Await(ctx, func() bool { return r.answer != "" || r.parked != parked })
		stop()
	})
}

// badInput reports whether an activity refused the input for good.
func badInput(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == api.BadInput
}
