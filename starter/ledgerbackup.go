package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
)

func ledgerCommand(c console) *cobra.Command {
	backup := &cobra.Command{
		Use: "backup <file>", Short: "Copies the ledger into a new file, beside a running worker",
		Long: `Copies an SQLite ledger as it stands at this moment into a new file, while a worker goes on. The copy is readable by its owner only
and holds no key: keep a copy of the key file in another place, for whoever has both reads the personal data. A ledger in PostgreSQL is
backed up by pg_dump.`,
		Args: exactly("file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := config.LoadLedger(c.environ)
			if err != nil {
				return err
			}
			size, err := ledger.Backup(cmd.Context(), settings.Ledger.URL.Reveal(), args[0])
			switch {
			case errors.Is(err, ledger.ErrNotAFile):
				return usage(`starter ledger backup: the ledger is in PostgreSQL; write: pg_dump --format=custom --file=%s "$LEDGER_URL"`, args[0])
			case errors.Is(err, ledger.ErrNoLedger):
				return &config.Error{Setting: "LEDGER_URL", Cause: "there is no ledger" + at(settings.Ledger), Cure: "name the ledger of the worker"}
			case errors.Is(err, os.ErrExist):
				return usage("starter ledger backup: %s exists already; name a new file", args[0])
			case err != nil:
				return fmt.Errorf("copy the ledger: %w", err)
			}
			c.printf("%s: %s, the ledger as it stands now. Keep the key file %s apart from it; without it the copy cannot be read.\n",
				args[0], humanize.IBytes(uint64(size)), settings.Ledger.KeyFile)
			return nil
		},
	}
	return group("ledger", "Looks after the ledger", backup)
}
