package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"rezora2nutshell/activities"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/ledger"
)

// summary prints what was moved, compared and flagged, what it cost, and what can be done next.
func (d *demo) summary(ctx context.Context, p api.Progress) error {
	d.printf("\n%s is %s after %s.\n", p.Migration, p.Status, short(time.Since(d.began)))
	if p.Status != api.StatusCompleted {
		d.nextSteps(p)
		return nil
	}
	d.printf("\nMoved\n")
	for _, l := range objectLines(p) {
		d.println("  " + l)
	}
	if err := d.compared(ctx); err != nil {
		return err
	}
	if err := d.withRun(ctx, demoName, func(_ *book, run *ledger.Run) error { return d.fromLedger(ctx, p, run) }); err != nil {
		return err
	}
	d.nextSteps(p)
	return nil
}

// compared prints the reconciliation's counts.
func (d *demo) compared(ctx context.Context) error {
	var rep struct {
		Objects []struct {
			Object                                                                            string
			Source, Matched, Missing, Mismatched, Unexpected, Duplicated, Flagged, Unverified int64
		}
		Rate   float64           `json:"discrepancy_rate"`
		Edited []json.RawMessage `json:"edited"`
	}
	if err := d.readReport(ctx, "reconciliation.json", &rep); err != nil {
		return err
	}
	d.printf("\nCompared, every record and field, by a fresh enumeration of Nutshell\n  %-12s %9s %9s %9s %11s %11s %11s %9s %11s\n", "object",
		"source", "matched", "missing", "mismatched", "unexpected", "duplicated", "flagged", "unverified")
	for _, o := range rep.Objects {
		d.printf("  %-12s %9s %9s %9s %11s %11s %11s %9s %11s\n", o.Object, count(o.Source), count(o.Matched), count(o.Missing), count(o.Mismatched),
			count(o.Unexpected), count(o.Duplicated), count(o.Flagged), count(o.Unverified))
	}
	d.printf("  discrepancy rate %g\n", rep.Rate)
	d.delta.mu.Lock()
	defer d.delta.mu.Unlock()
	if d.delta.source > 0 {
		d.printf("\nMeanwhile %d rows changed in Rezora and were carried over", d.delta.source)
		if d.delta.edited != 0 {
			d.printf("; somebody edited person %d in Nutshell, and the edit stayed", d.delta.edited)
		}
		d.printf(".\n")
	}
	return nil
}

// fromLedger prints calls for each effect, and what was flagged.
func (d *demo) fromLedger(ctx context.Context, p api.Progress, run *ledger.Run) error {
	counts, err := run.Counts(ctx)
	if err != nil {
		return fmt.Errorf("count the effects: %w", err)
	}
	var effects int64
	for _, c := range counts {
		if c.State == ledger.Done {
			effects += c.N
		}
	}
	var probes, checks int64
	for key, n := range map[string]*int64{activities.KeyProbeCalls: &probes, activities.KeyCheckCalls: &checks} {
		if _, err := run.Value(ctx, key, n); err != nil {
			return fmt.Errorf("count the calls: %w", err)
		}
	}
	work := p.Calls.Total() - probes - checks
	d.printf("\nCalls to Nutshell: %s", count(p.Calls.Total()))
	if effects > 0 {
		d.printf("; without %d of write probes and %d that download files to check them, %s for %s effects: %.3f an effect, crawls, read-back and reconciliation included",
			probes, checks, count(work), count(effects), float64(work)/float64(effects))
	}
	d.printf("\n  create %s, edit %s, delete %s, read %s, upload %s\n", count(p.Calls.Create), count(p.Calls.Edit), count(p.Calls.Delete), count(p.Calls.Read), count(p.Calls.Upload))
	codes := map[string]int64{}
	if err := run.Flags(ctx, func(f ledger.FlagRow) error { codes[f.Object+": "+f.Code]++; return nil }); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	if len(codes) == 0 {
		return nil
	}
	d.printf("\nFlagged for people to look at (starter explain tells more)\n")
	for _, code := range byCount(codes) {
		d.printf("  %7s  %s\n", count(codes[code]), code)
	}
	return nil
}

func byCount(codes map[string]int64) []string {
	const most = 12
	var names []string
	for name := range codes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if codes[a] != codes[b] {
			return int(codes[b] - codes[a])
		}
		return strings.Compare(a, b)
	})
	return names[:min(most, len(names))]
}

func (d *demo) nextSteps(p api.Progress) {
	d.printf("\nReports\n")
	for _, l := range reportLines(p.Reports) {
		d.println("  " + l)
	}
	if d.yes && d.keep == "" {
		d.printf("  (they go when this ends; --keep DIR keeps them)\n")
	}
	d.printf("Web UI\n  %s/namespaces/%s/workflows/%s\n", d.stack.temporal.UI, d.stack.temporal.Namespace, url.PathEscape(api.MigrationIDPrefix+demoName))
	if d.yes || p.Status != api.StatusCompleted {
		return
	}
	d.printf("To roll it back, in another window after  . %s\n", d.stack.envFile())
	for _, w := range api.RollbackCommands(demoName) {
		d.printf("  %-9s %s\n", w.Tool, w.Command)
	}
}

// proof prints what the rollback did and how it was checked.
func (d *demo) proof(p api.Progress) error {
	var rep struct {
		Created struct{ Deleted, Kept, Failed int64 }
		Updated struct{ Restored, Kept, Failed int64 }
		Proof   map[string]int64
	}
	if err := d.readReport(context.Background(), "rollback.json", &rep); err != nil {
		return err
	}
	d.printf("\nRolled back\n  made by the migration: %s deleted, %s kept since a person edited them, %s failed\n", count(rep.Created.Deleted), count(rep.Created.Kept), count(rep.Created.Failed))
	d.printf("  there before: %s restored, %s kept, %s failed\n", count(rep.Updated.Restored), count(rep.Updated.Kept), count(rep.Updated.Failed))
	d.printf("Proof, everything read again\n")
	for _, k := range []string{"untouched_checked", "untouched_changed", "edited_by_others", "restored_equal"} {
		d.printf("  %-18s %s\n", k, count(rep.Proof[k]))
	}
	if p.Reports.Rollback != nil {
		d.printf("Report\n  %s\n", *p.Reports.Rollback)
	}
	if rep.Created.Failed+rep.Updated.Failed+rep.Proof["untouched_changed"] > 0 {
		return fmt.Errorf("the rollback left something behind; its report lists it")
	}
	return nil
}

// readReport reads a report of the demonstration from the archive.
func (d *demo) readReport(ctx context.Context, name string, into any) error {
	b, err := d.openBook(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }() // read only
	a, err := archive.Open(ctx, b.settings.Archive.URL, b.settings.Archive.LinkBase)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }() // read only
	r, err := a.For(demoName).Read(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	body, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
