package activities

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/verify"
)

// keyRehearsal is where a migration keeps how its last rehearsal came out.
const keyRehearsal = "rehearsal"

// rehearsal is what a migration keeps of one.
type rehearsal struct {
	TargetRoot string `json:"target_root"`
	At         string `json:"at"`
	Outline    []byte `json:"outline"`
}

// KeepRehearsal remembers how a rehearsal came out.
func (a *Activities) KeepRehearsal(ctx context.Context, in step.RehearsedIn) (step.ReportOut, error) {
	return guard(ctx, a, step.Ref{}, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		input, err := api.DecodeRehearsed(in.Input)
		if err != nil {
			return out, refuse("%s", err)
		}
		if len(input.Outline) > 0 {
			if err := verify.CheckOutline(input.Outline); err != nil {
				return out, refuse("outline: %s", err)
			}
		}
		run, err := w.Ledger.Run(ctx, input.Migration)
		if errors.Is(err, ledger.ErrUnknownMigration) {
			return out, refuse("migration: %s is not known in this ledger", input.Migration)
		}
		if err != nil {
			return out, err
		}
		if !run.Info().ShreddedAt.IsZero() {
			return out, refuse("migration: the key of %s was destroyed", input.Migration)
		}
		if err := run.PutValue(ctx, keyRehearsal, rehearsal{TargetRoot: input.TargetRoot, At: input.At, Outline: input.Outline}); err != nil {
			return out, err
		}
		w.run = run
		return out, w.audit(ctx, "rehearsed", map[string]any{"target_root": input.TargetRoot, "by": input.By})
	})
}

// rehearsed says whether the reconciliation came out as rehearsed, and which records did not; nil when nothing was rehearsed. What the source
// has changed since the extract was sealed could not be rehearsed: it is counted, not listed.
func (w *work) rehearsed(ctx context.Context, targetRoot string, now *verify.Outline) (*report.Rehearsal, error) {
	var was rehearsal
	found, err := w.run.Value(ctx, keyRehearsal, &was)
	if err != nil || !found {
		return nil, err
	}
	r := &report.Rehearsal{TargetRoot: was.TargetRoot, At: was.At, Same: was.TargetRoot == targetRoot}
	switch {
	case r.Same:
		return r, nil
	case len(was.Outline) == 0:
		r.More = true
		return r, nil
	}
	refs, whole, err := now.Differing(was.Outline)
	if err != nil {
		return nil, err
	}
	r.More = !whole
	for _, ref := range refs {
		changed, err := verify.ChangedSince(ctx, w.run, ref)
		if err != nil {
			return nil, fmt.Errorf("look for changes of %s %s: %w", ref.Object, ref.SourceID, err)
		}
		if changed {
			r.Changed++
		} else {
			r.Records = append(r.Records, report.Differing{Object: ref.Object, SourceID: ref.SourceID})
		}
	}
	return r, nil
}
