package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
)

// shredWait is how long shredding waits for a worker to let go of an SQLite ledger.
const shredWait = 5 * time.Second

type shredding struct {
	giveUp bool
	by     string
	out    string
}

func shredCommand(c console) *cobra.Command {
	var o shredding
	cmd := &cobra.Command{
		Use: "shred <migration>", Short: "Destroys the personal data that the ledger keeps of a migration that has ended",
		Long: `Destroys the key of a migration: its records, match keys and pre-images in the ledger can never be read again, nor can the
migration be rolled back. Ids, counts and the audit log stay. It prints a certificate of what was destroyed and of what it does not
reach, as the archive and backups. With an SQLite ledger the worker has to be stopped first. Repeated, it finishes what was cut short
and prints the certificate again.`,
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.shred(cmd.Context(), args[0], o) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.giveUp, "give-up-rollback", false, "say that you know that the migration cannot be rolled back afterwards")
	flags.StringVar(&o.by, "by", userName(), "who does it, for the audit log")
	flags.StringVarP(&o.out, "output", "o", "", "file that the certificate goes to; default: standard output")
	return cmd
}

func (c console) shred(ctx context.Context, name string, o shredding) (err error) {
	if err := c.mayShred(ctx, name, o.giveUp); err != nil {
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
	defer func() { err = errors.Join(err, l.Close()) }()
	run, err := l.Run(ctx, name)
	if err == nil {
		err = run.Shred(ctx, o.by)
	}
	if err != nil {
		return fmt.Errorf("shred %s: %w", name, err)
	}
	b := &book{l, settings}
	cert, err := b.certify(ctx, run)
	if err != nil {
		return fmt.Errorf("%s is shredded, but its certificate could not be made; mend this and shred again: %w", name, err)
	}
	c.printf("%s is shredded: its records cannot be read any more, nor can it be rolled back.\n", name)
	if o.out == "" {
		c.println("")
		return cert.write(c.out)
	}
	return writeFile(o.out, cert.write)
}

// writeFile writes a new file; one that is there already stays as it is.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the certificate: %w", err)
	}
	return errors.Join(write(f), f.Close())
}

// mayShred refuses what would lose a migration that is not over, or an undo that nobody gave up.
func (c console) mayShred(ctx context.Context, name string, giveUp bool) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		info := run.Info()
		switch {
		case info.Status != ledger.StatusCompleted && info.Status != ledger.StatusRolledBack:
			return fmt.Errorf("%s is %s: only a migration that has completed or is rolled back can be shredded", name, info.Status)
		case !giveUp:
			return usage("starter shred: %s could still be rolled back, and not after this; say so with --give-up-rollback", name)
		}
		return nil
	})
}
