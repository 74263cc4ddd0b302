package wiring

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/ledger"
)

func (p *Parts) openLedger(ctx context.Context, o Options) error {
	l, err := ledger.Open(ctx, ledger.Options{URL: p.Config.Ledger.URL.Reveal(), KeyFile: p.Config.Ledger.KeyFile, LockWait: o.LockWait, Commit: o.Commit})
	if errors.Is(err, ledger.ErrLocked) {
		return fmt.Errorf("open the ledger: %w; stop the other worker, or give both one PostgreSQL ledger (LEDGER_URL)", err)
	}
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	p.Ledger = l
	p.onClose(l.Close)
	return nil
}

func (p *Parts) openArchive(ctx context.Context, _ Options) error {
	a, err := archive.Open(ctx, p.Config.Archive.URL, p.Config.Archive.LinkBase)
	if err != nil {
		return fmt.Errorf("open the archive (ARCHIVE_URL): %w", err)
	}
	p.Archive = a
	p.onClose(a.Close)
	return nil
}
