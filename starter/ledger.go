package main

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
)

// book is an open ledger, with the settings that led to it.
type book struct {
	*ledger.Ledger
	settings config.Config
}

// openBook opens the ledger of the settings for reading: it takes no lock and runs beside a worker.
func (c console) openBook(ctx context.Context) (*book, error) {
	settings, err := config.LoadLedger(c.environ)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, ledger.Options{URL: settings.Ledger.URL.Reveal(), KeyFile: settings.Ledger.KeyFile, ReadOnly: true})
	switch {
	case errors.Is(err, ledger.ErrNoLedger):
		return nil, &config.Error{Setting: "LEDGER_URL", Cause: "there is no ledger" + at(settings.Ledger), Cure: "name the ledger of the worker"}
	case errors.Is(err, ledger.ErrKeyFile):
		return nil, &config.Error{Setting: "LEDGER_KEY_FILE", Cause: err.Error(), Cure: "name the key of this ledger"}
	case errors.Is(err, ledger.ErrSchema):
		return nil, fmt.Errorf("%w: use the starter of the worker's version", err)
	case err != nil:
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return &book{l, settings}, nil
}

func at(l config.Ledger) string {
	if l.Path != "" {
		return " at " + l.Path
	}
	return ""
}

// run is the last generation of a name.
func (b *book) run(ctx context.Context, name string) (*ledger.Run, error) {
	if !api.ValidName(name) {
		return nil, usage("unknown migration %q; a name has a-z 0-9 . _ - only", name)
	}
	run, err := b.Run(ctx, name)
	if errors.Is(err, ledger.ErrUnknownMigration) {
		return nil, usage("unknown migration %s: the ledger%s knows no such name", name, at(b.settings.Ledger))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s from the ledger: %w", name, err)
	}
	return run, nil
}

// withRun opens the ledger, finds a migration and lets go of the ledger again.
func (c console) withRun(ctx context.Context, name string, fn func(*book, *ledger.Run) error) error {
	b, err := c.openBook(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }() // read only
	run, err := b.run(ctx, name)
	if err != nil {
		return err
	}
	return fn(b, run)
}
