package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// reader opens the ledger beside the worker, as commands that only read do.
func (s *stack) reader(migration string) *ledger.Run {
	s.Helper()
	l, err := ledger.Open(context.Background(), ledger.Options{URL: s.env["LEDGER_URL"], ReadOnly: true})
	require.NoError(s, err)
	s.Cleanup(func() { assert.NoError(s, l.Close()) })
	run, err := l.Run(context.Background(), migration)
	require.NoError(s, err)
	return run
}

// auditLog is the exported log of a migration, whole by its own word.
func (s *stack) auditLog(migration string) []map[string]any {
	s.Helper()
	log := s.archived(migration, "audit.jsonl")
	n, bad, why, err := ledger.VerifyAudit(bytes.NewReader(log))
	require.NoError(s, err)
	require.Zero(s, bad, why)
	out := make([]map[string]any, 0, n)
	for line := range bytes.Lines(log) {
		var l map[string]any
		require.NoError(s, json.Unmarshal(line, &l))
		out = append(out, l)
	}
	return out
}

// eventsFor are the events that may stand last in the log for an effect in a state.
var eventsFor = map[ledger.State]string{
	ledger.Done: "created updated deleted uploaded defined adopted", ledger.Skipped: "skipped", ledger.Quarantined: "flagged",
	ledger.InDoubt: "in_doubt", ledger.Planned: "released requeued", ledger.Reverted: "deleted restored", ledger.Kept: "kept restored_in_part deleted",
}

// everyEffectIsLogged compares the log with the journal: each effect that is settled has a line, and the last one says what it is.
func (s *stack) everyEffectIsLogged(migration string, log []map[string]any) {
	s.Helper()
	last := map[string]string{}
	for _, l := range log {
		last[fmt.Sprint(l["object"], l["source_id"], l["role"], l["parent"], l["part"], l["epoch"])] = l["event"].(string)
	}
	n := 0
	require.NoError(s, s.reader(migration).EachEffect(context.Background(), ledger.EffectFilter{}, func(e ledger.Effect) error {
		n++
		var parent any
		if e.Parent != "" {
			parent = e.Parent
		}
		event := last[fmt.Sprint(e.Object, e.SourceID, e.Role, parent, e.Part, e.Epoch)]
		settled := e.State != ledger.Reverted && e.State != ledger.Kept // those have one line a record
		if settled && e.State != ledger.Planned {
			assert.Contains(s, strings.Fields(eventsFor[e.State]), event, "%s is %s, the log says %q", e.EffectKey, e.State, event)
		}
		return nil
	}))
	assert.Greater(s, n, 100)
}

// filesAreLogged looks for the association of every attachment that is in Nutshell or in the archive.
func (s *stack) filesAreLogged(migration string, log []map[string]any) {
	s.Helper()
	lines := map[string]map[string]any{}
	for _, l := range log {
		if id, ok := l["source_id"].(string); ok && l["object"] == "attachments" && l["sha256"] != nil {
			lines[id] = l
		}
	}
	n := 0
	run := s.reader(migration)
	require.NoError(s, run.Each(context.Background(), record.Attachments, true, func(r ledger.Staged) error {
		var a record.Attachment
		require.NoError(s, r.Decode(&a))
		l := lines[a.ID]
		if l == nil {
			return nil // set aside: a line of its own says why
		}
		n++
		assert.Equal(s, a.ParentType+"/"+a.ParentID, l["source_parent"], a.ID)
		assert.Len(s, l["sha256"], 64, a.ID)
		assert.NotNil(s, l["size"], a.ID)
		if l["archive"] != nil {
			assert.Equal(s, "attachments/"+a.ID, l["archive"])
			return nil
		}
		assert.Positive(s, l["note"], a.ID)
		assert.Positive(s, l["record_id"], a.ID)
		assert.NotEmpty(s, l["record_type"], a.ID)
		return nil
	}))
	assert.Positive(s, n)
}

// TestTheAuditLogIsCompleteAndVerifies: every effect and every decision, who and when, and the sender whom Temporal recorded beside the one
// claimed.
func TestTheAuditLogIsCompleteAndVerifies(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.furnish()
	s.work()
	s.start(`{"migration":"audited","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("audited")
	s.signal("audited", api.Pause, api.By{By: "ops@example.com", Reason: "lunch"})
	s.until("audited", "the pause", time.Minute, func(p api.Progress) bool { return p.Status == api.StatusPaused })
	require.NoError(t, s.tryUpdate("audited", api.Resume, api.By{By: "ops@example.com"}))
	s.confirm("audited", gate)
	p := s.result("audited", 2*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)

	log := s.auditLog("audited")
	assert.Equal(t, p.AuditHead, log[len(log)-1]["hash"])
	s.everyEffectIsLogged("audited", log)
	s.filesAreLogged("audited", log)
	me := fmt.Sprintf("%d@", os.Getpid()) // what the SDK calls this process, but for the host
	said := map[string]map[string]any{}
	for _, l := range log {
		said[l["event"].(string)] = l
	}
	assert.Contains(t, said["started"]["identity"], me)
	for event, claimed := range map[string][2]string{"paused": {"by", "ops@example.com"}, "resumed": {"by", "ops@example.com"}, "approved": {"approver", "jo@example.com"}} {
		require.NotNil(t, said[event], event)
		assert.Equal(t, claimed[1], said[event][claimed[0]], "%s: who they say they are", event)
		assert.Contains(t, said[event]["identity"], me, "%s: who Temporal says they are", event)
	}
	assert.Equal(t, "lunch", said["paused"]["reason"])
}
