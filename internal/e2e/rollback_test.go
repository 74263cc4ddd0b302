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

type undone struct {
	Created struct{ Deleted, Kept, Failed int64 }
	Updated struct{ Restored, Kept, Failed int64 }
	Kept    []struct {
		Object     string
		SourceID   string `json:"source_id"`
		TargetType string `json:"target_type"`
		TargetID   int64  `json:"target_id"`
		Reason     string
	}
	Proof struct {
		UntouchedChecked int64 `json:"untouched_checked"`
		UntouchedChanged int64 `json:"untouched_changed"`
		EditedByOthers   int64 `json:"edited_by_others"`
		RestoredEqual    int64 `json:"restored_equal"`
	}
}

// TestARollbackRestoresTheAccountAndKeepsPeoplesEdits undoes a completed migration by a Rollback of its own: what people did meanwhile stays.
func TestARollbackRestoresTheAccountAndKeepsPeoplesEdits(t *testing.T) {
	s := newStack(t, small(), unlimited())
	person := s.someoneAlreadyThere()
	s.work()
	s.start(`{"migration":"undone","sample_size":20,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	s.confirm("undone", s.untilGate("undone"))
	p := s.result("undone", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)

	edited := s.editOne("Contacts", map[string]any{"description": "called, wants a garden"})
	noted := s.noteOn(edited)
	back := s.rollback("undone")
	assert.Equal(t, api.StatusRolledBack, back.Status, back.Reason)

	var rep undone
	require.NoError(t, json.Unmarshal(s.archived("undone", "rollback.json"), &rep))
	t.Logf("%+v", rep)
	assert.Zero(t, rep.Created.Failed+rep.Updated.Failed)
	assert.EqualValues(t, 1, rep.Created.Kept)
	assert.Zero(t, rep.Proof.UntouchedChanged)
	snap := s.dest.Snapshot()
	for _, r := range snap.Contacts {
		if r.ID == edited || r.ID == person {
			assert.True(t, r.Live(), "person %d stays", r.ID)
			continue
		}
		assert.False(t, r.Live(), "person %d goes", r.ID)
	}
	for _, r := range snap.Notes {
		assert.Equal(t, r.ID == noted, r.Live(), "note %d", r.ID)
	}
	for _, r := range append(append(snap.Accounts, snap.Leads...), append(snap.Tasks, snap.Activities...)...) {
		assert.False(t, r.Live(), "record %d goes", r.ID)
	}
}

// rollback undoes a closed migration by a workflow of its own.
func (s *stack) rollback(migration string) api.Progress {
	return s.rollbackWithin(migration, 3*time.Minute)
}

func (s *stack) rollbackWithin(migration string, limit time.Duration) api.Progress {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RollbackIDPrefix + migration, TaskQueue: s.queue},
		api.RollbackWorkflow, json.RawMessage(`{"migration":"`+migration+`","by":"ops@example.com","reason":"wrong map"}`))
	require.NoError(s, err)
	var back api.Progress
	require.NoError(s, run.Get(ctx, &back))
	return back
}

// someoneAlreadyThere puts a person into the account whom a contact of the source matches by e-mail.
func (s *stack) someoneAlreadyThere() int64 {
	s.Helper()
	for _, row := range s.source.Rows("contacts", false) {
		if email, _ := row["email"].(string); email != "" {
			id, err := s.dest.CreateContact(map[string]any{"name": "Already There", "email": map[string]any{"0": email}, "description": "ours since 2019"})
			require.NoError(s, err)
			return id
		}
	}
	require.Fail(s, "no contact has an e-mail")
	return 0
}

// editOne is a person's edit of the newest record of a type.
func (s *stack) editOne(entityType string, change map[string]any) int64 {
	s.Helper()
	snap := s.dest.Snapshot()
	id := snap.Contacts[len(snap.Contacts)-1].ID
	require.NoError(s, s.dest.EditContact(id, change))
	return id
}

func (s *stack) noteOn(contact int64) int64 {
	s.Helper()
	id, err := s.dest.AddNote("Contacts", contact, "left a message")
	require.NoError(s, err)
	return id
}

// rollingBack starts a Rollback of its own.
func (s *stack) rollingBack(migration string) {
	s.Helper()
	_, err := s.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: api.RollbackIDPrefix + migration, TaskQueue: s.queue},
		api.RollbackWorkflow, json.RawMessage(`{"migration":"`+migration+`"}`))
	require.NoError(s, err)
}

// untilRollback waits for a progress of the Rollback.
func (s *stack) untilRollback(migration string, ok func(api.Progress) bool) (p api.Progress) {
	s.Helper()
	require.Eventually(s, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		v, err := s.client.QueryWorkflow(ctx, api.RollbackIDPrefix+migration, "", api.ProgressQuery)
		return err == nil && v.Get(&p) == nil && ok(p)
	}, 90*time.Second, 50*time.Millisecond)
	return p
}

// deleted counts the records that were deleted.
func (s *stack) deleted() int64 { return s.dest.Stats().Kinds["delete"].Accepted }
