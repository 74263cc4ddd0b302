package ledger

import (
	"context"
	"fmt"
	"slices"
)

const retargetEffect = `UPDATE effects SET verb = ?, state = ?, how = ?, target_id = ?, updated_at = ? WHERE id = ? AND state IN ('planned', 'skipped')`

// Retarget replaces verb, how and target of effects that were never claimed, after a later crawl found other records in the account.
// Effects in any other state, and those that a claim has touched, stay as they are.
func (r *Run) Retarget(ctx context.Context, effects []Effect) error {
	if len(effects) == 0 {
		return nil
	}
	sorted := slices.Clone(effects)
	slices.SortFunc(sorted, func(a, b Effect) int { return a.EffectKey.Compare(b.EffectKey) })
	for _, e := range sorted {
		if e.State != Planned && e.State != Skipped && e.State != Quarantined {
			return fmt.Errorf("retarget %s: %w: to %q", e.EffectKey, ErrIllegal, e.State)
		}
	}
	return wrap(r.l.write(ctx, true, len(sorted), func(t *tx) error { return t.retarget(r, sorted) }), "retarget effects")
}

func (t *tx) retarget(r *Run, effects []Effect) error {
	run := r.id
	keys := make([]EffectKey, len(effects))
	for i, e := range effects {
		keys[i] = e.EffectKey
	}
	have, err := t.current(run, keys)
	if err != nil {
		return err
	}
	now, err := t.clock()
	if err != nil {
		return err
	}
	var sets [][]any
	for i, e := range effects {
		c := have[i]
		if !c.found || c.state != Planned && c.state != Skipped || c.attempts > 0 {
			continue
		}
		sets = append(sets, []any{string(e.Verb), string(e.State), e.How, e.TargetID, now, c.id})
		key := countKey{run: run, object: e.Object, role: countRole(c.role, e.Part), verb: c.verb, state: string(c.state), how: c.how, round: c.round}
		t.count(key, -1)
		key.verb, key.state, key.how = string(e.Verb), string(e.State), e.How
		t.count(key, 1)
		if same := c.state == e.State && c.how == e.How && c.target == e.TargetID; same || c.state == Planned && e.State == Planned {
			continue
		}
		if err := t.outcome(r, e.EffectKey, current{verb: string(e.Verb), targetType: c.targetType}, c.state, e.outcome()); err != nil {
			return err
		}
	}
	_, err = t.execEach(t.ctx, retargetEffect, sets)
	return err
}

// Pending is the number of effects of a step, or of its sample, that are still to be sent.
func (r *Run) Pending(ctx context.Context, step string, sample bool) (n int64, err error) {
	q := `SELECT count(*) FROM effects WHERE run = ? AND step = ? AND state = 'planned'`
	if sample {
		q += ` AND sample_ord > 0`
	}
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, q, []any{r.id, step}, &n)
		return err
	})
	return n, wrap(err, "count planned effects of step %s", step)
}
