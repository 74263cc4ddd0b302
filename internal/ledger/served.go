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
	err = inList(r.l.d, unique(ids), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT id FROM staged WHERE run = ? AND kind = ? AND deleted = 0 AND id `+in, func(row scanner) error {
				var id string
				err := row.Scan(&id)
				out[id] = true
				return err
			}, append([]any{r.id, spec.code}, args...)...)
		})
	})
	return out, wrap(err, "look for %s", kind)
}

// Standing reads of the effects that make the records of source ids, in the load, only what says where they stand: key, state, how and
// target.
func (r *Run) Standing(ctx context.Context, object string, sourceIDs []string) (map[string]Effect, error) {
	out := map[string]Effect{}
	const q = `SELECT source_id, state, how, target_id FROM effects WHERE run = ? AND object = ? AND role = ? AND epoch = 0 AND source_id `
	err := inList(r.l.d, unique(sourceIDs), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, q+in, func(row scanner) error {
				e := Effect{EffectKey: EffectKey{Object: object, Role: RoleRecord, Part: 1}}
				var state string
				err := row.Scan(&e.SourceID, &state, &e.How, &e.TargetID)
				e.State = State(state)
				out[e.SourceID] = e
				return err
			}, append([]any{r.id, object, RoleRecord}, args...)...)
		})
	})
	return out, wrap(err, "read where %s stand", object)
}

// Flagged tells which source records of an object have a flag of a code.
func (r *Run) Flagged(ctx context.Context, object, code string, sourceIDs []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := inList(r.l.d, unique(sourceIDs), func(in string, args []any) error {
		return r.l.read(ctx, func(s session) error {
			return s.query(ctx, `SELECT source_id FROM flags WHERE run = ? AND object = ? AND code = ? AND source_id `+in, func(row scanner) error {
				var id string
				err := row.Scan(&id)
				out[id] = true
				return err
			}, append([]any{r.id, object, code}, args...)...)
		})
	})
	return out, wrap(err, "read flags of %s", object)
}
