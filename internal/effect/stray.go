package effect

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// SweepStray deletes a record that carries our key and that the journal does not point to: a request that was counted as not made and
// carried out after all. One that a person has touched stays. effects are those of the source record it belongs to. It answers whether
// the record is gone.
func (w *Writer) SweepStray(ctx context.Context, t nutshell.EntityType, id int64, effects []ledger.Effect) (bool, error) {
	e, err := w.Client.Get(ctx, t, id)
	switch {
	case nutshell.IsNotFound(err), err == nil && e.Deleted:
		return true, nil
	case err != nil:
		return false, fmt.Errorf("read stray %s %d: %w", t, id, err)
	}
	var rows []ledger.Effect
	for _, row := range effects {
		if row.Verb == ledger.Create && row.TargetType == string(t) && row.TargetID != id {
			rows = append(rows, row)
		}
	}
	jobs, err := w.jobsOf(ctx, rows)
	if err != nil {
		return false, err
	}
	view, err := target.FromWire(string(t), e.Raw, w.Defs[t])
	if err != nil {
		return false, fmt.Errorf("read stray %s %d: %w", t, id, err)
	}
	var match *job
	for _, j := range jobs {
		if t == nutshell.Notes && !isNoteOf(j, e) {
			continue
		}
		if match == nil || besides(j, view) {
			match = j
		}
	}
	if match == nil {
		return false, nil
	}
	return w.deleteNow(ctx, match, "copy", e, w.copyTouched)
}

// besides tells that the record in the journal hangs on what a copy hangs on: a campaign's note stands on every person who received it.
func besides(j *job, view target.View) bool {
	for p := range j.row.Shown {
		if _, _, linked := target.Path(p).Linked(); linked && view.Has(target.Path(p)) {
			return true
		}
	}
	return false
}
