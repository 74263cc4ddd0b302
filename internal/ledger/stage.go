package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"rezora2nutshell/internal/record"
)

// A tombstone keeps the last live payload, references and keys; a page of the current source keeps the legacy record that the union put
// beside its row, and with it that the row is of both.
const upsertStaged = `INSERT INTO staged (run, kind, id, round, deleted, provenance, updated_at, source_hash, hash, legacy_hash,
		ref1, ref2, key1, key2, key3, payload, tombstone, legacy)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
	ON CONFLICT (run, kind, id) DO UPDATE SET
		round = excluded.round, deleted = excluded.deleted, updated_at = excluded.updated_at,
		source_hash = excluded.source_hash, hash = excluded.hash, tombstone = excluded.tombstone,
		provenance = CASE WHEN excluded.deleted = 1 THEN staged.provenance
			WHEN excluded.provenance = 'current' AND length(excluded.legacy_hash) = 0 AND length(staged.legacy_hash) > 0 THEN 'both' ELSE excluded.provenance END,
		ref1 = CASE WHEN excluded.deleted = 1 THEN COALESCE(staged.ref1, excluded.ref1) ELSE excluded.ref1 END,
		ref2 = CASE WHEN excluded.deleted = 1 THEN COALESCE(staged.ref2, excluded.ref2) ELSE excluded.ref2 END,
		key1 = CASE WHEN excluded.deleted = 1 THEN COALESCE(staged.key1, excluded.key1) ELSE excluded.key1 END,
		key2 = CASE WHEN excluded.deleted = 1 THEN COALESCE(staged.key2, excluded.key2) ELSE excluded.key2 END,
		key3 = CASE WHEN excluded.deleted = 1 THEN COALESCE(staged.key3, excluded.key3) ELSE excluded.key3 END,
		payload = CASE WHEN excluded.deleted = 1 THEN staged.payload ELSE excluded.payload END,
		legacy_hash = CASE WHEN length(excluded.legacy_hash) = 0 THEN staged.legacy_hash ELSE excluded.legacy_hash END,
		legacy = CASE WHEN length(excluded.legacy_hash) = 0 THEN staged.legacy ELSE excluded.legacy END
	WHERE staged.source_hash <> excluded.source_hash
		OR length(excluded.legacy_hash) > 0 AND (staged.legacy_hash <> excluded.legacy_hash OR staged.hash <> excluded.hash)`

// StagePage stores a page of records and the cursor that follows it in one transaction (I1) and returns how many rows are new or changed
// by content. An unchanged record keeps its row and the round it last changed in. A round that is being sealed or sealed: ErrSealed.
func (r *Run) StagePage(ctx context.Context, kind record.Kind, round int, recs []record.Record, c Cursor) (changed int, err error) {
	fail := func(err error) (int, error) { return 0, fmt.Errorf("stage %s: %w", kind, err) }
	s, err := specOf(kind)
	if err != nil {
		return fail(err)
	}
	b, err := r.box()
	if err != nil {
		return fail(err)
	}
	rows, err := r.stagedRows(ctx, b, kind, s, recs)
	if err != nil {
		return fail(err)
	}
	sets := make([][]any, len(recs))
	var fresh [][]any // renewed in place although nothing changed
	for i, row := range rows {
		sets[i] = []any{r.id, s.code, row.id, round, flag(row.deleted), string(row.provenance), row.updatedAt, row.sourceHash, row.hash, row.legacyHash,
			row.refs[0], row.refs[1], row.keys[0], row.keys[1], row.keys[2], row.payload, row.tombstone, row.legacyRaw}
		if s.volatile != nil && !row.deleted {
			fresh = append(fresh, []any{row.payload, r.id, s.code, row.id, row.sourceHash})
		}
	}
	cursor, err := r.cursorArgs(b, stagedScope(kind, round), c)
	if err != nil {
		return fail(err)
	}
	err = r.l.write(ctx, false, len(recs)+1, func(t *tx) error {
		changed = 0
		if err := t.mayStage(r.id, round); err != nil {
			return err
		}
		ns, err := t.execEach(t.ctx, upsertStaged, sets)
		if err != nil {
			return err
		}
		t.grown["staged"] += len(sets)
		for _, n := range ns {
			changed += int(n)
		}
		if len(fresh) > 0 {
			const q = `UPDATE staged SET payload = ? WHERE run = ? AND kind = ? AND id = ? AND source_hash = ?`
			if _, err := t.execEach(t.ctx, q, fresh); err != nil {
				return err
			}
		}
		_, err = t.exec(t.ctx, putCursor, cursor...)
		return err
	})
	if err != nil {
		return fail(err)
	}
	return changed, nil
}

// mayStage refuses a sealed round; on PostgreSQL it keeps a seal from beginning before this transaction has ended.
func (t *tx) mayStage(run int64, round int) error {
	if t.l.d == postgresDialect {
		if _, err := t.exec(t.ctx, `SELECT pg_advisory_xact_lock_shared(?)`, sealLock(run, round)); err != nil {
			return err
		}
	}
	var n int64
	if _, err := one(t.ctx, t, `SELECT count(*) FROM seals WHERE run = ? AND round = ?`, []any{run, round}, &n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%w: round %d", ErrSealed, round)
	}
	return nil
}

const putCursor = `INSERT INTO cursors (run, scope, walk, data) VALUES (?, ?, ?, ?) ON CONFLICT (run, scope, walk) DO UPDATE SET data = excluded.data`

func stagedScope(kind record.Kind, round int) string { return fmt.Sprintf("staged/%s/%d", kind, round) }

func (r *Run) cursorArgs(b *box, scope string, c Cursor) ([]any, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("cursor: %w", err)
	}
	return []any{r.id, scope, c.Walk, b.seal(r.place("cursors", scope+"/"+c.Walk), raw)}, nil
}

// Cursor is where a walk over a kind stands in a round; the zero cursor when it has not begun.
func (r *Run) Cursor(ctx context.Context, kind record.Kind, round int, walk string) (Cursor, error) {
	c, err := r.cursor(ctx, stagedScope(kind, round), walk)
	return c, wrap(err, "read the cursor of %s", kind)
}

// PutCursor moves a walk that brought no rows.
func (r *Run) PutCursor(ctx context.Context, kind record.Kind, round int, c Cursor) error {
	return wrap(r.putCursor(ctx, stagedScope(kind, round), c), "store the cursor of %s", kind)
}

func (r *Run) putCursor(ctx context.Context, scope string, c Cursor) error {
	b, err := r.box()
	if err != nil {
		return err
	}
	args, err := r.cursorArgs(b, scope, c)
	if err != nil {
		return err
	}
	return r.l.write(ctx, false, 1, func(t *tx) error {
		_, err := t.exec(t.ctx, putCursor, args...)
		return err
	})
}

func (r *Run) cursor(ctx context.Context, scope, walk string) (Cursor, error) {
	c := Cursor{Walk: walk}
	b, err := r.box()
	if err != nil {
		return c, err
	}
	var sealed []byte
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT data FROM cursors WHERE run = ? AND scope = ? AND walk = ?`, []any{r.id, scope, walk}, &sealed)
		return err
	})
	if err != nil || len(sealed) == 0 {
		return c, err
	}
	raw, err := b.open(r.place("cursors", scope+"/"+walk), sealed)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(raw, &c)
}
