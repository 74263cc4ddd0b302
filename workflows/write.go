package workflows

import (
	"fmt"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// write brings one step to its end: its pages, then what they left in doubt, then the sweep; again while rows went back to planned.
func (m *migration) write(ctx workflow.Context, name string, sample bool) error {
	n := m.size(name, sample)
	if n == 0 {
		return nil
	}
	for {
		in := pagesIn{Ref: m.ref, Activity: step.Write, Step: name, Sample: sample, From: 1, N: n, PageSize: int64(m.in.PageSize), Window: m.in.Window}
		if err := m.pages(ctx, in); err != nil {
			return err
		}
		settled, err := do[step.SettleOut](ctx, m.runner, step.Settle, "resolve what is in doubt in "+name, func(accepted string) any {
			return step.SettleIn{Ref: m.ref, Step: name, Sample: sample, Accepted: accepted != ""}
		})
		if err != nil {
			return err
		}
		m.count(ctx, settled.Counters)
		if !settled.Again {
			return nil
		}
	}
}

// pages runs the child until it neither paused nor parked.
func (r *runner) pages(ctx workflow.Context, in pagesIn) error {
	for {
		if err := r.awaitResume(ctx); err != nil {
			return err
		}
		out, err := r.runPages(ctx, in)
		if err != nil {
			return err
		}
		r.progress.Calls = r.progress.Calls.Latest(out.Calls)
		r.count(ctx, out.Counters)
		switch {
		case out.Paused:
			if err := r.metPauseBit(ctx); err != nil {
				return err
			}
		case out.Park != nil:
			if in.Accepted, err = r.answered(ctx, *out.Park); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (r *runner) runPages(ctx workflow.Context, in pagesIn) (out pagesOut, err error) {
	r.inFlight++
	defer func() { r.inFlight-- }()
	err = workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WaitForCancellation: true,
		StaticSummary:       fmt.Sprintf("%s: %d effects", in.Step, in.N),
	}), api.PagesWorkflow, in).Get(ctx, &out)
	return out, err
}

func span(from, to int64) string {
	return strconv.FormatInt(from, 10) + " to " + strconv.FormatInt(to, 10)
}
