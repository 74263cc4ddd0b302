package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// counters are the numbers of all objects: a record counts once, by the effect that makes it; closing a lead, completing a task or
// sending a file are further calls for the same record.
func (w *work) counters(ctx context.Context) (step.Counters, error) {
	counts, err := w.run.Counts(ctx)
	if err != nil {
		return step.Counters{}, fmt.Errorf("count effects: %w", err)
	}
	byObject := map[string]*api.ObjectProgress{}
	out := step.Counters{Objects: make([]api.ObjectProgress, len(api.Objects))}
	for i, o := range api.Objects {
		out.Objects[i].Object = o
		byObject[o] = &out.Objects[i]
	}
	for _, c := range counts {
		o := byObject[c.Object]
		if o == nil || !counted(c) {
			continue
		}
		if c.Round == 0 || c.Verb == ledger.Create {
			o.Total += c.N
		}
		add(o, c)
	}
	return out, nil
}

// counted leaves out the further calls of a record.
func counted(c ledger.Count) bool {
	switch c.Object {
	case mapping.Attachments, mapping.LeadObjects:
		return c.Role == mapping.RoleRecord || c.Object == mapping.Attachments && c.Role == mapping.RoleNote
	case mapping.Activities, mapping.NoteObjects, mapping.TaskObjects, mapping.Companies, mapping.People:
		return c.Role == mapping.RoleRecord
	}
	return false
}

func add(o *api.ObjectProgress, c ledger.Count) {
	switch c.State {
	case ledger.Done:
		if c.How == decide.Merged || c.How == decide.Ours || c.Verb == ledger.Edit {
			o.Updated += c.N
		} else if c.Verb == ledger.Create {
			o.Created += c.N
		}
	case ledger.Skipped:
		if c.Round == 0 {
			o.Skipped += c.N
		}
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
