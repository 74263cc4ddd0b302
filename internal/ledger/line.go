package ledger

// outcomeEvents name what became of an effect in the audit log.
var outcomeEvents = map[State]string{
	Skipped: "skipped", Quarantined: "flagged", InDoubt: "in_doubt", Planned: "released",
}

var doneEvents = map[Verb]string{
	Create: "created", Edit: "updated", Delete: "deleted", Upload: "uploaded", Define: "defined",
}

// OutcomeLine is the audit line of one outcome: ids, codes and hashes only (I5).
func OutcomeLine(k EffectKey, verb Verb, out Outcome) AuditEvent {
	event, ok := outcomeEvents[out.State]
	if !ok {
		if event = doneEvents[verb]; out.How == "adopted" {
			event = "adopted"
		}
	}
	fields := map[string]any{
		"object": k.Object, "source_id": k.SourceID, "role": k.Role, "part": max(k.Part, 1), "epoch": k.Epoch, "target_type": out.Type, "target_id": out.ID,
	}
	for key, v := range map[string]string{"parent": k.Parent, "code": out.Code, "reason": out.Reason, "how": out.How} {
		if v != "" {
			fields[key] = v
		}
	}
	return AuditEvent{Event: event, Fields: fields}
}

// outcome appends the line of an outcome for which the caller gave none: the log holds what became of every effect.
func (t *tx) outcome(r *Run, k EffectKey, c current, from State, out Outcome) error {
	if from == Reverting {
		return nil // one line stands for all effects on a record: the caller's
	}
	if out.Type == "" {
		out.Type = c.targetType
	}
	if out.ID == 0 {
		out.ID = c.target
	}
	event := OutcomeLine(k, Verb(c.verb), out)
	if out.State == Planned && (from == Quarantined || from == Done) {
		event.Event = "requeued"
	}
	line, err := newChainEvent(r.info.Name, r.info.Gen, event)
	t.audit(line)
	return err
}
