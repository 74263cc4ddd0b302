package effect

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/target"
)

// copyTouched tells whether a person has worked on a second copy: a value that we sent is another, there is one that we never saw, or
// something hangs on it. Our own items hang on the record in the journal only. What the server fills in by itself does not count.
func (w *Writer) copyTouched(ctx context.Context, j *job, e nutshell.Entity) (bool, error) {
	view, err := target.FromWire(j.p.Type, e.Raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		return false, fmt.Errorf("read copy %d of %s: %w", e.ID, name(j.row.EffectKey), err)
	}
	if w.changed(j, view) || len(nutshell.List(e.Raw["notes"])) > 0 && e.Type != nutshell.Activities {
		return true, nil
	}
	return w.hangsOn(ctx, e)
}

// changed compares a copy with what Nutshell showed of the record in the journal when it was made from the same demands.
func (w *Writer) changed(j *job, view target.View) bool {
	if j.row.Shown == nil {
		for _, f := range target.Compare(j.wants, view, j.where) {
			if f.Verdict == target.Mismatch {
				return true
			}
		}
		return false
	}
	for _, p := range target.Touched(j.row.Shown, view, w.Run.ShortHash, nil) {
		_, before := j.row.Shown[string(p)]
		_, _, linked := p.Linked()
		switch {
		case linked && !view.Has(p): // the record at the other end is gone
		case !before, slices.Contains(j.row.Ours, string(p)):
			return true
		}
	}
	return false
}

// hangsOn asks for tasks, activities and notes of a contact, account or lead.
func (w *Writer) hangsOn(ctx context.Context, e nutshell.Entity) (bool, error) {
	switch e.Type {
	case nutshell.Contacts, nutshell.Accounts, nutshell.Leads:
	default:
		return false, nil
	}
	tasks, err := w.Client.Find(ctx, nutshell.Tasks, nutshell.Query{Filter: map[string]any{"entity": e.Type.Link(e.ID)}, Limit: 1})
	if err != nil {
		return false, fmt.Errorf("read the tasks of %s %d: %w", e.Type, e.ID, err)
	}
	items, _, err := w.Client.Timeline(ctx, e.Type, e.ID, 1, true)
	if err != nil && !nutshell.IsNotFound(err) && !nutshell.IsMethodMissing(err) {
		return false, fmt.Errorf("read the timeline of %s %d: %w", e.Type, e.ID, err)
	}
	return len(tasks)+len(items) > 0, nil
}
