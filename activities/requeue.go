package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// Requeue plans the records of a step again that Nutshell refused: a person mended the cause that had parked the run.
func (a *Activities) Requeue(ctx context.Context, in step.RequeueIn) (step.ReportOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		var keys []ledger.EffectKey
		err := w.run.EachEffect(ctx, ledger.EffectFilter{Step: in.Step, States: []ledger.State{ledger.Quarantined}}, func(e ledger.Effect) error {
			if e.Code == effect.Refused {
				keys = append(keys, e.EffectKey)
			}
			return nil
		})
		if err != nil {
			return out, fmt.Errorf("list refused effects: %w", err)
		}
		for len(keys) > 0 {
			n := min(len(keys), planPage)
			if _, err := w.run.Requeue(ctx, keys[:n]); err != nil {
				return out, err
			}
			keys = keys[n:]
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}
