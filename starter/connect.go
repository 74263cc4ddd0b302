package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/wiring"
)

// remote is a connection to Temporal.
type remote struct {
	client.Client
	settings config.Temporal
}

// connect reaches the Temporal server of the settings.
func (c console) connect(ctx context.Context) (*remote, error) {
	settings, err := config.LoadTemporal(c.environ)
	if err != nil {
		return nil, err
	}
	return dial(ctx, settings.Temporal)
}

func dial(ctx context.Context, t config.Temporal) (*remote, error) {
	cl, err := wiring.DialTemporal(ctx, t, zap.NewNop(), nil, identity())
	var setting *config.Error
	switch {
	case errors.As(err, &setting):
		return nil, err
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("TEMPORAL_ADDRESS: no Temporal server answers at %s; start one (temporal server start-dev), or correct the address", t.Address)
	}
	return &remote{cl, t}, nil
}

// identity is who Temporal says has sent a message.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("starter %s@%s", userName(), host)
}

// userName is what a message says about who sent it, unless --by says otherwise.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// flow is one workflow execution as the server describes it.
type flow struct {
	id, run   string
	closed    bool
	status    enums.WorkflowExecutionStatus
	started   time.Time
	described *workflowservice.DescribeWorkflowExecutionResponse
}

// describe looks an id up; false when Temporal knows none.
func (r *remote) describe(ctx context.Context, id string) (flow, bool, error) {
	d, err := r.DescribeWorkflowExecution(ctx, id, "")
	var gone *serviceerror.NotFound
	switch {
	case err != nil && ctx.Err() != nil:
		return flow{}, false, ctx.Err()
	case r.noNamespace(err) != nil:
		return flow{}, false, r.noNamespace(err)
	case errors.As(err, &gone):
		return flow{}, false, nil
	case err != nil:
		return flow{}, false, fmt.Errorf("ask Temporal for %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	return flow{
		id: id, run: info.GetExecution().GetRunId(), status: info.GetStatus(), closed: info.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
		started: info.GetStartTime().AsTime(), described: d,
	}, true, nil
}

// noNamespace is a bad setting when the server has no such namespace, else nil.
func (r *remote) noNamespace(err error) error {
	var namespace *serviceerror.NamespaceNotFound
	if !errors.As(err, &namespace) {
		return nil
	}
	return &config.Error{Setting: "TEMPORAL_NAMESPACE", Cause: "the server has no namespace " + r.settings.Namespace, Cure: "create it or correct the name"}
}

// current is the workflow that speaks for a migration now: its own, or a Rollback that was started after it closed.
func (r *remote) current(ctx context.Context, name string) (flow, error) {
	if !api.ValidName(name) {
		return flow{}, usage("unknown migration %q; a name has a-z 0-9 . _ - only", name)
	}
	own, known, err := r.describe(ctx, api.MigrationIDPrefix+name)
	if err != nil {
		return flow{}, err
	}
	undo, undoing, err := r.describe(ctx, api.RollbackIDPrefix+name)
	switch {
	case err != nil:
		return flow{}, err
	case undoing && (!known || undo.started.After(own.started)):
		return undo, nil
	case !known:
		return flow{}, usage("unknown migration %s: namespace %s at %s has no workflow %s", name, r.settings.Namespace, r.settings.Address, api.MigrationIDPrefix+name)
	}
	return own, nil
}
