package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
)

// fromLedger shows what the ledger alone knows of a migration when Temporal cannot be asked or does not know it any more; why says so. When
// the ledger does not know it either, why is the error.
func (c console) fromLedger(ctx context.Context, name string, asJSON bool, why error) error {
	var use *usageError
	if ctx.Err() != nil || !api.ValidName(name) {
		return why
	}
	b, err := c.openBook(ctx)
	if err != nil {
		return why
	}
	defer func() { _ = b.Close() }() // read only
	run, err := b.run(ctx, name)
	if err != nil {
		return why
	}
	counts, err := run.Counts(ctx)
	if err != nil {
		return errors.Join(why, fmt.Errorf("count the effects of %s: %w", name, err))
	}
	calls, err := run.Calls(ctx)
	if err != nil {
		return errors.Join(why, fmt.Errorf("read the calls of %s: %w", name, err))
	}
	note := "Temporal cannot be asked (" + oneLine(why) + "); this is what the ledger knows"
	if errors.As(why, &use) {
		note = "Temporal does not know it any more; this is what the ledger knows"
	}
	v := view{id: api.MigrationIDPrefix + name, seen: time.Now(), closed: true, note: note, progress: ledgerProgress(run.Info(), counts, calls)}
	if asJSON {
		fmt.Fprintln(c.err, note)
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v.progress)
	}
	for _, l := range render(v, width(c)) {
		c.println(l)
	}
	return nil
}

// ledgerStatus are the words of the ledger in those of a migration. The phase of an open run is known to its workflow only.
var ledgerStatus = map[string]struct{ phase, status string }{
	ledger.StatusOpen:       {"unknown", api.StatusRunning},
	ledger.StatusUndoing:    {api.PhaseRollback, api.StatusRunning},
	ledger.StatusRejected:   {api.PhaseRollback, api.StatusRolledBack},
	ledger.StatusRolledBack: {api.PhaseRollback, api.StatusRolledBack},
	ledger.StatusCompleted:  {api.PhaseDone, api.StatusCompleted},
}

func ledgerProgress(g ledger.Generation, counts []ledger.Count, calls map[string]int64) api.Progress {
	words := ledgerStatus[g.Status]
	return api.Progress{
		Migration: g.Name, Phase: cmp.Or(words.phase, "unknown"), Status: cmp.Or(words.status, g.Status), Objects: activities.Objects(counts),
		Calls: api.Calls{Create: calls["create"], Edit: calls["edit"], Delete: calls["delete"], Read: calls["read"], Upload: calls["upload"]},
	}
}
