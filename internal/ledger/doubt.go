package ledger

import (
	"context"
	"fmt"
	"time"
)

// Expire moves intents whose deadline has passed to in_doubt, with a line in the audit log for each, and returns how many; step "" means
// every step.
func (r *Run) Expire(ctx context.Context, step string) (int, error) {
	n := 0
	err := r.l.write(ctx, true, 1, func(t *tx) error {
		n = 0
		now, err := t.clock()
		if err != nil {
			return err
		}
		q := `UPDATE effects SET state = 'in_doubt', updated_at = ? WHERE run = ? AND state = 'intent' AND deadline < ?`
		args := []any{now, r.id, now}
		if step != "" {
			q, args = q+` AND step = ?`, append(args, step)
		}
		return t.query(t.ctx, q+` RETURNING `+keyColumns+`, verb, how, round, target_type, target_id`, func(row scanner) error {
			var k EffectKey
			c := current{state: Intent}
			if err := row.Scan(&k.Object, &k.SourceID, &k.Role, &k.Parent, &k.Part, &k.Epoch, &c.verb, &c.how, &c.round, &c.targetType, &c.target); err != nil {
				return err
			}
			c.role = k.Role
			t.moved(r.id, k, c, InDoubt, "")
			n++
			return t.outcome(r, k, c, Intent, Outcome{State: InDoubt, Code: "expired"})
		}, args...)
	})
	return n, wrap(err, "expire claims")
}

// Doubts lists effects in doubt, by step and number; step "" means every step.
func (r *Run) Doubts(ctx context.Context, step string, limit int) ([]Effect, error) {
	where, args := `WHERE run = ? AND state = 'in_doubt'`, []any{r.id}
	if step != "" {
		where, args = where+` AND step = ?`, append(args, step)
	}
	out, err := r.effects(ctx, where+` ORDER BY step, ord LIMIT ?`, append(args, limit)...)
	return out, wrap(err, "read effects in doubt")
}

// Resolve moves effects without a live claim: from in_doubt, or from an intent whose deadline has passed, to done, skipped, quarantined,
// planned or in_doubt. The row must still carry the lost claim's token. A record that was found may be adopted at once; back to planned it
// goes only after the deadline too. The answer says which resolutions count; a repetition does.
func (r *Run) Resolve(ctx context.Context, resolutions []Resolution, audit ...AuditEvent) ([]bool, error) {
	changes := make([]change, len(resolutions))
	for i, s := range resolutions {
		if s.From != Intent && s.From != InDoubt {
			return nil, fmt.Errorf("resolve %s: %w: from %q", s.Key, ErrIllegal, s.From)
		}
		switch s.Outcome.State {
		case Done, Skipped, Quarantined, Planned, InDoubt:
		default:
			return nil, fmt.Errorf("resolve %s: %w: %s to %q", s.Key, ErrIllegal, s.From, s.Outcome.State)
		}
		if s.Token == "" {
			return nil, fmt.Errorf("resolve %s: %w: without the lost claim's token", s.Key, ErrIllegal)
		}
		changes[i] = change{key: s.Key, from: s.From, token: s.Token, give: s.Token, out: s.Outcome,
			expiry: s.From == Intent || s.Outcome.State == Planned}
	}
	ok, err := r.change(ctx, changes, audit)
	return ok, wrap(err, "resolve")
}

// NoteAbsent counts a listing made at a time after the deadline that did not show the records of effects in doubt. The same listing
// counts once.
func (r *Run) NoteAbsent(ctx context.Context, keys []EffectKey, at time.Time) error {
	sets := make([][]any, len(keys))
	for i, k := range keys {
		sets[i] = append(append([]any{micros(at)}, k.args(r.id)...), micros(at), micros(at))
	}
	const q = `UPDATE effects SET absent = absent + 1, absent_at = ? WHERE ` + whereKey + ` AND state = 'in_doubt' AND deadline <= ? AND absent_at < ?`
	return wrap(r.l.write(ctx, true, len(sets), func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "note absent records")
}

// Observe records what Nutshell shows of records after their outcome was settled; effects that are not done stay as they are.
func (r *Run) Observe(ctx context.Context, seen []Observation) error {
	sets := make([][]any, len(seen))
	for i, o := range seen {
		shown, err := sealField(r, o.Key, "shown", o.Shown)
		if err != nil {
			return wrap(err, "record what is shown")
		}
		ours, err := sealField(r, o.Key, "ours", o.Ours)
		if err != nil {
			return wrap(err, "record what is shown")
		}
		sets[i] = append([]any{o.TargetID, o.TargetID, o.Rev, o.Rev, shown, shown, ours, ours}, o.Key.args(r.id)...)
	}
	const q = `UPDATE effects SET target_id = CASE WHEN CAST(? AS BIGINT) = 0 THEN target_id ELSE ? END,
		rev = CASE WHEN CAST(? AS TEXT) = '' THEN rev ELSE ? END, shown = CASE WHEN CAST(? AS TEXT) = '' THEN shown ELSE ? END,
		ours = CASE WHEN CAST(? AS TEXT) = '' THEN ours ELSE ? END WHERE ` + whereKey + ` AND state = 'done'`
	return wrap(r.l.write(ctx, true, len(sets), func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "record what is shown")
}
