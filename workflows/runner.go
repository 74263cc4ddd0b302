package workflows

import (
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// runner carries what a migration and a rollback have in common: progress, pausing, parking, and the way an activity is called.
type runner struct {
	ref      step.Ref
	progress api.Progress
	digest   string
	sizes    []step.Size

	paused   bool
	stray    int // times a step met the pause bit though the run is not paused
	parked   *step.Park
	answer   string // the message that answered the park: resume, accept, or "" while nobody has
	inFlight int    // activities and children that may be calling Nutshell
	notice   string // the last refused message, shown in the details
	undoing  bool
	closed   bool
	relay    workflow.ChildWorkflowFuture // the rollback child, to which messages are passed on
	address  workflow.Execution           // the run that takes messages: this one, or the migration of a rollback child
	starting int                          // notices that are not under way yet

	phaseStart doneAt
	attributes shown
	onShow     func(workflow.Context)
	onPause    func(workflow.Context) // wakes a child that is resting
}

func newRunner(ctx workflow.Context, migration, phase string) *runner {
	r := &runner{progress: api.NewProgress(migration, phase)}
	r.phaseStart = doneAt{at: workflow.Now(ctx)}
	info := workflow.GetInfo(ctx)
	r.address = info.WorkflowExecution
	if info.ParentWorkflowExecution != nil {
		r.address = *info.ParentWorkflowExecution
	}
	return r
}

// plain is the input of a step that needs nothing but the migration it works for.
func (r *runner) plain(accepted string) any { return step.In{Ref: r.ref, Accepted: accepted != ""} }

// enter begins a phase. The phase never goes back.
func (r *runner) enter(ctx workflow.Context, phase string) {
	r.progress.Phase = phase
	r.phaseStart = doneAt{at: workflow.Now(ctx), done: r.done()}
	r.running(ctx)
}

func (r *runner) running(ctx workflow.Context) { r.wait(ctx, api.StatusRunning, "", "") }

// wait sets what the run is waiting for, and shows it.
func (r *runner) wait(ctx workflow.Context, status, messages, reason string) {
	r.progress.Status, r.progress.WaitingFor, r.progress.Reason = status, messages, reason
	r.show(ctx)
}

// seen is the progress as people see it: a pause covers what the run waits for besides.
func (r *runner) seen() api.Progress {
	p := r.progress
	if r.paused && !r.closed {
		p.Status, p.WaitingFor, p.Reason = api.StatusPaused, api.Resume, "paused; resume goes on"
	}
	return p
}

// count takes new absolute counters and works out the honest ETA from the pace of this phase.
func (r *runner) count(ctx workflow.Context, c step.Counters) {
	for _, o := range c.Objects {
		for i := range r.progress.Objects {
			if r.progress.Objects[i].Object == o.Object {
				r.progress.Objects[i] = o
			}
		}
	}
	r.progress.ETA = r.eta(workflow.Now(ctx))
	r.show(ctx)
}

func (r *runner) size(name string, sample bool) int64 {
	for _, s := range r.sizes {
		if s.Step == name && sample {
			return s.Sample
		}
		if s.Step == name {
			return s.N
		}
	}
	return 0
}
