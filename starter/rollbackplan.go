package main

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/undo"
)

// Which crawl the last comparison with the account went by.
const keyReconcileCrawl = "reconcile/crawl"

// keptShown bounds the kept records that a dry run names.
const keptShown = 20

// rollbackPlan says what a rollback would do, from the ledger and the last crawl in it. It calls nobody and writes nothing; the rollback
// itself looks at the account anew.
func (c console) rollbackPlan(ctx context.Context, name, edited string) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		info := run.Info()
		if at := info.ShreddedAt; !at.IsZero() {
			return fmt.Errorf("%s was shredded on %s: it cannot be rolled back any more", name, at.UTC().Format(time.RFC3339))
		}
		look, err := outlook(ctx, run, edited == "force")
		if err != nil {
			return err
		}
		c.printf("%s, run %d, %s: what a rollback would do\n\n", name, info.Gen, info.Status)
		c.printf("%-12s %10s %10s %10s %10s\n", "object", "deleted", "restored", "kept", "gone")
		lines := map[string]undo.Forecast{}
		for _, l := range look.Lines {
			lines[l.Object] = l
		}
		for _, o := range api.Objects {
			n := lines[o]
			c.printf("%-12s %10s %10s %10s %10s\n", o, count(n.Delete), count(n.Restore), count(n.Keep), count(n.Gone))
		}
		c.println("\ndeleted: records this migration made. restored: records that were there before get back what it changed. kept: people touched\nthem since. gone: deleted already.")
		c.kept(look)
		switch {
		case look.ByLedger:
			c.println("the account has not been read since the records were written: which of them people touched, the rollback finds out")
		case edited == "force":
			c.println("records that people touched since the last look at the account are removed too (--edited force)")
		default:
			c.println("records that people touched since the last look at the account are kept, too")
		}
		if look.Fields > 0 {
			c.printf("%s custom fields stay: no call of Nutshell removes them\n", count(int64(look.Fields)))
		}
		if look.InDoubt > 0 {
			c.printf("%s writes are in doubt: they are looked up first\n", count(look.InDoubt))
		}
		return nil
	})
}

func (c console) kept(look undo.Outlook) {
	for i, k := range look.Kept {
		if i == keptShown {
			c.println("  and more")
			break
		}
		c.printf("  kept: %s %s (%s %d): %s\n", k.Object, k.SourceID, k.TargetType, k.TargetID, k.Reason)
	}
}

// outlook is the forecast by the newest crawl that saw what the migration wrote: that of a rollback begun before, else that of the
// reconciliation.
func outlook(ctx context.Context, run *ledger.Run, force bool) (undo.Outlook, error) {
	var facts account.Facts
	if _, err := run.Value(ctx, keyFacts, &facts); err != nil {
		return undo.Outlook{}, err
	}
	var crawl int
	if _, err := run.Value(ctx, keyReconcileCrawl, &crawl); err != nil {
		return undo.Outlook{}, err
	}
	if begun, known, err := undo.Current(ctx, run); err != nil {
		return undo.Outlook{}, err
	} else if known && begun.Crawled {
		crawl = begun.Crawl()
	}
	return undo.Preview(ctx, run, facts.Defs(), crawl, force)
}
