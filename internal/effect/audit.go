package effect

import (
	"rezora2nutshell/internal/ledger"
)

// events name what became of an effect in the audit log.
var events = map[ledger.State]string{
	ledger.Skipped: "skipped", ledger.Quarantined: "flagged", ledger.InDoubt: "in_doubt", ledger.Planned: "released",
}

var doneEvents = map[ledger.Verb]string{
	ledger.Create: "created", ledger.Edit: "updated", ledger.Delete: "deleted", ledger.Upload: "uploaded", ledger.Define: "defined",
}

// line is the audit line of one outcome: ids, codes and hashes only (I5).
func line(row ledger.Effect, out ledger.Outcome) ledger.AuditEvent {
	event, ok := events[out.State]
	if !ok {
		if event = doneEvents[row.Verb]; out.How == "adopted" {
			event = "adopted"
		}
	}
	fields := map[string]any{
		"object": row.Object, "source_id": row.SourceID, "role": row.Role, "part": row.Part, "epoch": row.Epoch, "target_type": out.Type, "target_id": out.ID,
	}
	for key, v := range map[string]string{"parent": row.Parent, "code": out.Code, "reason": out.Reason, "how": out.How} {
		if v != "" {
			fields[key] = v
		}
	}
	return ledger.AuditEvent{Event: event, Fields: fields}
}

// line of a job: a file's association stands in the log with its parent, record, size and hash.
func (j *job) line(out ledger.Outcome) ledger.AuditEvent {
	e := line(j.row, out)
	if f := j.p.File; f != nil {
		e.Fields["size"], e.Fields["sha256"] = f.Size, f.SHA256
		if j.own != nil {
			e.Fields["note"] = j.own.TargetID
		}
	}
	if j.p.Link != "" {
		e.Fields["archive"] = "attachments/" + j.row.SourceID
	}
	return e
}
