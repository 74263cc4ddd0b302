package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const revertEffect = `UPDATE effects SET state = 'reverting', token = ?, deadline = ?, rev = ?,
	undo_image = CASE WHEN CAST(? AS BIGINT) = 1 THEN ? ELSE undo_image END, updated_at = ? WHERE id = ? AND state = ? AND token = ?`

// BeginRevert moves effects to reverting, each under a token of its own until a deadline of ttl from now by the store's clock, committed
// durably before it returns. The answer has a nil where an effect is not in the state asked for. While the run is paused: ErrPaused.
// What is in doubt must be resolved before.
func (r *Run) BeginRevert(ctx context.Context, requests []RevertRequest, ttl time.Duration) ([]*Claim, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	order, images := make([]int, len(requests)), make([][]byte, len(requests))
	for i, q := range requests {
		switch q.From {
		case Done, Skipped, Quarantined, Planned, Reverting, Kept:
		default:
			return nil, fmt.Errorf("begin to revert %s: %w: from %q", q.Key, ErrIllegal, q.From)
		}
		order[i], images[i] = i, []byte{}
		if len(q.Image) > 0 {
			b, err := r.box()
			if err != nil {
				return nil, wrap(err, "begin to revert")
			}
			images[i] = b.seal(r.imagePlace(q.Key)+"/undo", q.Image)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return requests[a].Key.Compare(requests[b].Key) })
	var out []*Claim
	err := r.l.write(ctx, true, len(requests), func(t *tx) error {
		out = make([]*Claim, len(requests))
		if err := t.goesOn(r.id, t.l.d.forShare); err != nil {
			return err
		}
		now, err := t.clock()
		if err != nil {
			return err
		}
		return t.beginRevert(r.id, requests, order, images, now, fromMicros(now).Add(ttl), out)
	})
	if err != nil {
		return nil, wrap(err, "begin to revert")
	}
	return out, nil
}

func (t *tx) beginRevert(run int64, requests []RevertRequest, order []int, images [][]byte, now int64, deadline time.Time, out []*Claim) error {
	keys := make([]EffectKey, len(order))
	for i, at := range order {
		keys[i] = requests[at].Key
	}
	have, err := t.current(run, keys)
	if err != nil {
		return err
	}
	var sets [][]any
	var of []int
	for i, at := range order {
		q, c := requests[at], have[i]
		if !c.found {
			return fmt.Errorf("%w: %s is not planned", ErrIllegal, q.Key)
		}
		if c.state != q.From || c.state == Reverting && c.deadline >= now || i > 0 && keys[i] == keys[i-1] {
			continue
		}
		rev := q.Rev
		if rev == "" {
			rev = c.rev
		}
		token := newToken()
		out[at] = &Claim{Key: q.Key, Token: token, Deadline: deadline}
		sets, of = append(sets, []any{token, micros(deadline), rev, flag(len(images[at]) > 0), images[at], now, c.id, string(q.From), c.token}), append(of, i)
	}
	ns, err := t.execEach(t.ctx, revertEffect, sets)
	if err != nil {
		return err
	}
	for j, n := range ns {
		if n == 0 {
			out[order[of[j]]] = nil
			continue
		}
		t.moved(run, keys[of[j]], have[of[j]], Reverting, "")
	}
	return nil
}

// SettleRevert ends reverting claims: reverted, kept (with the reason), or done when it is proved that nothing was changed and the undo is
// to be tried again. Answer and audit events as in Settle.
func (r *Run) SettleRevert(ctx context.Context, outcomes []Outcome, audit ...AuditEvent) ([]bool, error) {
	changes := make([]change, len(outcomes))
	for i, o := range outcomes {
		switch o.State {
		case Reverted, Kept, Done:
		default:
			return nil, fmt.Errorf("settle the revert of %s: %w: reverting to %q", o.Claim.Key, ErrIllegal, o.State)
		}
		changes[i] = change{key: o.Claim.Key, from: Reverting, token: o.Claim.Token, give: o.Claim.Token, out: o, late: true}
	}
	ok, err := r.change(ctx, changes, audit)
	return ok, wrap(err, "settle reverts")
}
