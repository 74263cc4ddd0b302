package effect

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/target"
)

// copyTouched tells whether a person has worked on a second copy: a value that we sent is another, there is one that we never saw, or
// something of people's own hangs on it. What the server fills in by itself does not count.
func (w *Writer) copyTouched(ctx context.Context, j *job, e nutshell.Entity) (bool, error) {
	view, err := target.FromWire(j.p.Type, e.Raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		return false, fmt.Errorf("read copy %d of %s: %w", e.ID, name(j.row.EffectKey), err)
	}
	if w.changed(j, view) {
		return true, nil
	}
	switch e.Type {
	case nutshell.Contacts, nutshell.Accounts, nutshell.Leads:
		return w.foreignOn(ctx, e)
	}
	return false, nil
}

// changed compares a copy with what Nutshell showed of the record in the journal when it was made from the same demands.
func (w *Writer) changed(j *job, view target.View) bool {
	if j.row.Shown == nil {
		if j.p.Text == "" && len(j.wants) == 0 {
			return true // neither what was demanded nor what it showed is known any more, so nobody can say that it is untouched
		}
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
