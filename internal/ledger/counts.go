package ledger

import (
	"context"

	"rezora2nutshell/internal/record"
)

// Counts is the number of effects by object, role, verb, state, how and round. Kept by the transitions themselves: cheap at any size.
func (r *Run) Counts(ctx context.Context) ([]Count, error) {
	var out []Count
	err := r.l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT object, role, verb, state, how, round, n FROM counts WHERE run = ? AND n <> 0
			ORDER BY object, role, verb, state, how, round`, func(row scanner) error {
			var c Count
			var verb, state string
			err := row.Scan(&c.Object, &c.Role, &verb, &state, &c.How, &c.Round, &c.N)
			c.Verb, c.State = Verb(verb), State(state)
			out = append(out, c)
			return err
		}, r.id)
	})
	return out, wrap(err, "count effects")
}

// Conservation compares, for every kind that becomes something in Nutshell, the sealed records of a round with those that have an effect
// of any epoch and thereby exactly one state (I3). In a delta round a flagged record is accounted for too: one that was deleted at the
// source, or needs nothing. The kinds come in fetch order, also those without a gap.
func (r *Run) Conservation(ctx context.Context, round int) ([]Gap, error) {
	var out []Gap
	for _, kind := range record.Kinds {
		spec := kinds[kind]
		if spec.object == "" {
			continue
		}
		set, _, err := r.SealedSet(ctx, round, kind)
		if err != nil {
			return nil, err
		}
		g := Gap{Kind: kind, Sealed: set.Count}
		q := `SELECT count(*) FROM sealed_rows s WHERE s.run = ? AND s.round = ? AND s.kind = ? AND (
			EXISTS (SELECT 1 FROM effects e WHERE e.run = s.run AND e.object = ? AND e.source_id = s.id)`
		args := []any{r.id, round, spec.code, spec.object}
		if round > 0 {
			q += ` OR EXISTS (SELECT 1 FROM flags f WHERE f.run = s.run AND f.object = ? AND f.source_id = s.id)`
			args = append(args, spec.object)
		}
		err = r.l.read(ctx, func(s session) error {
			_, err := one(ctx, s, q+`)`, args, &g.Accounted)
			return err
		})
		if err != nil {
			return nil, wrap(err, "check the conservation of %s", kind)
		}
		out = append(out, g)
	}
	return out, nil
}
