// Package wiring builds from the settings everything that the steps of a migration work with: the ledger, the clients of both accounts
// behind one shared limiter, the archive and the connection to Temporal.
//
// It guarantees: every call to Nutshell goes through the limiter whose state all workers share in the ledger, heeds the pause bit of
// the run it belongs to, and is counted once, for that run and in the metrics (I5: kinds and outcomes only). What was opened before a
// failure is closed again. Nothing is called while building, save the ledger's own file or database, the archive and Temporal.
package wiring

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/notify"
	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/union"
)

// Parts is what one worker works with. One worker serves one pair of accounts.
type Parts struct {
	Config   config.Config
	Ledger   *ledger.Ledger
	Limiter  *limit.Limiter
	Nutshell *nutshell.Client
	Source   rezora.Source        // the current API, or a folder of exports in its place
	Rezora   *rezora.Client       // the current API; nil with a folder of exports
	Legacy   *rezora.LegacyClient // nil without legacy API
	// LegacyFiles is a folder in place of the legacy API; nil without.
	LegacyFiles *rezora.Export
	Credentials []rezora.Credential // logins of the legacy API
	Union       union.Policy        // how current and legacy become one
	Archive     *archive.Archive
	Temporal    client.Client // nil when Options.Offline
	Metrics     *observe.Metrics
	Log         *zap.Logger
	Breaker     *effect.Breaker // shared by all pages of this worker
	Notifier    *notify.Sender  // nil without NOTIFY_URL

	closers []func() error

	alive     context.Context // ends with Close
	beside    sync.WaitGroup  // what runs beside scrapes
	mu        sync.Mutex
	conserved map[string]*conserved // by name and generation
}

// Options change how the parts are built; the zero value is what a worker wants.
type Options struct {
	// Offline leaves the connection to Temporal out.
	Offline bool
	// LockWait is how long to wait for another process to let go of an SQLite ledger. Defaults to ledger.DefaultLockWait.
	LockWait time.Duration
	// Identity is what this process is called in Temporal. Defaults to the SDK's pid@host.
	Identity string
	// Log defaults to a logger by the settings.
	Log *zap.Logger
	// Metrics default to new ones.
	Metrics *observe.Metrics
	// Transport replaces the network towards both accounts, and Commit is put around every commit of the ledger: for tests of crashes.
	Transport http.RoundTripper
	Commit    func(commit func() error) error
}

// Build opens and connects everything; the caller closes it. An error names the part, and how to mend it where that is known.
func Build(ctx context.Context, c config.Config, o Options) (*Parts, error) {
	p := &Parts{Config: c, Log: o.Log, Metrics: o.Metrics, Breaker: &effect.Breaker{}, conserved: map[string]*conserved{}}
	if p.Log == nil {
		p.Log = observe.Logger(c.Log)
	}
	if p.Metrics == nil {
		p.Metrics = observe.NewMetrics()
	}
	if c.Notify.URL.Set() {
		p.Notifier = notify.New(c.Notify.URL.Reveal())
	}
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	p.alive = alive
	for _, build := range []func(context.Context, Options) error{p.openLedger, p.buildNutshell, p.buildRezora, p.openArchive, p.dialTemporal} {
		if err := build(ctx, o); err != nil {
			end()
			return nil, errors.Join(err, p.Close())
		}
	}
	p.onClose(func() error { end(); p.beside.Wait(); return nil })
	return p, nil
}

// Close lets go of everything, the last opened first. The steps that use the parts have ended before.
func (p *Parts) Close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}

func (p *Parts) onClose(fn func() error) { p.closers = append(p.closers, fn) }
