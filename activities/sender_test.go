package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// histories are the events of workflows by id; "" is that of every activity's own.
type histories struct {
	workflowservice.WorkflowServiceClient
	events map[string][]*historypb.HistoryEvent
	err    error
}

const testWorkflow = "default-test-workflow-id"

func (h histories) of(w *commonpb.WorkflowExecution) *historypb.History {
	id := w.GetWorkflowId()
	if id == testWorkflow {
		id = ""
	}
	return &historypb.History{Events: h.events[id]}
}

func (h histories) GetWorkflowExecutionHistory(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	page := h.of(in.Execution)
	page.Events = page.Events[:min(len(page.Events), int(in.MaximumPageSize))]
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: page}, h.err
}

func (h histories) GetWorkflowExecutionHistoryReverse(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryReverseRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	page := h.of(in.Execution)
	page.Events = slices.Clone(page.Events)
	slices.Reverse(page.Events)
	return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: page}, h.err
}

func started(identity, parent string) *historypb.HistoryEvent {
	s := &historypb.WorkflowExecutionStartedEventAttributes{Identity: identity}
	if parent != "" {
		s.ParentWorkflowExecution = &commonpb.WorkflowExecution{WorkflowId: parent}
	}
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: s}}
}

func signaled(name, identity, from string) *historypb.HistoryEvent {
	s := &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: name, Identity: identity}
	if from != "" {
		s.ExternalWorkflowExecution = &commonpb.WorkflowExecution{WorkflowId: from}
	}
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: s}}
}

func updated(name, identity string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{
		WorkflowExecutionUpdateAcceptedEventAttributes: &historypb.WorkflowExecutionUpdateAcceptedEventAttributes{
			AcceptedRequest: &updatepb.Request{Meta: &updatepb.Meta{Identity: identity}, Input: &updatepb.Input{Name: name}}}}}
}

func cancelRequested(identity string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCancelRequestedEventAttributes{
		WorkflowExecutionCancelRequestedEventAttributes: &historypb.WorkflowExecutionCancelRequestedEventAttributes{Identity: identity}}}
}

func (b *undoBench) history(events ...*historypb.HistoryEvent) {
	f := b.a.Temporal.(fakeTemporal)
	f.histories.events = map[string][]*historypb.HistoryEvent{"": events}
	b.a.Temporal = f
}

// lastLine is the newest line of an event in the audit log.
func (b *undoBench) lastLine(t *testing.T, event string) map[string]any {
	t.Helper()
	var last map[string]any
	for _, l := range auditLines(t, b.run) {
		if l["event"] == event {
			last = l
		}
	}
	require.NotNil(t, last, event)
	return last
}

func (b *undoBench) ref() step.Ref {
	return step.Ref{Migration: "acme", Generation: 1, Ledger: b.a.Ledger.ID(), Nutshell: "501", Rezora: "rezora-1"}
}

// Who sent a message stands beside who they say they are: by signal, by update, or through the migration whose child it reached.
func TestTheSenderIsWhoTemporalSays(t *testing.T) {
	b := newUndoBench(t)
	b.history(started("operator@a", ""), signaled(api.Pause, "operator@old", ""), signaled(api.Pause, "operator@b", ""), signaled(api.Resume, "operator@c", ""))
	by := api.By{By: "jo", Reason: "lunch"}
	answer[step.ReportOut](t, b, step.SetPause, step.PauseIn{Ref: b.ref(), Paused: true, By: by, Message: api.Pause})
	line := b.lastLine(t, "paused")
	assert.Equal(t, []any{"jo", "lunch", "operator@b"}, []any{line["by"], line["reason"], line["identity"]})
	answer[step.ReportOut](t, b, step.SetPause, step.PauseIn{Ref: b.ref(), By: by}) // as a worker of an earlier version scheduled it
	assert.Equal(t, "operator@c", b.lastLine(t, "resumed")["identity"])

	b.history(started("operator@a", ""), updated(api.Confirm, "approver@d"))
	answer[step.ReportOut](t, b, step.Record, step.RecordIn{Ref: b.ref(), Event: "rejected", Message: api.Confirm, Fields: map[string]string{"approver": "eve"}})
	line = b.lastLine(t, "rejected")
	assert.Equal(t, []any{"eve", "approver@d"}, []any{line["approver"], line["identity"]})

	f := b.a.Temporal.(fakeTemporal)
	f.histories.events = map[string][]*historypb.HistoryEvent{
		"":               {started("the server", "migration/acme"), signaled(api.Accept, "the server", "migration/acme")},
		"migration/acme": {started("operator@a", ""), signaled(api.Accept, "operator@e", "")},
	}
	b.a.Temporal = f
	answer[step.ReportOut](t, b, step.Record, step.RecordIn{Ref: b.ref(), Event: "accepted", Message: api.Accept})
	assert.Equal(t, "operator@e", b.lastLine(t, "accepted")["identity"])
}

// The line that ends a canceled run names who asked for it, and that of a rollback who started it: within a migration, who decided on it.
func TestEndsNameWhoAskedForThem(t *testing.T) {
	b := newUndoBench(t)
	b.history(started("operator@a", ""), signaled(api.Confirm, "approver@b", ""), cancelRequested("operator@c"), signaled(api.Pause, "operator@d", ""))
	answer[step.ReportOut](t, b, step.Finish, step.FinishIn{Ref: b.ref(), Status: api.StatusCanceled})
	assert.Equal(t, "operator@c", b.lastLine(t, "closed")["identity"])

	answer[step.OpenOut](t, b, step.OpenUndo, open(`{"migration":"acme"}`))
	line := b.lastLine(t, "rollback_started")
	assert.Equal(t, []any{"jo", "operator@a"}, []any{line["by"], line["identity"]})

	f := b.a.Temporal.(fakeTemporal)
	f.histories.events["migration/acme"] = f.histories.events[""]
	f.histories.events[""] = []*historypb.HistoryEvent{started("the server", "migration/acme")}
	in := open("")
	in.Ref, in.FirstRunID, in.Reason = b.ref(), "undo-2", "canceled"
	answer[step.OpenOut](t, b, step.OpenUndo, in)
	line = b.lastLine(t, "rollback_started")
	assert.Equal(t, []any{"canceled", "operator@c"}, []any{line["reason"], line["identity"]})
}

// A history that cannot be read for the moment is read later: no line is written without its sender.
func TestASenderThatCannotBeReadYet(t *testing.T) {
	b := newUndoBench(t)
	f := b.a.Temporal.(fakeTemporal)
	f.histories.err = serviceerror.NewUnavailable("try later")
	b.a.Temporal = f
	_, err := b.ExecuteActivity(step.Record, step.RecordIn{Ref: b.ref(), Event: "accepted", Message: api.Accept})
	require.ErrorContains(t, err, "who sent a message")
	for _, l := range auditLines(t, b.run) {
		assert.NotEqual(t, "accepted", l["event"])
	}
	f.histories.err = serviceerror.NewPermissionDenied("no histories for this key", "")
	b.a.Temporal = f
	answer[step.ReportOut](t, b, step.Record, step.RecordIn{Ref: b.ref(), Event: "accepted", Message: api.Accept})
	assert.Empty(t, b.lastLine(t, "accepted")["identity"])
}

// auditLines are the lines of the log as an export shows them.
func auditLines(t *testing.T, run *ledger.Run) []map[string]any {
	t.Helper()
	var log bytes.Buffer
	_, _, err := run.ExportAudit(t.Context(), &log)
	require.NoError(t, err)
	var out []map[string]any
	for line := range bytes.Lines(log.Bytes()) {
		var l map[string]any
		require.NoError(t, json.Unmarshal(line, &l))
		out = append(out, l)
	}
	return out
}
