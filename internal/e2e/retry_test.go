package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
)

// explain runs the command beside the worker.
func (s *stack) explain(args ...string) string {
	s.Helper()
	code, out := s.command(append([]string{"explain"}, args...)...)
	require.Zero(s, code, out)
	return out
}

func (s *stack) retry(input string) (api.Retried, error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RetryIDPrefix + name(input), TaskQueue: s.queue}, api.RetryWorkflow, json.RawMessage(input))
	require.NoError(s, err)
	var out api.Retried
	return out, run.Get(ctx, &out)
}

// TestOneRecordIsTriedAgainAlone: a person's owner is switched off while the run waits, so Nutshell refuses that one record, and its note
// has nothing to hang on. Once the user is back, both are tried again by name, after the run has ended; then all is as the map demands,
// once, and can be undone.
func TestOneRecordIsTriedAgainAlone(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	agent := s.put("agents", map[string]any{"email": "late@example.com", "first_name": "Lou", "last_name": "Late", "display_name": "Lou Late", "role": "agent", "status": "active"})
	user := s.dest.AddUser("Lou Late", "late@example.com", true)
	person := s.put("contacts", map[string]any{"owner_agent_id": agent, "name": "Only One", "email": "only.one@example.com", "kind": "normal"})
	s.put("notes", map[string]any{"parent_type": "contact", "parent_id": person, "body": "waits for its person", "noted_at": "2024-03-10T07:30:00Z"})
	before := s.dest.Snapshot()
	s.work()
	s.start(`{"migration":"alone","sample_size":20,"delta_window":"0s","map_gate":"confirm",` + fallback + `}`)
	gate := s.until("alone", "the map gate", time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	s.dest.SetUserEnabled(user, false)
	s.confirm("alone", gate)
	sample := s.until("alone", "the approval gate", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseApproval && p.WaitingFor == api.Confirm })
	s.confirm("alone", sample)
	p := s.result("alone", 2*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	assert.Zero(t, liveKeys(s.dest.Snapshot().Contacts)[person])

	in := `{"migration":"alone","object":"people","source_id":"` + person + `","by":"jo@example.com","reason":"the user is back"}`
	out, err := s.retry(in)
	require.NoError(t, err)
	assert.Equal(t, 1, out.Tried)
	assert.Equal(t, 1, out.Quarantined, "the cause is not mended: it stays set aside")
	assert.NotEmpty(t, out.Reason)

	s.dest.SetUserEnabled(user, true)
	out, err = s.retry(in)
	require.NoError(t, err)
	assert.Equal(t, api.Retried{Tried: 2, Done: 2}, out, "the person and its note")
	s.judge("alone", before, false, nil)
	s.exactlyOnce()
	told := s.explain("alone", "people", person)
	for _, want := range []string{"owner_agent_id " + agent + ": user ", "read from    the current API", "fields written: ", "written since, or deleted"} {
		assert.Contains(t, told, want)
	}
	other := s.firstID("contacts")
	field := s.explain("alone", "people", other, "name")
	for _, want := range []string{"In the source record, name", "equal: Nutshell shows ", "by the reconciliation, 20", "carried"} {
		assert.Contains(t, field, want)
	}
	assert.NotContains(t, field, "customFields", "of one field only")
	assert.Contains(t, string(s.archived("alone", "id-map.csv")), "people,"+person+",Contacts,")
	assert.Contains(t, string(s.archived("alone", "audit.jsonl")), `"event":"retried"`)
	_, err = s.retry(in)
	require.ErrorContains(t, err, "nothing of people "+person+" is set aside")
	_, err = s.retry(`{"migration":"alone","object":"nothing","source_id":"1"}`)
	require.ErrorContains(t, err, "object")
	s.rollBack("alone", before)
	_, err = s.retry(in)
	require.ErrorContains(t, err, "rolled back")
}
