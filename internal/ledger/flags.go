package ledger

import (
	"context"
	"slices"

	"rezora2nutshell/internal/record"
)

// Flag stores findings; one with the same object, id and code replaces the earlier reason.
func (r *Run) Flag(ctx context.Context, rows []FlagRow) error {
	sets := make([][]any, len(rows))
	for i, f := range rows {
		sets[i] = []any{r.id, f.Object, f.SourceID, f.Code, f.Reason}
	}
	const q = `INSERT INTO flags (run, object, source_id, code, reason) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (run, object, source_id, code) DO UPDATE SET reason = excluded.reason`
	return wrap(r.l.write(ctx, true, len(sets), func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "store flags")
}

// Flags streams all findings by object, id and code.
func (r *Run) Flags(ctx context.Context, fn func(FlagRow) error) error {
	const q = `SELECT object, source_id, code, reason FROM flags WHERE run = ? AND (object, source_id, code) > (?, ?, ?)
		ORDER BY object, source_id, code LIMIT ?`
	for last := (FlagRow{}); ; {
		var rows []FlagRow
		err := r.l.read(ctx, func(s session) error {
			return s.query(ctx, q, func(row scanner) error {
				var f FlagRow
				err := row.Scan(&f.Object, &f.SourceID, &f.Code, &f.Reason)
				rows = append(rows, f)
				return err
			}, r.id, last.Object, last.SourceID, last.Code, streamChunk)
		})
		if err != nil {
			return wrap(err, "read flags")
		}
		for _, f := range rows {
			if err := fn(f); err != nil {
				return err
			}
		}
		if len(rows) < streamChunk {
			return nil
		}
		last = rows[len(rows)-1]
	}
}

// addFlags fills in the codes of the records' flags, under the object they become or under their kind.
func (r *Run) addFlags(ctx context.Context, kind record.Kind, spec kindSpec, list []Staged) error {
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	codes := map[string][]string{}
	err := inList(r.l.d, ids, func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT source_id, code FROM flags WHERE run = ? AND object IN (?, ?) AND source_id `+in, func(row scanner) error {
				var id, code string
				err := row.Scan(&id, &code)
				codes[id] = append(codes[id], code)
				return err
			}, append([]any{r.id, spec.object, string(kind)}, args...)...)
		})
	})
	if err != nil {
		return err
	}
	for i, s := range list {
		if c := codes[s.ID]; c != nil {
			slices.Sort(c)
			list[i].Flags = slices.Compact(c)
		}
	}
	return nil
}
