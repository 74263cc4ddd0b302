package ledger

import (
	"context"
	"fmt"
	"slices"
)

// What an outcome does not say stays as it is.
const settleEffect = `UPDATE effects SET state = ?, how = ?, target_type = ?, target_id = ?, rev = ?, token = ?, deadline = ?,
	shown = CASE WHEN CAST(? AS TEXT) = '' THEN shown ELSE ? END, ours = CASE WHEN CAST(? AS TEXT) = '' THEN ours ELSE ? END,
	code = ?, reason = ?, updated_at = ?, settled_at = ?,
	attempts = attempts - CAST(? AS BIGINT) WHERE id = ? AND state = ? AND token = ?`

// change is one conditional transition: the row must be in state from and carry token.
type change struct {
	key    EffectKey
	from   State
	token  string // must be on the row
	give   string // is on it afterwards: the same, so that a repetition is recognised
	out    Outcome
	expiry bool   // only when the row's deadline has passed
	forget bool   // the target is gone
	late   bool   // a miss is a late outcome, for the audit log
	shown  string // encrypted
	ours   string
}

// Settle ends claims: intent to done, skipped, quarantined, in_doubt, or planned, which says that nothing was sent and takes the attempt
// back. The answer says which outcomes count. One that was
// settled the same way before counts; one whose claim was lost writes the audit line late_outcome and does not.
// With as many audit events as outcomes, each is written with its outcome if that moved its row; otherwise all of them if any did. Without
// any, the ledger writes a line of its own for every row that moved.
func (r *Run) Settle(ctx context.Context, outcomes []Outcome, audit ...AuditEvent) ([]bool, error) {
	changes := make([]change, len(outcomes))
	for i, o := range outcomes {
		switch o.State {
		case Done, Skipped, Quarantined, InDoubt, Planned:
		default:
			return nil, fmt.Errorf("settle %s: %w: intent to %q", o.Claim.Key, ErrIllegal, o.State)
		}
		changes[i] = change{key: o.Claim.Key, from: Intent, token: o.Claim.Token, give: o.Claim.Token, out: o, late: true}
	}
	ok, err := r.change(ctx, changes, audit)
	return ok, wrap(err, "settle")
}

// Dismiss settles planned effects that will not be sent: planned to quarantined or skipped. Only the key of an outcome's claim is looked at.
func (r *Run) Dismiss(ctx context.Context, outcomes []Outcome, audit ...AuditEvent) ([]bool, error) {
	changes := make([]change, len(outcomes))
	for i, o := range outcomes {
		if o.State != Quarantined && o.State != Skipped {
			return nil, fmt.Errorf("dismiss %s: %w: planned to %q", o.Claim.Key, ErrIllegal, o.State)
		}
		changes[i] = change{key: o.Claim.Key, from: Planned, out: o}
	}
	ok, err := r.change(ctx, changes, audit)
	return ok, wrap(err, "dismiss effects")
}

// Requeue moves quarantined effects back to planned, to be tried again, and returns how many.
func (r *Run) Requeue(ctx context.Context, keys []EffectKey) (int, error) {
	return r.replan(ctx, keys, Quarantined)
}

// Remake moves done effects back to planned and forgets their targets, which were deleted to be made again, and returns how many.
func (r *Run) Remake(ctx context.Context, keys []EffectKey) (int, error) {
	return r.replan(ctx, keys, Done)
}

func (r *Run) replan(ctx context.Context, keys []EffectKey, from State) (int, error) {
	changes := make([]change, len(keys))
	for i, k := range keys {
		changes[i] = change{key: k, from: from, forget: from == Done, out: Outcome{State: Planned}}
	}
	n := 0
	err := r.l.write(ctx, true, len(changes), func(t *tx) error {
		n = 0
		moved, _, err := t.change(r, changes, nil)
		for _, m := range moved {
			n += int(flag(m))
		}
		return err
	})
	return n, wrap(err, "plan effects again")
}

func (r *Run) change(ctx context.Context, changes []change, audit []AuditEvent) (ok []bool, err error) {
	if len(changes) == 0 {
		return nil, nil
	}
	lines, err := r.chainEvents(audit)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		if err := changes[i].keep(r); err != nil {
			return nil, err
		}
	}
	err = r.l.write(ctx, true, len(changes), func(t *tx) error {
		var moved []bool
		moved, ok, err = t.change(r, changes, lines)
		if err == nil && len(lines) != len(changes) && slices.Contains(moved, true) {
			t.audit(lines...)
		}
		return err
	})
	return ok, err
}

// change applies conditional transitions, with a line in the audit log for each row that moves: the one given for it, or the ledger's own
// when none are. moved says which rows moved now; ok says that, or that the row stands as asked already.
func (t *tx) change(r *Run, changes []change, lines []chainEvent) (moved, ok []bool, err error) {
	order := make([]int, len(changes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return changes[a].key.Compare(changes[b].key) })
	keys := make([]EffectKey, len(order))
	for i, at := range order {
		keys[i] = changes[at].key
	}
	have, err := t.current(r.id, keys)
	if err != nil {
		return nil, nil, err
	}
	now, err := t.clock()
	if err != nil {
		return nil, nil, err
	}
	moved, ok = make([]bool, len(changes)), make([]bool, len(changes))
	var sets [][]any
	var of []int
	for i, at := range order {
		x, c := changes[at], have[i]
		if !c.found {
			return nil, nil, fmt.Errorf("%w: %s is not planned", ErrIllegal, x.key)
		}
		doubled := i > 0 && keys[i] == keys[i-1]
		if c.state != x.from || x.token != "" && c.token != x.token || x.expiry && c.deadline >= now || doubled {
			ok[at] = c.state == x.out.State && (x.token == "" || c.token == x.token) && !doubled
			if x.late && !ok[at] {
				line, err := newChainEvent(r.info.Name, r.info.Gen, lateOutcome(x, c))
				if err != nil {
					return nil, nil, err
				}
				t.audit(line)
			}
			continue
		}
		sets, of = append(sets, x.args(c, now)), append(of, i)
	}
	ns, err := t.execEach(t.ctx, settleEffect, sets)
	if err != nil {
		return nil, nil, err
	}
	for j, n := range ns {
		i := of[j]
		at := order[i]
		if n == 0 {
			return nil, nil, errRace // locked rows do not change: only a second writer of an SQLite file could
		}
		moved[at], ok[at] = true, true
		t.moved(r.id, keys[i], have[i], changes[at].out.State, changes[at].out.How)
		switch len(lines) {
		case len(changes):
			t.audit(lines[at])
		case 0:
			if err := t.outcome(r, keys[i], have[i], changes[at].from, changes[at].out); err != nil {
				return nil, nil, err
			}
		}
	}
	return moved, ok, nil
}

func (x change) args(c current, now int64) []any {
	o := x.out
	how, typ, id, rev, give := c.how, c.targetType, c.target, c.rev, c.token
	unsent := flag(x.from == Intent && x.late && o.State == Planned) // such a claim counts as none: there can be no second record of it
	if x.forget {
		id, rev = 0, ""
	}
	if o.How != "" {
		how = o.How
	}
	if o.Type != "" {
		typ = o.Type
	}
	if o.ID != 0 {
		id = o.ID
	}
	if o.Rev != "" {
		rev = o.Rev
	}
	if x.give != "" {
		give = x.give
	}
	deadline := c.deadline
	if o.State == InDoubt && o.Wait > 0 {
		deadline = min(deadline, now+o.Wait.Microseconds())
	}
	settled := now // when Nutshell's answer to a call became known, 0 while it is not
	if x.from == Planned || o.State == Planned || o.State == InDoubt {
		settled = 0
	}
	return []any{string(o.State), how, typ, id, rev, give, deadline, x.shown, x.shown, x.ours, x.ours, o.Code, o.Reason, now, settled, unsent, c.id, string(x.from), c.token}
}

func lateOutcome(x change, c current) AuditEvent {
	return AuditEvent{Event: "late_outcome", Fields: map[string]any{
		"object": x.key.Object, "source_id": x.key.SourceID, "role": x.key.Role, "parent": x.key.Parent, "part": x.key.Part, "epoch": x.key.Epoch,
		"outcome": string(x.out.State), "target_type": x.out.Type, "target_id": x.out.ID, "state": string(c.state)}}
}
