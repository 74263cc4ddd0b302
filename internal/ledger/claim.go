package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const claimEffect = `UPDATE effects SET state = 'intent', token = ?, deadline = ?, body_hash = ?, high_water = ?, target_type = ?, target_id = ?, rev = ?,
	pre_image = CASE WHEN CAST(? AS BIGINT) = 1 THEN ? ELSE pre_image END, attempts = attempts + 1, absent = 0, absent_at = 0, code = '', reason = '',
	updated_at = ? WHERE id = ? AND state = 'planned' AND token = ?`

// Claim moves effects from planned to intent, each under a token of its own until a deadline of ttl from now by the store's clock, and
// is committed durably before it returns (I2). The answer has a nil where an effect is not planned any more. While the run is paused:
// ErrPaused. At most one claim of an effect lives (I4). An edit or delete without a pre-image and a rev, or a key that was never
// planned, is ErrIllegal. Once a rollback has begun everything but a deletion is ErrUndoing, so that a straggler of a dead run writes nothing.
// Of repeated claims of one effect the lowest high-water mark is kept, so that a sweep sees everything that any of them may have made.
func (r *Run) Claim(ctx context.Context, requests []ClaimRequest, ttl time.Duration) ([]*Claim, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	order, images, err := r.prepareClaims(requests)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	var out []*Claim
	granted := false
	err = r.l.write(ctx, true, len(requests), func(t *tx) error {
		out, granted = make([]*Claim, len(requests)), false
		lock := t.l.d.forShare
		if !r.wrote.Load() {
			lock = t.l.d.forUpdate
		}
		if err := t.goesOn(r.id, lock); err != nil {
			return err
		}
		now, err := t.clock()
		if err != nil {
			return err
		}
		granted, err = t.claim(r.id, requests, order, images, now, fromMicros(now).Add(ttl), out)
		if err != nil || !granted || r.wrote.Load() {
			return err
		}
		_, err = t.exec(t.ctx, `UPDATE migrations SET wrote = 1 WHERE id = ? AND wrote = 0`, r.id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	if granted {
		r.wrote.Store(true)
	}
	return out, nil
}

// prepareClaims gives the order in which rows are locked and the encrypted pre-images.
func (r *Run) prepareClaims(requests []ClaimRequest) (order []int, images [][]byte, err error) {
	order, images = make([]int, len(requests)), make([][]byte, len(requests))
	for i, q := range requests {
		order[i] = i
		images[i] = []byte{}
		if len(q.PreImage) > 0 {
			b, err := r.box()
			if err != nil {
				return nil, nil, err
			}
			images[i] = b.seal(r.imagePlace(q.Key), q.PreImage)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return requests[a].Key.Compare(requests[b].Key) })
	return order, images, nil
}

func (t *tx) claim(run int64, requests []ClaimRequest, order []int, images [][]byte, now int64, deadline time.Time, out []*Claim) (bool, error) {
	keys := make([]EffectKey, len(order))
	for i, at := range order {
		keys[i] = requests[at].Key
	}
	have, err := t.current(run, keys)
	if err != nil {
		return false, err
	}
	undoing, err := t.undoing(run)
	if err != nil {
		return false, err
	}
	var sets [][]any
	var of []int // position in order of each set
	for i, at := range order {
		q, c := requests[at], have[i]
		if !c.found {
			return false, fmt.Errorf("%w: %s is not planned", ErrIllegal, q.Key)
		}
		if c.state != Planned || i > 0 && keys[i] == keys[i-1] {
			continue
		}
		if undoing && Verb(c.verb) != Delete {
			return false, ErrUndoing
		}
		c = c.claimedBy(q)
		if err := c.mayBeSent(q.Key, len(images[at]) > 0); err != nil {
			return false, err
		}
		token := newToken()
		left := c
		left.state, left.token, left.deadline = Intent, token, micros(deadline)
		out[at] = &Claim{Key: q.Key, Token: token, Deadline: deadline, row: &left}
		sets, of = append(sets, []any{token, micros(deadline), q.BodyHash, c.highWater, c.targetType, c.target, c.rev,
			flag(len(images[at]) > 0), images[at], now, c.id, c.token}), append(of, i)
	}
	ns, err := t.execEach(t.ctx, claimEffect, sets)
	if err != nil {
		return false, err
	}
	granted := false
	for j, n := range ns {
		i := of[j]
		if n == 0 {
			out[order[i]] = nil
			continue
		}
		granted = true
		t.moved(run, keys[i], have[i], Intent, "")
	}
	return granted, nil
}

// claimedBy is the row as the claim will leave it: what the request does not say stays.
func (c current) claimedBy(q ClaimRequest) current {
	if c.attempts == 0 || q.HighWater < c.highWater {
		c.highWater = q.HighWater
	}
	if q.TargetType != "" {
		c.targetType = q.TargetType
	}
	if q.TargetID != 0 {
		c.target = q.TargetID
	}
	if q.Rev != "" {
		c.rev = q.Rev
	}
	return c
}

// mayBeSent refuses an edit or delete that could not be undone (I2).
func (c current) mayBeSent(k EffectKey, image bool) error {
	if v := Verb(c.verb); v != Edit && v != Delete {
		return nil
	}
	switch {
	case !image && !c.hasImage:
		return fmt.Errorf("%w: %s of %s without a pre-image", ErrIllegal, c.verb, k)
	case c.rev == "":
		return fmt.Errorf("%w: %s of %s without a rev", ErrIllegal, c.verb, k)
	}
	return nil
}
