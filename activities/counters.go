package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// counters are the numbers of all objects.
func (w *work) counters(ctx context.Context) (step.Counters, error) {
	counts, err := w.run.Counts(ctx)
	if err != nil {
		return step.Counters{}, fmt.Errorf("count effects: %w", err)
	}
	return step.Counters{Objects: Objects(counts)}, nil
}

// Objects are the numbers of all objects as the ledger counts them: a record counts once, by the effect that makes it; closing a lead,
// completing a task or sending a file are further calls for the same record.
func Objects(counts []ledger.Count) []api.ObjectProgress {
	byObject := map[string]*api.ObjectProgress{}
	out := make([]api.ObjectProgress, len(api.Objects))
	for i, o := range api.Objects {
		out[i].Object = o
		byObject[o] = &out[i]
	}
	for _, c := range counts {
		o := byObject[unitObject(c.Object, c.Role)]
		if o == nil || !counted(c) {
			continue
		}
		o.Total += c.N
		add(o, c)
	}
	return out
}

// unitObject is the object a record counts under: a lead's note is a note.
func unitObject(object, role string) string {
	if object == mapping.LeadObjects && role == mapping.RoleNote {
		return mapping.NoteObjects
	}
	return object
}

// counted leaves out the further calls of a record, and further parts of a task's or activity's text.
func counted(c ledger.Count) bool {
	if c.Role == mapping.RoleNote {
		return c.Object == mapping.Attachments || c.Object == mapping.LeadObjects
	}
	return c.Role == mapping.RoleRecord && (c.Verb != ledger.Edit || c.Round == 0)
}

func add(o *api.ObjectProgress, c ledger.Count) {
	switch c.State {
	case ledger.Done:
		if c.Verb == ledger.Edit {
			o.Updated += c.N
		} else {
			o.Created += c.N
		}
	case ledger.Skipped:
		o.Skipped += c.N
	case ledger.Quarantined:
		o.Flagged += c.N
	case ledger.InDoubt, ledger.Intent:
		o.InDoubt += c.N
	case ledger.Reverted:
		o.Reverted += c.N
	case ledger.Kept:
		o.Kept += c.N
	}
}
