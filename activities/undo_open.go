package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/undo"
)

// OpenUndo begins the rollback of a migration: as its child, or alone on one whose workflow has ended. From then on the ledger grants
// nothing but deletions and reverts, so that a straggler of a dead run writes nothing. The pause bit is cleared.
func (a *Activities) OpenUndo(ctx context.Context, in step.UndoOpenIn) (step.OpenOut, error) {
	return guard(ctx, a, in.Ref, func(ctx context.Context, w *work) (step.OpenOut, error) {
		out := step.OpenOut{Ref: in.Ref}
		run, err := w.undoTarget(ctx, in)
		if err != nil {
			return out, err
		}
		info := run.Info()
		if !info.ShreddedAt.IsZero() {
			return out, refuse("migration: the key of %s was destroyed on %s, so its records cannot be read any more and nothing can be undone",
				info.Name, info.ShreddedAt.UTC().Format(time.DateOnly))
		}
		a.keep(run)
		w.run = run
		if in.Ref.Migration == "" {
			out.Ref = step.Ref{
				Migration: info.Name, Generation: info.Gen, Ledger: a.Ledger.ID(), Nutshell: info.NutshellAccount, Rezora: info.RezoraAccount,
				Attributes: a.registered(ctx),
			}
			w.ref = out.Ref
		}
		identity, err := a.starterOf(ctx)
		if err != nil {
			return out, err
		}
		_, err = undo.Begin(ctx, run, undo.Rollback{WorkflowID: in.WorkflowID, FirstRunID: in.FirstRunID, By: in.By, Identity: identity, Reason: in.Reason, Edited: in.Edited})
		return out, err
	})
}

// undoTarget reads the generation to undo afresh from the ledger: another process may have shredded it since.
func (w *work) undoTarget(ctx context.Context, in step.UndoOpenIn) (*ledger.Run, error) {
	if in.Ref.Migration != "" {
		return w.Ledger.RunAt(ctx, in.Ref.Migration, in.Ref.Generation)
	}
	input, err := api.DecodeRollback(in.Input)
	if err != nil {
		return nil, refuse("%s", err)
	}
	run, err := w.Ledger.Run(ctx, input.Migration)
	switch {
	case errors.Is(err, ledger.ErrUnknownMigration):
		return nil, refuse("migration: %s is not known in this ledger", input.Migration)
	case err != nil:
		return nil, err
	}
	info := run.Info()
	ended, err := w.closed(ctx, info.WorkflowID, info.FirstRunID)
	switch {
	case err != nil:
		return nil, err
	case !ended:
		return nil, refuse("migration: workflow %s of %s still runs; send it the rollback message instead", info.WorkflowID, info.Name)
	}
	account, err := w.Nutshell.Instance(ctx)
	if err != nil {
		return nil, fmt.Errorf("identify the nutshell account: %w", err)
	}
	if account.ID != info.NutshellAccount {
		return nil, ledger.ErrForeign
	}
	return run, nil
}
