package activities

import (
	"context"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/ledger"
)

// readLag waits until the account's lists show what was written last (nutshell contract 1.6): a crawl before that would miss it.
func (w *work) readLag(ctx context.Context) error {
	var probes account.Probes
	if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
		return err
	}
	return w.sleep(ctx, probes.ReadLag(w.Config.Nutshell.Limits.ReadLag.Duration()))
}

// sleep waits, as long as the run is not paused.
func (w *work) sleep(ctx context.Context, d time.Duration) error {
	until := time.Now().Add(d)
	for left := time.Until(until); left > 0; left = time.Until(until) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left, time.Second)):
		}
		paused, err := w.run.Paused(ctx)
		if err != nil {
			return err
		}
		if paused {
			return ledger.ErrPaused
		}
	}
	return nil
}
