package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/api"
)

// Flow is a migration as its workflow tells it.
type Flow struct {
	Name      string
	Run       string // of Temporal
	Started   time.Time
	Closed    bool
	Approvers []string // [] = anybody
	Progress  api.Progress
	Silence   string // why there is no progress, "" when there is
}

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

// List asks the visibility store; runs of one name are one migration.
func (t Temporal) List(ctx context.Context) ([]Flow, error) {
	var out []Flow
	seen := map[string]bool{}
	var next []byte
	for {
		r, err := t.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf("WorkflowType = '%s'", api.MigrationWorkflow), NextPageToken: next})
		if err != nil {
			return nil, fmt.Errorf("list the migrations: %w", err)
		}
		for _, e := range r.GetExecutions() {
			name, ours := strings.CutPrefix(e.GetExecution().GetWorkflowId(), api.MigrationIDPrefix)
			if !ours || !api.ValidName(name) || seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, Flow{Name: name, Run: e.GetExecution().GetRunId(), Started: e.GetStartTime().AsTime(), Closed: e.GetCloseTime() != nil})
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
	id := api.MigrationIDPrefix + name
	d, err := t.Client.DescribeWorkflowExecution(ctx, id, "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return Flow{}, ErrUnknown
	}
	if err != nil {
		return Flow{}, fmt.Errorf("ask Temporal for %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	f := Flow{Name: name, Run: info.GetExecution().GetRunId(), Started: info.GetStartTime().AsTime(), Closed: info.GetCloseTime() != nil}
	if f.Approvers, err = t.approvers(ctx, id, f.Run); err != nil {
		return Flow{}, err
	}
	short, cancel := context.WithTimeout(ctx, queryPatience)
	defer cancel()
	if f.Closed {
		if err := t.Client.GetWorkflow(short, id, f.Run).Get(short, &f.Progress); err != nil {
			f.Silence = "It ended without a result; see starter status " + name + "."
		}
		return f, nil
	}
	answer, err := t.Client.QueryWorkflow(short, id, f.Run, api.ProgressQuery)
	if err == nil {
		err = answer.Get(&f.Progress)
	}
	if err != nil {
		f.Silence = "No worker answers now. The migration is safe; it goes on when one is started."
	}
	return f, nil
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
