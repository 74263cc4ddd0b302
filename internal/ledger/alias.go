package ledger

import (
	"context"

	"rezora2nutshell/internal/record"
)

// Alias records that a legacy id means a current record (rezora contract 6).
func (r *Run) Alias(ctx context.Context, kind record.Kind, legacyID, currentID string) error {
	return r.AliasMany(ctx, kind, map[string]string{legacyID: currentID})
}

// AliasMany records many aliases, legacy id to current id.
func (r *Run) AliasMany(ctx context.Context, kind record.Kind, aliases map[string]string) error {
	spec, err := specOf(kind)
	if err != nil {
		return err
	}
	var sets [][]any
	for legacy, current := range aliases {
		sets = append(sets, []any{r.id, spec.code, legacy, current})
	}
	sortSets(sets, 2)
	const q = `INSERT INTO aliases (run, kind, legacy, current) VALUES (?, ?, ?, ?) ON CONFLICT (run, kind, legacy) DO UPDATE SET current = excluded.current`
	return wrap(r.l.write(ctx, false, len(sets), func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "store aliases of %s", kind)
}

// Aliases returns the current ids of those legacy ids that have one.
func (r *Run) Aliases(ctx context.Context, kind record.Kind, legacyIDs []string) (map[string]string, error) {
	spec, err := specOf(kind)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	err = inList(r.l.d, unique(legacyIDs), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT legacy, current FROM aliases WHERE run = ? AND kind = ? AND legacy `+in, func(row scanner) error {
				var legacy, current string
				err := row.Scan(&legacy, &current)
				out[legacy] = current
				return err
			}, append([]any{r.id, spec.code}, args...)...)
		})
	})
	return out, wrap(err, "read aliases of %s", kind)
}
