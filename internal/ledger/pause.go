package ledger

import "context"

// SetPaused sets or clears the run's pause bit. While it is set no claim is granted; claims under way end as they would.
func (r *Run) SetPaused(ctx context.Context, on bool, by string) error {
	return wrap(r.l.write(ctx, true, 1, func(t *tx) error {
		if _, err := t.exec(t.ctx, `UPDATE migrations SET paused = ?, paused_by = ? WHERE id = ?`, flag(on), by, r.id); err != nil {
			return err
		}
		t.paused[r.id] = on
		return nil
	}), "pause %s", r.info.Name)
}

// Paused reports the pause bit.
func (r *Run) Paused(ctx context.Context) (bool, error) {
	var on bool
	err := r.l.read(ctx, func(s session) (err error) {
		on, err = paused(ctx, s, r.id, "")
		return err
	})
	return on, wrap(err, "read whether %s is paused", r.info.Name)
}
