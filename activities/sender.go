package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"

	"rezora2nutshell/internal/api"
)

// newestEvents is how far back the sender of a message is looked for: it came a moment ago.
const newestEvents = 100

// messageCancel stands for a request to cancel, which is no message of ours.
const messageCancel = "cancel"

// decisions end the story of a migration: whoever sent the last of them started its rollback.
var decisions = []string{api.Rollback, api.Confirm, messageCancel}

// senderOf is the identity that Temporal recorded with the newest of some messages to this workflow: what the sender claims in a payload is
// one thing, which process sent it another. A message that a migration passed on to its child has the sender who told the migration.
// "" when there is none.
func (a *Activities) senderOf(ctx context.Context, messages ...string) (string, error) {
	if a.Temporal == nil {
		return "", nil
	}
	return a.senderIn(ctx, here(ctx), messages)
}

func (a *Activities) senderIn(ctx context.Context, workflow *commonpb.WorkflowExecution, messages []string) (string, error) {
	page, err := a.Temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: activity.GetInfo(ctx).Namespace, MaximumPageSize: newestEvents, Execution: workflow,
	})
	if err != nil {
		return "", unreadable(err)
	}
	for _, e := range page.GetHistory().GetEvents() {
		message, identity, from := messageOf(e)
		switch {
		case !slices.Contains(messages, message):
		case from != nil && from.GetWorkflowId() != workflow.GetWorkflowId():
			return a.senderIn(ctx, from, messages)
		default:
			return identity, nil
		}
	}
	return "", nil
}

// messageOf reads the message in an event, who sent it, and the workflow that passed it on, if one did.
func messageOf(e *historypb.HistoryEvent) (message, identity string, from *commonpb.WorkflowExecution) {
	if s := e.GetWorkflowExecutionSignaledEventAttributes(); s != nil {
		return s.GetSignalName(), s.GetIdentity(), s.GetExternalWorkflowExecution()
	}
	if u := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest(); u != nil {
		return u.GetInput().GetName(), u.GetMeta().GetIdentity(), nil
	}
	if c := e.GetWorkflowExecutionCancelRequestedEventAttributes(); c != nil {
		return messageCancel, c.GetIdentity(), c.GetExternalWorkflowExecution()
	}
	return "", "", nil
}

// starterOf is the identity that Temporal recorded with the start of this workflow; of a rollback within its migration, that of whoever
// decided on it.
func (a *Activities) starterOf(ctx context.Context) (string, error) {
	if a.Temporal == nil {
		return "", nil
	}
	page, err := a.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: activity.GetInfo(ctx).Namespace, MaximumPageSize: 1, Execution: here(ctx),
	})
	if err != nil {
		return "", unreadable(err)
	}
	for _, e := range page.GetHistory().GetEvents() {
		if s := e.GetWorkflowExecutionStartedEventAttributes(); s.GetParentWorkflowExecution() != nil {
			return a.senderIn(ctx, s.GetParentWorkflowExecution(), decisions)
		} else if s != nil {
			return s.GetIdentity(), nil
		}
	}
	return "", nil
}

// unreadable lets a step be tried again, unless the server does not show histories to this worker, or has none any more.
func unreadable(err error) error {
	var denied *serviceerror.PermissionDenied
	var gone *serviceerror.NotFound
	if errors.As(err, &denied) || errors.As(err, &gone) {
		return nil
	}
	return fmt.Errorf("read who sent a message: %w", err)
}

func here(ctx context.Context) *commonpb.WorkflowExecution {
	info := activity.GetInfo(ctx)
	return &commonpb.WorkflowExecution{WorkflowId: info.WorkflowExecution.ID, RunId: info.WorkflowExecution.RunID}
}
