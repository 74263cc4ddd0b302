package ledger

import (
	"context"
	"encoding/json"
	"fmt"
)

// PutValue stores a small value under a key, as JSON, encrypted.
func (r *Run) PutValue(ctx context.Context, key string, v any) error {
	b, err := r.box()
	if err != nil {
		return fmt.Errorf("store value %s: %w", key, err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store value %s: %w", key, err)
	}
	sealed := b.seal(r.place("kv", key), raw)
	err = r.l.write(ctx, true, 1, func(t *tx) error {
		_, err := t.exec(t.ctx, `INSERT INTO kv (run, name, value) VALUES (?, ?, ?) ON CONFLICT (run, name) DO UPDATE SET value = excluded.value`,
			r.id, key, sealed)
		return err
	})
	if err != nil {
		return fmt.Errorf("store value %s: %w", key, err)
	}
	return nil
}

// Value reads what PutValue stored into v and reports whether there was anything.
func (r *Run) Value(ctx context.Context, key string, v any) (bool, error) {
	b, err := r.box()
	if err != nil {
		return false, fmt.Errorf("read value %s: %w", key, err)
	}
	var sealed []byte
	var found bool
	err = r.l.read(ctx, func(s session) (err error) {
		found, err = one(ctx, s, `SELECT value FROM kv WHERE run = ? AND name = ?`, []any{r.id, key}, &sealed)
		return err
	})
	if err != nil || !found {
		return false, wrap(err, "read value %s", key)
	}
	raw, err := b.open(r.place("kv", key), sealed)
	if err != nil {
		return false, fmt.Errorf("read value %s: %w", key, err)
	}
	return true, wrap(json.Unmarshal(raw, v), "read value %s", key)
}

// DeleteValue forgets a value.
func (r *Run) DeleteValue(ctx context.Context, key string) error {
	return wrap(r.l.write(ctx, true, 1, func(t *tx) error {
		_, err := t.exec(t.ctx, `DELETE FROM kv WHERE run = ? AND name = ?`, r.id, key)
		return err
	}), "delete value %s", key)
}

// place names where a sealed value is stored, so that it opens nowhere else.
func (r *Run) place(table, key string) string { return fmt.Sprintf("%s/%d/%s", table, r.id, key) }

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
