package effect

import (
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// line is the audit line of one outcome.
func line(row ledger.Effect, out ledger.Outcome) ledger.AuditEvent {
	return ledger.OutcomeLine(row.EffectKey, row.Verb, out)
}

// line of a job: a file's association stands in the log with where it comes from, the record it hangs on, its size and hash, and the note
// that holds it or its place in the archive.
func (j *job) line(out ledger.Outcome) ledger.AuditEvent {
	e := line(j.row, out)
	a := j.p.Attached
	if a == nil {
		return e
	}
	e.Fields["source_parent"], e.Fields["size"], e.Fields["sha256"] = a.Parent, a.Size, a.SHA256
	if id := j.carrier(); id != 0 {
		e.Fields["record_type"], e.Fields["record_id"] = string(parentType(j.p)), id
	}
	switch {
	case j.own != nil:
		e.Fields["note"] = j.own.TargetID
	case out.ID != 0:
		e.Fields["note"] = out.ID
	}
	if j.p.Link != "" {
		e.Fields["archive"] = mapping.ArchiveFolder(j.row.SourceID)
	}
	return e
}

// carrier is the id of the record that a note, or the note of a file, is written on; 0 while it has none.
func (j *job) carrier() int64 {
	if on := j.p.NoteOn; j.on == 0 && on.ID == 0 && on.SourceID != "" {
		id, _ := j.where(on.Object, on.SourceID)
		return id
	}
	return max(j.on, j.p.NoteOn.ID)
}
