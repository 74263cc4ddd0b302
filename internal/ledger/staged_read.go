package ledger

import (
	"context"
	"encoding/json"
	"slices"

	"rezora2nutshell/internal/record"
)

// streamChunk is how many rows a streaming read holds at once.
const streamChunk = 256

// stagedColumns of table alias d, the first columns of every query that reads staged records.
const stagedColumns = `d.id, d.round, d.deleted, d.provenance, d.updated_at, d.payload, d.tombstone, d.legacy`

// sealedStaged is a row as read, still encrypted.
type sealedStaged struct {
	id, provenance             string
	round, deleted, updated    int64
	payload, tombstone, legacy []byte
	seq                        int64
}

func (x *sealedStaged) dest(more ...any) []any {
	return append([]any{&x.id, &x.round, &x.deleted, &x.provenance, &x.updated, &x.payload, &x.tombstone, &x.legacy}, more...)
}

func (r *Run) decrypt(b *box, kind record.Kind, spec kindSpec, x sealedStaged) (Staged, error) {
	place := r.stagedPlace(spec, x.id)
	plain, err := b.open(place, x.payload)
	if err != nil {
		return Staged{}, err
	}
	canon, raw, err := unframe(plain)
	if err != nil {
		return Staged{}, wrap(err, "%s", place)
	}
	var legacy, tombstone []byte
	if len(x.legacy) > 0 {
		if legacy, err = b.open(place+"/legacy", x.legacy); err != nil {
			return Staged{}, err
		}
	}
	if len(x.tombstone) > 0 {
		if tombstone, err = b.open(place+"/tombstone", x.tombstone); err != nil {
			return Staged{}, err
		}
	}
	return Staged{
		Record: record.Record{Kind: kind, ID: x.id, UpdatedAt: fromMicros(x.updated), Deleted: x.deleted != 0,
			Provenance: record.Provenance(x.provenance), Canon: canon, Raw: json.RawMessage(raw), Legacy: json.RawMessage(legacy)},
		Seq: x.seq, Round: int(x.round), Tombstone: json.RawMessage(tombstone),
	}, nil
}

func (r *Run) decryptAll(kind record.Kind, spec kindSpec, rows []sealedStaged) ([]Staged, error) {
	b, err := r.box()
	if err != nil {
		return nil, err
	}
	out := make([]Staged, len(rows))
	for i, x := range rows {
		if out[i], err = r.decrypt(b, kind, spec, x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SealedPage reads the records numbered from..to (both included) of a sealed set, as they are now: a later round may have changed or
// deleted them.
func (r *Run) SealedPage(ctx context.Context, round int, kind record.Kind, from, to int64) ([]Staged, error) {
	spec, err := specOf(kind)
	if err != nil {
		return nil, err
	}
	var rows []sealedStaged
	const q = `SELECT ` + stagedColumns + `, s.seq FROM sealed_rows s JOIN staged d ON d.run = s.run AND d.kind = s.kind AND d.id = s.id
		WHERE s.run = ? AND s.round = ? AND s.kind = ? AND s.seq BETWEEN ? AND ? ORDER BY s.seq`
	err = r.l.read(ctx, func(s session) error {
		return s.query(ctx, q, func(row scanner) error {
			var x sealedStaged
			err := row.Scan(x.dest(&x.seq)...)
			rows = append(rows, x)
			return err
		}, r.id, round, spec.code, from, to)
	})
	if err != nil {
		return nil, wrap(err, "read sealed %s", kind)
	}
	out, err := r.decryptAll(kind, spec, rows)
	if err == nil {
		err = r.addFlags(ctx, kind, spec, out)
	}
	return out, wrap(err, "read sealed %s", kind)
}

// Get reads one record, live or deleted, and reports whether there is one.
func (r *Run) Get(ctx context.Context, kind record.Kind, id string) (Staged, bool, error) {
	m, err := r.GetMany(ctx, kind, []string{id})
	s, ok := m[id]
	return s, ok, err
}

// GetMany reads records by id, live or deleted; those that are not staged are missing in the answer.
func (r *Run) GetMany(ctx context.Context, kind record.Kind, ids []string) (map[string]Staged, error) {
	spec, err := specOf(kind)
	if err != nil {
		return nil, err
	}
	var rows []sealedStaged
	err = inList(r.l.d, unique(ids), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT `+stagedColumns+` FROM staged d WHERE d.run = ? AND d.kind = ? AND d.id `+in, func(row scanner) error {
				var x sealedStaged
				err := row.Scan(x.dest()...)
				rows = append(rows, x)
				return err
			}, append([]any{r.id, spec.code}, args...)...)
		})
	})
	if err != nil {
		return nil, wrap(err, "read %s", kind)
	}
	list, err := r.decryptAll(kind, spec, rows)
	if err == nil {
		err = r.addFlags(ctx, kind, spec, list)
	}
	if err != nil {
		return nil, wrap(err, "read %s", kind)
	}
	out := make(map[string]Staged, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, nil
}

// Each streams the records of a kind in the order of their ids' bytes: the live ones, or with live false the deleted ones too.
// Rows staged meanwhile may or may not come.
func (r *Run) Each(ctx context.Context, kind record.Kind, live bool, fn func(Staged) error) error {
	spec, err := specOf(kind)
	if err != nil {
		return err
	}
	q := `SELECT ` + stagedColumns + ` FROM staged d WHERE d.run = ? AND d.kind = ? AND d.id > ? AND d.deleted <= ? ORDER BY d.id LIMIT ?`
	for after := ""; ; {
		var rows []sealedStaged
		err := r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				var x sealedStaged
				err := row.Scan(x.dest()...)
				rows = append(rows, x)
				return err
			}, r.id, spec.code, after, flag(!live), streamChunk)
		})
		if err != nil {
			return wrap(err, "read %s", kind)
		}
		list, err := r.decryptAll(kind, spec, rows)
		if err != nil {
			return wrap(err, "read %s", kind)
		}
		for _, s := range list {
			if err := fn(s); err != nil {
				return err
			}
		}
		if len(rows) < streamChunk {
			return nil
		}
		after = rows[len(rows)-1].id
	}
}

// Count is the number of live and of deleted records of a kind.
func (r *Run) Count(ctx context.Context, kind record.Kind) (live, deleted int64, err error) {
	spec, err := specOf(kind)
	if err != nil {
		return 0, 0, err
	}
	var all int64
	err = r.l.read(ctx, func(s session) error {
		if _, err := one(ctx, s, `SELECT count(*) FROM staged WHERE run = ? AND kind = ?`, []any{r.id, spec.code}, &all); err != nil {
			return err
		}
		_, err := one(ctx, s, `SELECT count(*) FROM staged WHERE run = ? AND kind = ? AND deleted = 1`, []any{r.id, spec.code}, &deleted)
		return err
	})
	return all - deleted, deleted, wrap(err, "count %s", kind)
}

// unique sorts and drops doubles.
func unique(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

// Live are the rows of a page that the source has not deleted.
func Live(page []Staged) []Staged {
	live := make([]Staged, 0, len(page))
	for _, s := range page {
		if !s.Deleted {
			live = append(live, s)
		}
	}
	return live
}
