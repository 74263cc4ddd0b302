package undo

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/internal/ledger"
)

// GiveUp keeps the records that could not be undone, for a person accepted that. It answers how many; claims that still live are left.
func (u *Undoer) GiveUp(ctx context.Context) (int, error) {
	n := 0
	for _, p := range phases {
		var ids []int64
		filter := ledger.EffectFilter{States: []ledger.State{ledger.Done, ledger.Reverting, ledger.Planned}, Verbs: undoable, HasTarget: true}
		err := u.Run.EachEffect(ctx, filter, func(e ledger.Effect) error {
			if e.TargetType == string(p.typ) && (e.State != ledger.Planned || isStray(e)) && len(ids) < keepMost {
				ids = append(ids, e.TargetID)
			}
			return nil
		})
		if err != nil {
			return n, fmt.Errorf("list what is left of the %s: %w", p.name, err)
		}
		units, err := u.units(ctx, p.typ, ids)
		if err != nil {
			return n, err
		}
		for _, x := range units {
			kept, err := u.giveUp(ctx, x)
			if err != nil {
				return n, fmt.Errorf("keep %s %d: %w", x.typ, x.id, err)
			}
			if kept {
				n++
			}
		}
	}
	return n, nil
}

func (u *Undoer) giveUp(ctx context.Context, x *unit) (bool, error) {
	var requests []ledger.RevertRequest
	reason := "it could not be undone, and a person accepted that"
	for _, e := range x.open(false) {
		requests = append(requests, ledger.RevertRequest{Key: e.EffectKey, From: e.State})
		if e.Code == codeRefused && e.Reason != "" {
			reason = e.Reason + "; a person accepted that"
		}
	}
	claims, err := u.Run.BeginRevert(ctx, requests, time.Minute)
	if err != nil {
		return false, err
	}
	var outcomes []ledger.Outcome
	for _, c := range claims {
		if c != nil {
			outcomes = append(outcomes, ledger.Outcome{Claim: *c, State: ledger.Kept, Code: "accepted", Reason: reason})
		}
	}
	if len(outcomes) == 0 {
		return false, nil
	}
	_, err = u.Run.SettleRevert(ctx, outcomes, ledger.AuditEvent{Event: "kept", Fields: map[string]any{
		"object": x.first.Object, "source_id": x.first.SourceID, "target_type": string(x.typ), "target_id": x.id, "code": "accepted", "rollback": true,
	}})
	return err == nil, err
}
