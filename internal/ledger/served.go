package ledger

import (
	"context"

	"rezora2nutshell/internal/record"
)

// Served tells which ids of a kind are staged and live. Nothing is decrypted.
func (r *Run) Served(ctx context.Context, kind record.Kind, ids []string) (map[string]bool, error) {
	spec, err := specOf(kind)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	err = inList(unique(ids), func(marks string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT id FROM staged WHERE run = ? AND kind = ? AND deleted = 0 AND id IN `+marks, func(row scanner) error {
				var id string
				err := row.Scan(&id)
				out[id] = true
				return err
			}, append([]any{r.id, spec.code}, args...)...)
		})
	})
	return out, wrap(err, "look for %s", kind)
}
