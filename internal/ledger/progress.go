package ledger

import (
	"context"
	"time"
)

// Claimed is the number of living claims of a step ("" = every step) and the first deadline among them.
func (r *Run) Claimed(ctx context.Context, step string) (n int64, until time.Time, err error) {
	q, args := `SELECT count(*), COALESCE(min(deadline), 0) FROM effects WHERE run = ? AND state = 'intent'`, []any{r.id}
	if step != "" {
		q, args = q+` AND step = ?`, append(args, step)
	}
	var first int64
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, q, args, &n, &first)
		return err
	})
	return n, fromMicros(first), wrap(err, "count claims")
}

// ClaimedTwice lists the effects of a step ("" = every step) that were claimed more than once: of each there may be a second record.
func (r *Run) ClaimedTwice(ctx context.Context, step string) ([]Effect, error) {
	where, args := `WHERE run = ? AND attempts > 1`, []any{r.id}
	if step != "" {
		where, args = where+` AND step = ?`, append(args, step)
	}
	out, err := r.effects(ctx, where+` ORDER BY step, ord`, args...)
	return out, wrap(err, "read effects claimed twice")
}

// Refusals is, of the last window effects of a step whose claims were answered, how many there were and how many Nutshell refused
// (quarantined with the code refused).
func (r *Run) Refusals(ctx context.Context, step string, window int) (refused, tried int, err error) {
	const q = `SELECT COALESCE(sum(CASE WHEN state = 'quarantined' AND code = 'refused' THEN 1 ELSE 0 END), 0), count(*) FROM (
		SELECT state, code FROM effects WHERE run = ? AND step = ? AND settled_at > 0 ORDER BY settled_at DESC LIMIT ?) AS latest`
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, q, []any{r.id, step, window}, &refused, &tried)
		return err
	})
	return refused, tried, wrap(err, "count refusals of step %s", step)
}

// Worked is how many effects of an object, role and verb have succeeded, those undone since included, and how many are left to do.
func (r *Run) Worked(ctx context.Context, object, role, verb string) (worked, left int64, err error) {
	const q = `SELECT COALESCE(sum(CASE WHEN state IN ('done', 'reverting', 'reverted', 'kept') THEN n ELSE 0 END), 0),
		COALESCE(sum(CASE WHEN state IN ('planned', 'intent', 'in_doubt') THEN n ELSE 0 END), 0)
		FROM counts WHERE run = ? AND object = ? AND role = ? AND verb = ?`
	err = r.l.read(ctx, func(s session) error {
		_, err := one(ctx, s, q, []any{r.id, object, role, verb}, &worked, &left)
		return err
	})
	return worked, left, wrap(err, "count successes of %s", object)
}
