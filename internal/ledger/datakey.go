package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func keyPlace(id int64, name string) string { return fmt.Sprintf("data_keys/%d/%s", id, name) }

// dataKey returns the id of the name's living key and makes one when there is none.
func (t *tx) dataKey(name string) (int64, error) {
	var id int64
	found, err := one(t.ctx, t, `SELECT id FROM data_keys WHERE name = ? AND destroyed_at = 0 ORDER BY id DESC LIMIT 1`, []any{name}, &id)
	if err != nil || found {
		return id, err
	}
	now, err := t.clock()
	if err != nil {
		return 0, err
	}
	if _, err := one(t.ctx, t, `INSERT INTO data_keys (name, wrapped, created_at) VALUES (?, ?, ?) RETURNING id`, []any{name, []byte{}, now}, &id); err != nil {
		return 0, err
	}
	wrapped := t.l.master.seal(keyPlace(id, name), randomBytes(keyBytes))
	_, err = t.exec(t.ctx, `UPDATE data_keys SET wrapped = ? WHERE id = ?`, wrapped, id)
	return id, err
}

// openDataKey unwraps a key; nil when it was destroyed.
func (l *Ledger) openDataKey(ctx context.Context, id int64, name string) (*box, error) {
	var wrapped []byte
	err := l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT wrapped FROM data_keys WHERE id = ? AND destroyed_at = 0`, []any{id}, &wrapped)
		return err
	})
	if err != nil || len(wrapped) == 0 {
		return nil, err
	}
	key, err := l.master.open(keyPlace(id, name), wrapped)
	if err != nil {
		return nil, err
	}
	return newBox(key)
}

// Shred destroys the key that this run's payloads, values, pre-images and match hashes depend on, for every generation that shares it.
// Ids, states, counts and the audit log stay. A run that has neither completed nor is rolled back: ErrIllegal. It may be repeated, and then
// finishes what was cut short. by is who asked for it, as they said.
// What it cannot reach: copies of the ledger file or backups of the server made before, together with the key file.
func (r *Run) Shred(ctx context.Context, by string) error {
	if r.l.d == sqliteDialect {
		if err := r.l.write(ctx, true, 1, func(t *tx) error { // overwrites freed bytes with zeros, from the next transaction on
			_, err := t.exec(t.ctx, `PRAGMA secure_delete=ON`)
			return err
		}); err != nil {
			return fmt.Errorf("shred %s: %w", r.info.Name, err)
		}
	}
	lines, err := r.chainEvents([]AuditEvent{{Event: "shredded", Fields: map[string]any{"by": by}}})
	if err != nil {
		return err
	}
	err = r.l.write(ctx, true, 1, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		var status string
		if _, err := one(t.ctx, t, `SELECT status FROM migrations WHERE id = ?`+t.l.d.forUpdate, []any{r.id}, &status); err != nil {
			return err
		}
		if status != StatusCompleted && status != StatusRolledBack {
			return fmt.Errorf("%w: it is %s", ErrIllegal, status)
		}
		n, err := t.exec(t.ctx, `UPDATE data_keys SET wrapped = ?, destroyed_at = ? WHERE id = ? AND destroyed_at = 0`, []byte{}, now, r.keyID)
		if err != nil || n == 0 {
			return err
		}
		if _, err := t.exec(t.ctx, `UPDATE migrations SET shredded_at = ? WHERE key_id = ?`, now, r.keyID); err != nil {
			return err
		}
		t.audit(lines...)
		return nil
	})
	if err != nil {
		return fmt.Errorf("shred %s: %w", r.info.Name, err)
	}
	r.key.Store(nil)
	r.mu.Lock()
	if rows, err := r.l.lookupGeneration(ctx, r.id); err == nil {
		r.info = rows.Generation
	}
	r.mu.Unlock()
	return r.l.scrub(ctx)
}

func (l *Ledger) lookupGeneration(ctx context.Context, id int64) (generationRow, error) {
	var g generationRow
	err := l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT `+generationColumns+` FROM migrations WHERE id = ?`, func(row scanner) (err error) {
			g, err = scanGeneration(row)
			return err
		}, id)
	})
	return g, err
}

// scrub removes the old bytes of the key from where the store still keeps them: SQLite's log, PostgreSQL's dead rows.
func (l *Ledger) scrub(ctx context.Context) error {
	if l.d == postgresDialect {
		return wrap(l.w.outside(ctx, `VACUUM data_keys`), "scrub the destroyed key")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := l.w.outside(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		if !errors.Is(err, errBusy) || ctx.Err() != nil {
			return wrap(err, "scrub the destroyed key")
		}
		time.Sleep(20 * time.Millisecond) // readers hold the log for moments only
	}
}
