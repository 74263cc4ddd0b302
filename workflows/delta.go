package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// roundsPerRun bounds the history of one run of Delta: a round costs at most 40 events.
const roundsPerRun = 40

// deltaSignal is how Delta reports a round to its parent.
const deltaSignal = "delta-round"

// deltaIn is the input of Delta and, when it pauses or parks, what it hands back to be started again with.
type deltaIn struct {
	Ref      step.Ref      `json:"ref"`
	Round    int           `json:"round"` // the round to do next, from 1
	Closes   time.Time     `json:"closes"`
	Interval time.Duration `json:"interval"`
	PageSize int64         `json:"page_size"`
	Cut      bool          `json:"cut,omitempty"`
	Every    int           `json:"every"` // a report to the parent every so many rounds
	Accepted string        `json:"accepted,omitempty"`
}

// deltaReports is how often a whole window reports to its parent, whose history stays bounded however long the window is.
const deltaReports = 80

// deltaOut is the result of Delta.
type deltaOut struct {
	step.Outcome
	step.Counters
	Next deltaIn `json:"next"`
}

// deltaReport tells the parent what a round did, and what the last one will have to do.
type deltaReport struct {
	step.Counters
	Round    int   `json:"round"`
	Deferred int64 `json:"deferred"`
	Seconds  int64 `json:"seconds"`
}

// watch keeps the two accounts together until cut-over.
func (m *migration) watch(ctx workflow.Context) error {
	in := deltaIn{
		Ref: m.ref, Round: 1, Closes: workflow.Now(ctx).Add(m.in.DeltaWindow.D()), Interval: m.in.DeltaInterval.D(), PageSize: int64(m.in.PageSize),
		Every: 1 + int(m.in.DeltaWindow.D()/m.in.DeltaInterval.D())/deltaReports,
	}
	m.hearDelta(ctx)
	for {
		if err := m.awaitResume(ctx); err != nil {
			return err
		}
		in.Cut = in.Cut || m.cut
		out, err := m.runDelta(ctx, in)
		if err != nil {
			return err
		}
		m.progress.Calls = m.progress.Calls.Latest(out.Calls)
		m.count(ctx, out.Counters)
		in = out.Next
		switch {
		case out.Paused:
			if err := m.metPauseBit(ctx); err != nil {
				return err
			}
		case out.Park != nil:
			if in.Accepted, err = m.answered(ctx, *out.Park); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (m *migration) runDelta(ctx workflow.Context, in deltaIn) (out deltaOut, err error) {
	m.inFlight++
	defer func() { m.inFlight--; m.delta = nil }()
	m.delta = workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WaitForCancellation: true,
		StaticSummary:       "delta window until " + in.Closes.UTC().Format(time.RFC3339),
	}), api.DeltaWorkflow, in)
	err = m.delta.Get(ctx, &out)
	return out, err
}

func (m *migration) hearDelta(ctx workflow.Context) {
	ch := workflow.GetSignalChannel(ctx, deltaSignal)
	workflow.GoNamed(ctx, "delta rounds", func(ctx workflow.Context) {
		for {
			var r deltaReport
			if more := ch.Receive(ctx, &r); !more {
				return
			}
			m.deferred, m.seconds = r.Deferred, r.Seconds
			m.count(ctx, r.Counters)
		}
	})
}

// delta is one run of the child.
type delta struct {
	in     deltaIn
	out    deltaOut
	parent *workflow.Execution
	pause  bool
}

// Delta reads, merges and writes rounds until the window closes or cut-over; then one last round takes everything up to its own as_of.
// Even the shortest window has one round.
func Delta(ctx workflow.Context, in deltaIn) (deltaOut, error) { //nolint:revive // payload types of child workflows are nobody else's business
	d := &delta{in: in, parent: workflow.GetInfo(ctx).ParentWorkflowExecution}
	d.hear(ctx)
	for rounds := 0; ; rounds++ {
		last := d.in.Cut || !workflow.Now(ctx).Before(d.in.Closes)
		stopped, err := d.round(ctx, last)
		if err != nil || stopped || last {
			d.out.Next = d.in
			return d.out, err
		}
		d.in.Round++
		if err := d.rest(ctx); err != nil {
			return d.out, err
		}
		if d.pause {
			d.out.Paused, d.out.Next = true, d.in
			return d.out, nil
		}
		if rounds+1 >= roundsPerRun {
			return d.out, workflow.NewContinueAsNewError(ctx, api.DeltaWorkflow, d.in)
		}
	}
}

func (d *delta) hear(ctx workflow.Context) {
	pause := workflow.GetSignalChannel(ctx, api.Pause)
	workflow.GoNamed(ctx, "pause", func(ctx workflow.Context) {
		for pause.Receive(ctx, nil) {
			d.pause = true
		}
	})
	ch := workflow.GetSignalChannel(ctx, api.Cutover)
	workflow.GoNamed(ctx, "cutover", func(ctx workflow.Context) {
		for ch.Receive(ctx, nil) {
			d.in.Cut = true
		}
	})
}

// rest waits for the next round: the interval, the end of the window or cut-over, whichever comes first.
func (d *delta) rest(ctx workflow.Context) error {
	wait := min(d.in.Interval, d.in.Closes.Sub(workflow.Now(ctx)))
	if wait <= 0 || d.in.Cut || d.pause {
		return ctx.Err()
	}
	_, err := workflow.AwaitWithTimeout(ctx, wait, func() bool { return d.in.Cut || d.pause })
	return err
}

// round is one pass: read what changed, decide and plan, write, settle. It reports true when it stopped to pause or to park.
func (d *delta) round(ctx workflow.Context, last bool) (bool, error) {
	_, stopped, err := doInChild[step.ExtractOut](ctx, d, step.Extract, step.ExtractIn{Ref: d.in.Ref, Round: d.in.Round, Last: last})
	if err != nil || stopped {
		return stopped, err
	}
	plan, stopped, err := doInChild[step.DeltaOut](ctx, d, step.PlanDelta, step.DeltaIn{Ref: d.in.Ref, Round: d.in.Round, Last: last})
	if err != nil || stopped {
		return stopped, err
	}
	counters := plan.Counters
	for _, s := range plan.Steps {
		stopped, err := d.write(ctx, s, &counters)
		if err != nil || stopped {
			return stopped, err
		}
	}
	d.out.Counters = counters
	d.report(ctx, deltaReport{Counters: counters, Round: d.in.Round, Deferred: plan.Deferred, Seconds: plan.Seconds})
	return false, nil
}

// write brings one step of a round to its end, as migration.write does for the load.
func (d *delta) write(ctx workflow.Context, s step.Size, counters *step.Counters) (bool, error) {
	for again := true; again; {
		for from := int64(1); from <= s.N; from += d.in.PageSize {
			out, stopped, err := doInChild[step.WriteOut](ctx, d, step.Write, step.WriteIn{
				Ref: d.in.Ref, Step: s.Step, From: from, To: min(from+d.in.PageSize-1, s.N), Accepted: d.in.Accepted,
			})
			if err != nil || stopped {
				return stopped, err
			}
			*counters = out.Counters
		}
		settled, stopped, err := doInChild[step.SettleOut](ctx, d, step.Settle, step.SettleIn{Ref: d.in.Ref, Step: s.Step, Accepted: d.in.Accepted != ""})
		if err != nil || stopped {
			return stopped, err
		}
		again = settled.Again
		*counters = settled.Counters
	}
	return false, nil
}

func (d *delta) report(ctx workflow.Context, r deltaReport) {
	if d.parent != nil && (r.Round%d.in.Every == 0 || d.in.Cut) {
		workflow.SignalExternalWorkflow(ctx, d.parent.ID, d.parent.RunID, deltaSignal, r)
	}
}

// doInChild calls one activity until it finished; a pause or a park ends the child, and its parent waits for the person.
func doInChild[T step.Answer](ctx workflow.Context, d *delta, name string, in any) (out T, stopped bool, err error) {
	for {
		var page T
		summary := name + " of round " + itoa(d.in.Round)
		if err := workflow.ExecuteActivity(activityOptions(ctx, name, summary), name, in).Get(ctx, &page); err != nil {
			return page, false, err
		}
		o := page.Get()
		d.out.Calls = d.out.Calls.Latest(o.Calls)
		if o.Paused || o.Park != nil {
			d.out.Paused, d.out.Park = o.Paused, o.Park
			return page, true, nil
		}
		if !o.More {
			return page, false, nil
		}
	}
}
