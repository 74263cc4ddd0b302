package ledger

import (
	"context"
	"fmt"
	"slices"
)

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
		changes[i] = change{key: o.Claim.Key, from: Intent, token: o.Claim.Token, give: o.Claim.Token, out: o, late: true, was: o.Claim.row}
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
