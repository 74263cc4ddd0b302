package activities

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/step"
)

// Write carries out the effects From..To of a step. What is done is skipped; what is in doubt, or waits for a record in doubt, is left
// for Settle.
func (a *Activities) Write(ctx context.Context, in step.WriteIn) (step.WriteOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.WriteOut, error) {
		var out step.WriteOut
		rows, err := w.run.Effects(ctx, in.Step, in.Sample, in.From, in.To)
		if err != nil {
			return out, fmt.Errorf("read effects %d to %d of %s: %w", in.From, in.To, in.Step, err)
		}
		writer, err := w.writer(ctx)
		if err != nil {
			return out, err
		}
		w.turn.At(in.Step, 0, int64(len(rows)))
		res, err := writer.Page(ctx, w.turn, rows, in.Accepted)
		if errors.Is(err, effect.ErrFilesOff) {
			if err := w.noFiles(ctx); err != nil {
				return out, err
			}
			return out, step.ErrMore // the rest of the page has links
		}
		if err != nil {
			return out, err
		}
		out.Done, out.Left = res.Done, res.Left
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// Settle brings everything in doubt in a step to a definite state, and removes second copies (I6, I9).
func (a *Activities) Settle(ctx context.Context, in step.SettleIn) (step.SettleOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.SettleOut, error) {
		var out step.SettleOut
		if in.Undoing && !w.run.Info().Wrote {
			return out, nil // nothing was ever sent, so nothing can be in doubt
		}
		writer, err := w.writer(ctx)
		if err != nil {
			return out, err
		}
		writer.Undoing = in.Undoing
		if out.Again, err = writer.Resolve(ctx, w.turn, in.Step); err != nil {
			return out, err
		}
		if !out.Again || in.Undoing {
			if _, err := writer.Sweep(ctx, w.turn, in.Step); err != nil {
				return out, err
			}
		}
		if !in.Undoing {
			if err := w.linkNotes(ctx, in.Step); err != nil {
				return out, err
			}
			left, err := w.run.Pending(ctx, in.Step, in.Sample) // a parent that arrived late may have left its children behind
			if err != nil {
				return out, err
			}
			out.Again = left > 0
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}
