package undo

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// undoable are the verbs of effects that can be taken back.
var undoable = []ledger.Verb{ledger.Create, ledger.Edit, ledger.Upload}

// Rest undoes what the pages left: records that changed too often, or whose calls got no answer. It costs nothing when there is nothing.
func (u *Undoer) Rest(ctx context.Context, turn *step.Turn) error {
	left, err := u.left(ctx)
	if err != nil || !left {
		return err
	}
	for _, p := range phases {
		var ids []int64
		flush := func() error {
			units, err := u.units(ctx, p.typ, ids)
			if err != nil {
				return err
			}
			ids = ids[:0]
			open := make([]int64, 0, len(units))
			for _, x := range units {
				if len(x.open(u.Force)) > 0 {
					open = append(open, x.id)
				}
			}
			turn.At("undo the rest of the "+p.name, 0, int64(len(open)))
			_, err = u.carry(ctx, turn, p.typ, open)
			return err
		}
		filter := ledger.EffectFilter{States: []ledger.State{ledger.Done, ledger.Reverting, ledger.Planned}, Verbs: undoable, HasTarget: true}
		err := u.Run.EachEffect(ctx, filter, func(e ledger.Effect) error {
			if e.TargetType != string(p.typ) || e.State == ledger.Planned && !isStray(e) {
				return nil
			}
			if ids = append(ids, e.TargetID); len(ids) < dealWith {
				return nil
			}
			return flush()
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return fmt.Errorf("undo the rest of the %s: %w", p.name, err)
		}
	}
	return nil
}

// left asks the counts whether any effect is still to be taken back.
func (u *Undoer) left(ctx context.Context) (bool, error) {
	counts, err := u.Run.Counts(ctx)
	if err != nil {
		return false, err
	}
	for _, c := range counts {
		open := c.State == ledger.Done || c.State == ledger.Reverting || c.State == ledger.Planned && c.How == "stray"
		if open && (c.Verb == ledger.Create || c.Verb == ledger.Edit || c.Verb == ledger.Upload) {
			return true, nil
		}
	}
	return false, nil
}
