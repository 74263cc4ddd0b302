package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
)

// Flow is a migration as the workflow that speaks for it now tells it: its own, or a Rollback that was started after that one had closed.
type Flow struct {
	Name      string
	Run       string // of the migration in Temporal, "" when it is known no more
	Started   time.Time
	Closed    bool
	Approvers []string // [] = anybody
	Progress  api.Progress
	Silence   string // why there is no progress, "" when there is
}

// Undoing says whether what was written is taken back, or has been.
func (f Flow) Undoing() bool { return f.Progress.Phase == api.PhaseRollback }

// Gate says whether the migration waits for a decision on a report now.
func (f Flow) Gate() bool {
	return !f.Closed && f.Progress.Status == api.StatusWaiting && strings.Contains(f.Progress.WaitingFor, api.Confirm) && f.Progress.Digest != ""
}

// Flows is what the pages need from Temporal.
type Flows interface {
	// List gives every migration that Temporal still knows, the latest first, without progress.
	List(ctx context.Context) ([]Flow, error)
	// Look gives the last run of one; ErrUnknown when there is none.
	Look(ctx context.Context, name string) (Flow, error)
	// Confirm sends a decision to the run that was looked at. A refusal is a *Refused with the reason.
	Confirm(ctx context.Context, f Flow, d api.Decision) error
}

// ErrUnknown means that Temporal knows no migration of a name.
var ErrUnknown = errors.New("unknown migration")

// Refused is why a decision was not taken; the migration is as it was.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return r.Reason }

const (
	queryPatience = 5 * time.Second  // of a worker, to answer a query
	takePatience  = 20 * time.Second // of a worker, to look at a decision
	listed        = 200              // migrations on the first page at most
)

// Temporal are the migrations of one namespace.
type Temporal struct{ Client client.Client }

// List asks the visibility store; runs and rollbacks of one name are one migration.
func (t Temporal) List(ctx context.Context) ([]Flow, error) {
	var out []Flow
	seen := map[string]bool{}
	var next []byte
	for {
		r, err := t.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowType IN ('%s', '%s')", api.MigrationWorkflow, api.RollbackWorkflow), NextPageToken: next,
		})
		if err != nil {
			return nil, fmt.Errorf("list the migrations: %w", err)
		}
		for _, e := range r.GetExecutions() {
			id := e.GetExecution().GetWorkflowId()
			name, ours := strings.CutPrefix(id, api.MigrationIDPrefix)
			if !ours {
				name, ours = strings.CutPrefix(id, api.RollbackIDPrefix) // a child has the run in its name besides: its migration speaks for it
			}
			if !ours || !api.ValidName(name) || seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, Flow{Name: name, Started: e.GetStartTime().AsTime(), Closed: e.GetCloseTime() != nil})
		}
		next = r.GetNextPageToken()
		if len(next) == 0 || len(out) >= listed {
			return out, nil
		}
	}
}

// Look reads the input from the history, and the progress from a worker or from the result.
func (t Temporal) Look(ctx context.Context, name string) (Flow, error) {
	if !api.ValidName(name) {
		return Flow{}, ErrUnknown
	}
	own, err := t.describe(ctx, api.MigrationIDPrefix+name)
	if err != nil {
		return Flow{}, err
	}
	undo, err := t.describe(ctx, api.RollbackIDPrefix+name)
	if err != nil {
		return Flow{}, err
	}
	f, speaks := Flow{Name: name, Run: own.GetExecution().GetRunId()}, own
	switch {
	case undo != nil && (own == nil || undo.GetStartTime().AsTime().After(own.GetStartTime().AsTime())):
		speaks = undo
	case own == nil:
		return Flow{}, ErrUnknown
	default:
		if f.Approvers, err = t.approvers(ctx, own.GetExecution().GetWorkflowId(), f.Run); err != nil {
			return Flow{}, err
		}
	}
	f.Started, f.Closed = speaks.GetStartTime().AsTime(), speaks.GetCloseTime() != nil
	f.Progress, f.Silence = t.progress(ctx, name, speaks)
	return f, nil
}

// describe looks an id up; nil when Temporal knows none.
func (t Temporal) describe(ctx context.Context, id string) (*workflowpb.WorkflowExecutionInfo, error) {
	d, err := t.Client.DescribeWorkflowExecution(ctx, id, "")
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ask Temporal for %s: %w", id, err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}

// progress is where a workflow is, or why nobody can say.
func (t Temporal) progress(ctx context.Context, name string, e *workflowpb.WorkflowExecutionInfo) (p api.Progress, silence string) {
	short, cancel := context.WithTimeout(ctx, queryPatience)
	defer cancel()
	id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
	if e.GetCloseTime() != nil {
		if err := t.Client.GetWorkflow(short, id, run).Get(short, &p); err != nil {
			return p, "It ended without a result; see starter status " + name + "."
		}
		return p, ""
	}
	answer, err := t.Client.QueryWorkflow(short, id, run, api.ProgressQuery)
	if err == nil {
		err = answer.Get(&p)
	}
	if err != nil {
		return p, "No worker answers now. The migration is safe; it goes on when one is started."
	}
	return p, ""
}

func (t Temporal) approvers(ctx context.Context, id, run string) ([]string, error) {
	events := t.Client.GetWorkflowHistory(ctx, id, run, false, 0)
	if !events.HasNext() {
		return nil, fmt.Errorf("read the input of %s: its history is empty", id)
	}
	first, err := events.Next()
	if err != nil {
		return nil, fmt.Errorf("read the input of %s: %w", id, err)
	}
	payloads := first.GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()
	if len(payloads) == 0 {
		return nil, nil
	}
	in, _ := api.DecodeInput(payloads[0].GetData()) // a run with a bad input fails by itself, and has no gate
	return in.Approvers, nil
}

// Confirm sends the update and waits for its answer.
func (t Temporal) Confirm(ctx context.Context, f Flow, d api.Decision) error {
	patient, cancel := context.WithTimeout(ctx, takePatience)
	defer cancel()
	h, err := t.Client.UpdateWorkflow(patient, client.UpdateWorkflowOptions{
		WorkflowID: api.MigrationIDPrefix + f.Name, RunID: f.Run, UpdateName: api.Confirm, Args: []any{d}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = h.Get(patient, nil)
	}
	var app *temporal.ApplicationError
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		return &Refused{app.Message()}
	case errors.As(err, &gone):
		return &Refused{"the migration has ended already"}
	case patient.Err() != nil:
		return fmt.Errorf("no worker has answered within %s; reload the page to see whether the decision was taken meanwhile", takePatience)
	}
	return fmt.Errorf("send the decision: %w", err)
}
