package activities

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/verify"
)

// Reconcile crawls the account afresh and compares every record and field with what the map demands (I3, I6). The crawl shares nothing
// with the writer. A finished comparison that is asked for again, as after resume, starts a new crawl.
func (a *Activities) Reconcile(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if err := w.noDoubt(ctx, in.Accepted); err != nil {
			return out, err
		}
		if err := w.cleanProbes(ctx); err != nil {
			return out, err
		}
		number, err := w.reconcileCrawl(ctx)
		if err != nil {
			return out, err
		}
		v, err := w.verifier(ctx, verify.Crawled{Run: w.run, Crawl: number, Client: w.Nutshell})
		if err != nil {
			return out, err
		}
		writer, err := w.writer(ctx)
		if err != nil {
			return out, err
		}
		var probes account.Probes
		if _, err := w.run.Value(ctx, keyProbes, &probes); err != nil {
			return out, err
		}
		rec := reconciler{work: w, v: v, writer: writer, crawl: number, neverThere: probes.ShowsDeleted, outline: verify.Outline{Hash: w.run.ShortHash}}
		rep, err := rec.run(ctx)
		if err != nil {
			return out, err
		}
		rep.Threshold = w.in.DiscrepancyThreshold
		if rep.Rehearsal, err = w.rehearsed(ctx, rep.TargetRoot, &rec.outline); err != nil {
			return out, err
		}
		if out.URL, err = w.writeReport(ctx, fileReconciliation, rep); err != nil {
			return out, err
		}
		out.Findings = rep.DiscrepancyRate > 0
		out.Above = rep.DiscrepancyRate > w.in.DiscrepancyThreshold
		if err := w.run.PutValue(ctx, keyReconciled, true); err != nil {
			return out, err
		}
		if err := w.run.PutValue(ctx, keyReconciledAt, time.Now().UTC()); err != nil {
			return out, err
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// Keys of the reconciliation: the crawl it goes by, and whether that crawl was used up.
const (
	keyReconcileCrawl = "reconcile/crawl"
	keyReconciled     = "reconcile/done"
	keyReconciledAt   = "reconcile/at" // when the last one ended
	keySampledAt      = "sample/at"    // when the sample was compared
)

// noDoubt holds the run back while a record is in doubt, unless a person accepts the list (I6).
func (w *work) noDoubt(ctx context.Context, accepted bool) error {
	writer, err := w.writer(ctx)
	if err != nil {
		return err
	}
	if _, err := writer.Resolve(ctx, w.turn, ""); err != nil {
		return err
	}
	if _, err := writer.Sweep(ctx, w.turn, ""); err != nil {
		return err
	}
	n, _, err := w.run.Claimed(ctx, "")
	if err != nil || accepted {
		return err
	}
	doubts, err := w.run.Doubts(ctx, "", 10)
	if err != nil {
		return err
	}
	if n+int64(len(doubts)) > 0 {
		return step.Stuck("in_doubt", true, "%d records are in doubt: their calls got no answer and Nutshell cannot be asked; resume asks again, accept goes on and lists them", n+int64(len(doubts)))
	}
	return nil
}

// reconcileCrawl makes the crawl that the comparison goes by, a new one for each comparison. Before that one begins, the account's lists
// have to show what was written last.
func (w *work) reconcileCrawl(ctx context.Context) (int, error) {
	var number int
	var used bool
	if _, err := w.run.Value(ctx, keyReconcileCrawl, &number); err != nil {
		return 0, err
	}
	if _, err := w.run.Value(ctx, keyReconciled, &used); err != nil {
		return 0, err
	}
	if number == 0 || used {
		if err := w.readLag(ctx); err != nil {
			return 0, err
		}
		last, err := w.crawl(ctx)
		if err != nil {
			return 0, err
		}
		number = max(number, last) + 1
		if err := w.run.PutValue(ctx, keyReconcileCrawl, number); err != nil {
			return 0, err
		}
		if err := w.run.PutValue(ctx, keyReconciled, false); err != nil {
			return 0, err
		}
	}
	if err := w.crawlTypes(ctx, number); err != nil {
		return 0, fmt.Errorf("crawl the account for the comparison: %w", err)
	}
	return number, nil
}

func (w *work) crawlTypes(ctx context.Context, number int) error {
	facts, err := value[account.Facts](ctx, w.run, keyFacts)
	if err != nil {
		return err
	}
	c := crawl.Crawler{Client: w.Nutshell, Run: w.run, Defs: facts.Defs(), Number: number}
	return c.Do(ctx, w.turn, crawl.All...)
}
