package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
)

// shredWait is how long shredding waits for a worker to let go of an SQLite ledger.
const shredWait = 5 * time.Second

func shredCommand(c console) *cobra.Command {
	var giveUp bool
	cmd := &cobra.Command{
		Use: "shred <migration>", Short: "Destroys the personal data that the ledger keeps of a migration that has ended",
		Long: `Destroys the key of a migration: its records, match keys and pre-images in the ledger can never be read again, nor can the
migration be rolled back. Ids, counts and the audit log stay. The archive is not touched: delete or move its folders records/,
engagement/ and attachments/ as your rules for personal data say. With an SQLite ledger the worker has to be stopped first.`,
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.shred(cmd.Context(), args[0], giveUp) },
	}
	cmd.Flags().BoolVar(&giveUp, "give-up-rollback", false, "say that you know that the migration cannot be rolled back afterwards")
	return cmd
}

func (c console) shred(ctx context.Context, name string, giveUp bool) error {
	if err := c.mayShred(ctx, name, giveUp); err != nil {
		return err
	}
	settings, err := config.LoadLedger(c.environ)
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, ledger.Options{URL: settings.Ledger.URL.Reveal(), KeyFile: settings.Ledger.KeyFile, LockWait: shredWait})
	if errors.Is(err, ledger.ErrLocked) {
		return fmt.Errorf("a worker holds the ledger; stop it, then shred")
	}
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	run, err := l.Run(ctx, name)
	if err == nil {
		err = run.Shred(ctx)
	}
	if err := errors.Join(err, l.Close()); err != nil {
		return fmt.Errorf("shred %s: %w", name, err)
	}
	c.printf("%s is shredded: its records cannot be read any more, nor can it be rolled back. Copies of the ledger file and its key that were made before are not reached.\n", name)
	return nil
}

// mayShred refuses what would lose a migration that is not over, or an undo that nobody gave up.
func (c console) mayShred(ctx context.Context, name string, giveUp bool) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		info := run.Info()
		switch {
		case !info.ShreddedAt.IsZero():
			return fmt.Errorf("%s was shredded on %s already", name, info.ShreddedAt.UTC().Format(time.RFC3339))
		case info.Status != ledger.StatusCompleted && info.Status != ledger.StatusRolledBack:
			return fmt.Errorf("%s is %s: only a migration that has completed or is rolled back can be shredded", name, info.Status)
		case !giveUp:
			return usage("starter shred: %s could still be rolled back, and not after this; say so with --give-up-rollback", name)
		}
		return nil
	})
}
