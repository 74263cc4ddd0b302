package ledger

import (
	"context"
	"encoding/json"
)

// LoadRate reads the limiter's state for a class of call; nil and version 0 when there is none. It belongs to the ledger: all runs and
// workers share it.
func (l *Ledger) LoadRate(ctx context.Context, class string) (state json.RawMessage, version int64, err error) {
	var text string
	err = l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT state, version FROM rates WHERE class = ?`, []any{class}, &text, &version)
		return err
	})
	if text != "" {
		state = json.RawMessage(text)
	}
	return state, version, wrap(err, "read the rate of %s", class)
}

// StoreRate replaces the state if it is still of the version that was loaded (0: there was none), and reports whether it was.
func (l *Ledger) StoreRate(ctx context.Context, class string, state json.RawMessage, version int64) (ok bool, err error) {
	err = l.write(ctx, false, 1, func(t *tx) error {
		q, args := `UPDATE rates SET state = ?, version = version + 1 WHERE class = ? AND version = ?`, []any{string(state), class, version}
		if version == 0 {
			q, args = `INSERT INTO rates (state, class, version) VALUES (?, ?, 1) ON CONFLICT (class) DO NOTHING`, args[:2]
		}
		n, err := t.exec(t.ctx, q, args...)
		ok = n == 1
		return err
	})
	return ok, wrap(err, "store the rate of %s", class)
}
