package effect_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// lines of a source record in the audit log, by role.
func (w *world) lines(t *testing.T, id string) map[string]map[string]any {
	t.Helper()
	var log bytes.Buffer
	_, _, err := w.run.ExportAudit(t.Context(), &log)
	require.NoError(t, err)
	out := map[string]map[string]any{}
	for line := range bytes.Lines(log.Bytes()) {
		var l map[string]any
		require.NoError(t, json.Unmarshal(line, &l))
		if l["source_id"] == id {
			out[l["role"].(string)] = l
		}
	}
	return out
}

// The association of every file stands in the audit log: where it comes from, the record it hangs on, its size and hash, and the note that
// holds it, or its place in the archive.
func TestAFilesAssociationStandsInTheLog(t *testing.T) {
	w := newWorld(t, nil)
	w.person("p1", "")
	w.attachment("f1", "p1")
	sum := w.plans[key(mapping.Attachments, "f1", mapping.RoleNote)].Attached.SHA256
	on := mapping.Ref{Object: mapping.People, SourceID: "p1"}
	w.add(ledger.Effect{EffectKey: key(mapping.Attachments, "f2", mapping.RoleNote), Verb: ledger.Create}, mapping.Projection{Type: "Notes",
		Text: "[Rezora file f2] film.mov", NoteOn: on, Link: "https://archive/f2", Attached: &mapping.Attached{Parent: "contact/p1", Size: 3 << 30, SHA256: sum}})
	require.NoError(t, w.run.Plan(t.Context(), w.effects))
	require.NoError(t, w.finish(t.Context()))

	person := float64(w.effect(t, key(mapping.People, "p1", mapping.RoleRecord)).TargetID)
	note := float64(w.effect(t, key(mapping.Attachments, "f1", mapping.RoleNote)).TargetID)
	file := float64(w.effect(t, key(mapping.Attachments, "f1", mapping.RoleFile)).TargetID)
	link := float64(w.effect(t, key(mapping.Attachments, "f2", mapping.RoleNote)).TargetID)
	fields := func(l map[string]any) []any {
		return []any{l["event"], l["target_type"], l["target_id"], l["source_parent"], l["record_type"], l["record_id"], l["size"], l["sha256"], l["note"], l["archive"]}
	}
	size := float64(len(content))
	f1, f2 := w.lines(t, "f1"), w.lines(t, "f2")
	assert.Equal(t, []any{"created", "Notes", note, "interaction/i1", "Contacts", person, size, sum, note, nil}, fields(f1[mapping.RoleNote]))
	assert.Equal(t, []any{"uploaded", "Files", file, "interaction/i1", "Contacts", person, size, sum, note, nil}, fields(f1[mapping.RoleFile]))
	assert.Equal(t, []any{"created", "Notes", link, "contact/p1", "Contacts", person, float64(3 << 30), sum, link, "attachments/f2"}, fields(f2[mapping.RoleNote]))
}
