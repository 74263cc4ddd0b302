package activities

import (
	"context"
	"errors"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
)

// keyRehearsal is where a migration keeps how its last rehearsal came out.
const keyRehearsal = "rehearsal"

// KeepRehearsal remembers how a rehearsal came out.
func (a *Activities) KeepRehearsal(ctx context.Context, in step.RehearsedIn) (step.ReportOut, error) {
	return guard(ctx, a, step.Ref{}, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		input, err := api.DecodeRehearsed(in.Input)
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
		if !run.Info().ShreddedAt.IsZero() {
			return out, refuse("migration: the key of %s was destroyed", input.Migration)
		}
		if err := run.PutValue(ctx, keyRehearsal, report.Rehearsal{TargetRoot: input.TargetRoot, At: input.At}); err != nil {
			return out, err
		}
		w.run = run
		return out, w.audit(ctx, "rehearsed", map[string]any{"target_root": input.TargetRoot, "by": input.By})
	})
}

// rehearsed says whether the reconciliation came out as rehearsed, nil when nothing was.
func (w *work) rehearsed(ctx context.Context, targetRoot string) (*report.Rehearsal, error) {
	var r report.Rehearsal
	found, err := w.run.Value(ctx, keyRehearsal, &r)
	if err != nil || !found {
		return nil, err
	}
	r.Same = r.TargetRoot == targetRoot
	return &r, nil
}
