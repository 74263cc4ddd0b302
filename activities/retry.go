package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// OpenRetry finds the migration one of whose records is tried again. A run that is being undone, or was, writes nothing any more.
func (a *Activities) OpenRetry(ctx context.Context, in step.RetryOpenIn) (step.OpenOut, error) {
	return guard(ctx, a, step.Ref{}, func(ctx context.Context, w *work) (step.OpenOut, error) {
		var out step.OpenOut
		input, err := api.DecodeRetry(in.Input)
		if err != nil {
			return out, refuse("%s", err)
		}
		run, err := w.Ledger.Run(ctx, input.Migration)
		if errors.Is(err, ledger.ErrUnknownMigration) {
			return out, refuse("migration: %s is not known in this ledger", input.Migration)
		}
		if err != nil {
			return out, err
		}
		info := run.Info()
		if !info.ShreddedAt.IsZero() {
			return out, refuse("migration: the key of %s was destroyed, so its records cannot be read any more", info.Name)
		}
		if info.Status != ledger.StatusOpen && info.Status != ledger.StatusCompleted {
			return out, refuse("migration: %s is %s, so nothing is written for it any more", info.Name, strings.ReplaceAll(info.Status, "_", " "))
		}
		a.keep(run)
		out.Ref = step.Ref{Migration: info.Name, Generation: info.Gen, Ledger: a.Ledger.ID(), Nutshell: info.NutshellAccount, Rezora: info.RezoraAccount}
		return out, nil
	})
}

// retried is what a retry has taken up; kept in the ledger, so that one that dies goes on where it stood.
type retried struct {
	Keys    []ledger.EffectKey `json:"keys"`
	Codes   []string           `json:"codes"` // why each was set aside before
	Reasons []string           `json:"reasons"`
}

// Retry tries the quarantined effects of one source record again by the same protocol as the load, and then those of the items that were
// set aside for want of it. What cannot be tried goes back to where it was, with its reason.
func (a *Activities) Retry(ctx context.Context, in step.RetryIn) (step.RetryOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.RetryOut, error) {
		var out step.RetryOut
		key := "retry/" + in.Object + "/" + in.SourceID
		var taken retried
		begun, err := w.run.Value(ctx, key, &taken)
		if err != nil {
			return out, err
		}
		if begun {
			if _, err := w.run.Requeue(ctx, taken.Keys); err != nil {
				return out, err
			}
		} else {
			if err := w.takeUp(ctx, key, &taken, w.quarantinedOf(ctx, in.Object, in.SourceID)); err != nil {
				return out, err
			}
			if len(taken.Keys) == 0 {
				return out, refuse("source_id: nothing of %s %s is set aside", in.Object, in.SourceID)
			}
			identity, err := w.starterOf(ctx)
			if err != nil {
				return out, err
			}
			fields := map[string]any{"object": in.Object, "source_id": in.SourceID, "by": in.By, "identity": identity, "reason": in.Reason, "effects": len(taken.Keys)}
			if err := w.audit(ctx, "retried", fields); err != nil {
				return out, err
			}
		}
		writer, err := w.writer(ctx)
		if err != nil {
			return out, err
		}
		if err = w.retry(ctx, writer, taken.Keys); err == nil {
			err = w.retryWaiting(ctx, writer, key, &taken, in)
		}
		if back := w.setBack(context.WithoutCancel(ctx), taken); back != nil || err != nil {
			return out, errors.Join(err, back)
		}
		if err := w.retriedOut(ctx, taken.Keys, &out); err != nil {
			return out, err
		}
		if err := w.writeIDMap(ctx); err != nil {
			return out, err
		}
		if out.AuditHead, err = w.exportAudit(ctx); err != nil {
			return out, err
		}
		return out, w.run.DeleteValue(ctx, key)
	})
}

// eachEffect streams effects that may be tried again.
type eachEffect func(func(ledger.Effect) error) error

func (w *work) quarantinedOf(ctx context.Context, object, id string) eachEffect {
	return func(fn func(ledger.Effect) error) error {
		all, err := w.run.EffectsOf(ctx, object, []string{id})
		if err != nil {
			return err
		}
		for _, e := range all[id] {
			if e.State == ledger.Quarantined {
				if err := fn(e); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// waitingFor are the items that were set aside since the record at parent was not in Nutshell.
func (w *work) waitingFor(ctx context.Context, parent string) eachEffect {
	return func(fn func(ledger.Effect) error) error {
		return w.run.EachEffect(ctx, ledger.EffectFilter{States: []ledger.State{ledger.Quarantined}}, func(e ledger.Effect) error {
			if e.Parent != parent || e.Code != mapping.CodeParent {
				return nil
			}
			return fn(e)
		})
	}
}

// takeUp plans effects again; what is to be done is stored first.
func (w *work) takeUp(ctx context.Context, key string, taken *retried, effects eachEffect) error {
	n := len(taken.Keys)
	err := effects(func(e ledger.Effect) error {
		if !slices.Contains(taken.Keys, e.EffectKey) {
			taken.Keys, taken.Codes, taken.Reasons = append(taken.Keys, e.EffectKey), append(taken.Codes, e.Code), append(taken.Reasons, e.Reason)
		}
		return nil
	})
	if err != nil || len(taken.Keys) == n {
		return err
	}
	if err := w.run.PutValue(ctx, key, taken); err != nil {
		return err
	}
	_, err = w.run.Requeue(ctx, taken.Keys[n:])
	return err
}

// retryPasses bounds how often what is in doubt, or waits for a record in doubt, is looked at again.
const retryPasses = 20

func (w *work) retry(ctx context.Context, writer *effect.Writer, keys []ledger.EffectKey) error {
	steps := map[string]bool{}
	for range retryPasses {
		rows, err := w.effectsAt(ctx, keys)
		if err != nil {
			return err
		}
		for _, row := range rows {
			steps[row.Step] = true
		}
		res, err := writer.Page(ctx, w.turn, rows, "")
		if err != nil {
			return fmt.Errorf("try again: %w", err)
		}
		if res.Left == 0 {
			return nil
		}
		for _, name := range sortedKeys(steps) {
			if _, err := writer.Resolve(ctx, w.turn, name); err != nil {
				return err
			}
			if _, err := writer.Sweep(ctx, w.turn, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryWaiting goes on with the items that were set aside for want of the record, once it is in Nutshell.
func (w *work) retryWaiting(ctx context.Context, writer *effect.Writer, key string, taken *retried, in step.RetryIn) error {
	effects, err := w.run.EffectsOf(ctx, in.Object, []string{in.SourceID})
	if err != nil || standing(effects[in.SourceID]) == refused {
		return err
	}
	n := len(taken.Keys)
	if err := w.takeUp(ctx, key, taken, w.waitingFor(ctx, in.Object+"/"+in.SourceID)); err != nil {
		return err
	}
	return w.retry(ctx, writer, taken.Keys[n:])
}

func (w *work) effectsAt(ctx context.Context, keys []ledger.EffectKey) ([]ledger.Effect, error) {
	out := make([]ledger.Effect, 0, len(keys))
	for _, k := range keys {
		e, ok, err := w.run.Effect(ctx, k)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// setBack returns what was not tried to where it was.
func (w *work) setBack(ctx context.Context, taken retried) error {
	rows, err := w.effectsAt(ctx, taken.Keys)
	if err != nil {
		return err
	}
	var back []ledger.Outcome
	for i, row := range rows {
		if row.State == ledger.Planned {
			back = append(back, ledger.Outcome{Claim: ledger.Claim{Key: row.EffectKey}, State: ledger.Quarantined, Code: taken.Codes[i], Reason: taken.Reasons[i]})
		}
	}
	_, err = w.run.Dismiss(ctx, back)
	return err
}

func (w *work) retriedOut(ctx context.Context, keys []ledger.EffectKey, out *step.RetryOut) error {
	rows, err := w.effectsAt(ctx, keys)
	if err != nil {
		return err
	}
	for _, row := range rows {
		out.Tried++
		switch row.State {
		case ledger.Done, ledger.Skipped:
			out.Done++
		case ledger.Quarantined:
			out.Quarantined++
			out.Reason = row.Reason
		default:
			out.InDoubt++
		}
	}
	return nil
}
