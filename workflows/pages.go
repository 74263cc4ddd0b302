package workflows

import (
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// pagesPerRun bounds the history of one run of Pages: four to six events a page.
const pagesPerRun = 500

// reportsPerStep is how often a step tells its parent how far it is; a run has about 14 steps, and 200 such signals at most.
const reportsPerStep = 10

// counters is the signal by which a child reports.
const countersSignal = "counters"

// pagesIn is the input of Pages: the effects From..N of one step in pages, a window of them in flight.
type pagesIn struct {
	Ref      step.Ref `json:"ref"`
	Activity string   `json:"activity"` // Write or Undo
	Step     string   `json:"step"`
	Sample   bool     `json:"sample,omitempty"`
	Force    bool     `json:"force,omitempty"`
	From     int64    `json:"from"`
	N        int64    `json:"n"`
	PageSize int64    `json:"page_size"`
	Window   int      `json:"window"`
	Accepted string   `json:"accepted,omitempty"`
	So       pagesOut `json:"so"` // what earlier runs of this child found
}

// pagesOut is the result of Pages. A step that met the pause bit or parked ends with its pages in flight finished; the parent starts
// it again, and effects that are done are skipped.
type pagesOut struct {
	step.Outcome
	step.Counters
	Left int64 `json:"left"`
}

// pages is one run of the child.
type pages struct {
	in       pagesIn
	out      pagesOut
	parent   *workflow.Execution
	next     int64
	inFlight int
	finished int64
	again    []step.WriteIn // pages that handed over
}

// Pages writes the pages of one step.
func Pages(ctx workflow.Context, in pagesIn) (pagesOut, error) { //nolint:revive // payload types of child workflows are nobody else's business
	p := &pages{in: in, out: in.So, next: in.From, parent: workflow.GetInfo(ctx).ParentWorkflowExecution}
	p.out.Paused, p.out.Park = false, nil
	selector := workflow.NewNamedSelector(ctx, "pages in flight")
	var failure error
	for {
		for failure == nil && p.mayStart(ctx) {
			p.start(ctx, selector, &failure)
		}
		if p.inFlight == 0 {
			break
		}
		selector.Select(ctx)
	}
	if failure != nil {
		return p.out, failure
	}
	if p.out.Park == nil && !p.out.Paused && p.next <= in.N {
		in.From, in.So = p.next, p.out
		return p.out, workflow.NewContinueAsNewError(ctx, api.PagesWorkflow, in)
	}
	return p.out, ctx.Err()
}

// mayStart reports whether another page may begin now.
func (p *pages) mayStart(ctx workflow.Context) bool {
	if p.out.Paused || p.out.Park != nil || ctx.Err() != nil || p.inFlight >= p.in.Window {
		return false
	}
	if len(p.again) > 0 {
		return true
	}
	return p.next <= p.in.N && (p.next-p.in.From)/p.in.PageSize < pagesPerRun
}

func (p *pages) start(ctx workflow.Context, selector workflow.Selector, failure *error) {
	page := p.take()
	p.inFlight++
	summary := p.in.Step + " " + span(page.From, page.To)
	future := workflow.ExecuteActivity(activityOptions(ctx, p.in.Activity, summary), p.in.Activity, p.input(page))
	selector.AddFuture(future, func(f workflow.Future) {
		p.inFlight--
		var out step.WriteOut
		if err := f.Get(ctx, &out); err != nil {
			*failure = err
			return
		}
		p.settle(ctx, page, out)
	})
}

func (p *pages) take() step.WriteIn {
	if len(p.again) > 0 {
		page := p.again[0]
		p.again = p.again[1:]
		return page
	}
	page := step.WriteIn{
		Ref: p.in.Ref, Step: p.in.Step, Sample: p.in.Sample, From: p.next, To: min(p.next+p.in.PageSize-1, p.in.N), Accepted: p.in.Accepted,
	}
	p.next = page.To + 1
	return page
}

func (p *pages) input(page step.WriteIn) any {
	if p.in.Activity == step.Undo {
		return step.UndoIn{Ref: page.Ref, Step: page.Step, From: page.From, To: page.To, Force: p.in.Force}
	}
	return page
}

// settle takes a page's result: pages that paused or parked are not lost, since the parent starts the step again.
func (p *pages) settle(ctx workflow.Context, page step.WriteIn, out step.WriteOut) {
	p.out.Calls = p.out.Calls.Latest(out.Calls)
	if len(out.Objects) > 0 {
		p.out.Objects = out.Objects
	}
	switch {
	case out.Paused:
		p.out.Paused = true
	case out.Park != nil:
		if p.out.Park == nil {
			p.out.Park = out.Park
		}
	case out.More:
		p.again = append(p.again, page)
	default:
		p.out.Left += out.Left
		p.finished++
		p.report(ctx)
	}
}

// report tells the parent how far the step is, a bounded number of times. It waits for no answer.
func (p *pages) report(ctx workflow.Context) {
	every := max(1, (p.in.N+p.in.PageSize-1)/p.in.PageSize/reportsPerStep)
	if p.parent == nil || len(p.out.Objects) == 0 || p.finished%every != 0 || p.in.N <= p.in.PageSize {
		return
	}
	workflow.SignalExternalWorkflow(ctx, p.parent.ID, p.parent.RunID, countersSignal, step.Counters{Objects: p.out.Objects})
}
