// Package activities does the work that workflows decide on, one file a step of the story. Every activity is idempotent against the
// ledger (I9): it is given a migration, a step and a page, and returns counters. Records never pass through Temporal.
package activities

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
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
	"rezora2nutshell/internal/wiring"
)

// Activities holds what the steps work with. One worker serves one pair of accounts.
type Activities struct {
	Config   config.Config
	Ledger   *ledger.Ledger
	Nutshell *nutshell.Client
	Limiter  *limit.Limiter
	Rezora   rezora.Source
	Legacy   *rezora.LegacyClient // nil without legacy API
	// LegacyFiles is a folder of exports in place of the legacy API, nil without.
	LegacyFiles rezora.Source
	// Credentials of the legacy API, one agent or company each.
	Credentials []rezora.Credential
	Union       union.Policy
	Archive     *archive.Archive
	Temporal    client.Client
	Metrics     *observe.Metrics
	Log         *zap.Logger
	Breaker     *effect.Breaker // shared by all pages of this worker
	Notifier    *notify.Sender  // nil without NOTIFY_URL

	// Spool is the folder where attachments wait for their outcome.
	Spool string
	// HandOver is how long one turn of a step works. Defaults to step.HandOver.
	HandOver time.Duration
	// Patience is how long a host may answer nothing before the run parks. Defaults to effect.Patience.
	Patience time.Duration
	// ProbeEvery is the pause between two probes of a host that does not answer. Defaults to 30 s.
	ProbeEvery time.Duration

	mu         sync.Mutex
	runs       map[string]*ledger.Run
	nutshellID string // the accounts that this worker's settings lead to, once asked for
	rezoraID   string
}

// New makes the steps of one worker. spool is the folder where attachments wait for their outcome, "" for one in the system's folder of
// temporary files. What a killed worker has left there goes: where it is still needed it is fetched again.
func New(p *wiring.Parts, spool string) *Activities {
	if spool == "" {
		spool = filepath.Join(os.TempDir(), "rezora2nutshell-spool")
	}
	if err := os.RemoveAll(spool); err != nil {
		p.Log.Warn("cannot clear the spool", zap.Error(err))
	}
	a := &Activities{
		Config: p.Config, Ledger: p.Ledger, Nutshell: p.Nutshell, Limiter: p.Limiter, Rezora: p.Source, Legacy: p.Legacy,
		Credentials: p.Credentials, Union: p.Union, Archive: p.Archive, Temporal: p.Temporal, Metrics: p.Metrics, Log: p.Log, Breaker: p.Breaker,
		Spool: spool, Notifier: p.Notifier,
	}
	if p.LegacyFiles != nil { // a nil pointer in an interface would not be nil
		a.LegacyFiles = p.LegacyFiles
	}
	return a
}

// Register makes a worker take the steps under their fixed names.
func (a *Activities) Register(w worker.ActivityRegistry) {
	for name, fn := range a.steps() {
		w.RegisterActivityWithOptions(fn, activityName(name))
	}
}

// run gives the handle of a migration's generation; handles are kept, since opening one unwraps its key.
func (a *Activities) run(ctx context.Context, name string, generation int) (*ledger.Run, error) {
	key := name + "/" + itoa(generation)
	a.mu.Lock()
	r := a.runs[key]
	a.mu.Unlock()
	if r != nil {
		return r, nil
	}
	r, err := a.Ledger.RunAt(ctx, name, generation)
	if err != nil {
		return nil, err
	}
	a.keep(r)
	return r, nil
}

func (a *Activities) keep(r *ledger.Run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.runs == nil {
		a.runs = map[string]*ledger.Run{}
	}
	a.runs[r.Info().Name+"/"+itoa(r.Info().Gen)] = r
}
