package activities

import (
	"context"

	"rezora2nutshell/internal/step"
)

// Undo takes back the records that the effects From..To of a step stand for. What is undone is skipped; what cannot be undone now is left
// for the proof, which tries it again.
func (a *Activities) Undo(ctx context.Context, in step.UndoIn) (step.WriteOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.WriteOut, error) {
		var out step.WriteOut
		u, _, err := w.undoer(ctx)
		if err != nil {
			return out, err
		}
		u.Force = u.Force || in.Force
		res, err := u.Page(ctx, w.turn, in.Step, in.From, in.To)
		if err != nil {
			return out, err
		}
		out.Done, out.Left = res.Done, res.Left
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}
