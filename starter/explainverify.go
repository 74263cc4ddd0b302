package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
	"rezora2nutshell/internal/verify"
)

// When the last comparisons with the account ended.
const (
	keyReconciledAt = "reconcile/at"
	keySampledAt    = "sample/at"
)

// compared tells what Nutshell showed of the record in the crawl that the reconciliation went by, field by field, and when that was.
func (e *explanation) compared(ctx context.Context, b *book) error {
	var crawl int
	var reconciled, sampled time.Time
	for key, into := range map[string]any{keyReconcileCrawl: &crawl, keyReconciledAt: &reconciled, keySampledAt: &sampled} {
		if _, err := e.run.Value(ctx, key, into); err != nil {
			return err
		}
	}
	all, err := e.run.EffectsOf(ctx, e.object, []string{e.staged.ID})
	if err != nil {
		return fmt.Errorf("read the journal of %s %s: %w", e.object, e.staged.ID, err)
	}
	e.printf("\nCompared with Nutshell\n")
	if inSample(all[e.staged.ID]) && !sampled.IsZero() {
		e.printf("  in the sample, %s\n", timeText(sampled))
	}
	if crawl == 0 || reconciled.IsZero() {
		e.println("  not yet by the reconciliation")
		return nil
	}
	e.printf("  by the reconciliation, %s, with crawl %d of the account\n", timeText(reconciled), crawl)
	as, err := e.assembler(ctx, b)
	if err != nil || as == nil {
		return err
	}
	var facts account.Facts
	if _, err := e.run.Value(ctx, keyFacts, &facts); err != nil {
		return err
	}
	v := verify.Verifier{Run: e.run, Project: as, Defs: facts.Defs(), Read: verify.Crawled{Run: e.run, Crawl: crawl}}
	results, err := v.Page(ctx, all[e.staged.ID])
	if err != nil {
		return fmt.Errorf("compare %s %s: %w", e.object, e.staged.ID, err)
	}
	for _, r := range results {
		e.comparison(r)
	}
	return nil
}

func (e *explanation) comparison(r verify.Result) {
	e.printf("  %s %d", r.Effect.TargetType, r.Effect.TargetID)
	if !r.Found {
		e.println(": that crawl does not show it; it was written since, or deleted")
		return
	}
	missing, mismatched := r.Faults()
	e.printf(": %d fields, %d missing, %d different, %d edited by people since\n", len(r.Fields)+len(r.Edited), missing, mismatched, len(r.Edited))
	wants := map[target.Path]target.Want{}
	for _, w := range r.Projection.Wants {
		wants[w.Path] = w
	}
	show := func(f target.Finding, verdict string) {
		if w, known := wants[f.Path]; e.field != "" && !e.asked(target.Want{Field: f.Field, Of: w.Of}) || e.field == "" && verdict == target.Equal && known {
			return
		}
		line := fmt.Sprintf("    %-34s %s: Nutshell shows %s", f.Field, verdict, strings.ReplaceAll(f.Target, "\n", " ⏎ "))
		if f.Reason != "" {
			line += " (" + f.Reason + ")"
		}
		e.println(line)
	}
	for _, f := range r.Fields {
		show(f, f.Verdict)
	}
	for _, f := range r.Edited {
		show(f, "edited by a person")
	}
}

func inSample(effects []ledger.Effect) bool {
	for _, f := range effects {
		if f.SampleOrd > 0 {
			return true
		}
	}
	return false
}
