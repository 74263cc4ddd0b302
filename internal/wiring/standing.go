package wiring

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/observe"
)

// patience is how long Temporal and a run may take to answer within one scrape.
const patience = 2 * time.Second

// standing asks the run itself where it is, and for the code of its park; nothing when nobody can say since Temporal or every worker is away.
func (p *Parts) standing(ctx context.Context, workflowID string) (progress api.Progress, code string) {
	if p.Temporal == nil {
		return progress, ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.query(ctx, workflowID, api.ProgressQuery, &progress); err != nil {
		return api.Progress{}, ""
	}
	if progress.Status == api.StatusParked {
		_ = p.query(ctx, workflowID, api.ParkQuery, &code) // it may have moved on meanwhile
	}
	return progress, code
}

func (p *Parts) query(ctx context.Context, workflowID, name string, into any) error {
	v, err := p.Temporal.QueryWorkflow(ctx, workflowID, "", name)
	if err != nil {
		return err
	}
	return v.Get(into)
}

// unopened adds the parks of runs to which the ledger does not lead: their first step, which enters them there, has not ended.
func (p *Parts) unopened(ctx context.Context, out []observe.Snapshot, asked map[string]bool) []observe.Snapshot {
	for _, id := range p.running(ctx) {
		if asked[id] {
			continue
		}
		progress, code := p.standing(ctx, id)
		if code == "" {
			continue
		}
		i := slices.IndexFunc(out, func(s observe.Snapshot) bool { return s.Migration == progress.Migration })
		if i < 0 {
			i, out = len(out), append(out, observe.Snapshot{Migration: progress.Migration, DeltaLag: -1})
		}
		if out[i].ParkedOn == "" {
			out[i].ParkedOn = code
		}
	}
	return out
}

// running are the ids of the migrations and rollbacks that Temporal runs on this worker's task queue; none when it does not answer.
func (p *Parts) running(ctx context.Context) (ids []string) {
	if p.Temporal == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	page, err := p.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf(
		"TaskQueue = '%s' AND ExecutionStatus = 'Running' AND WorkflowType IN ('%s', '%s')", p.Config.Temporal.TaskQueue, api.MigrationWorkflow, api.RollbackWorkflow)})
	if err != nil {
		return nil
	}
	for _, e := range page.GetExecutions() {
		ids = append(ids, e.GetExecution().GetWorkflowId())
	}
	return ids
}
