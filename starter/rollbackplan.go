package main

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
)

// undoCount is what a rollback would do to the records of one object, as far as the ledger alone can tell.
type undoCount struct {
	goes, restored, linked, kept, reverted, doubt, unwritten int64
}

// rollbackPlan says from the ledger what a rollback would do. Which records people edited only a fresh look at the account can tell.
func (c console) rollbackPlan(ctx context.Context, name, edited string) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		counts, err := run.Counts(ctx)
		if err != nil {
			return fmt.Errorf("count the effects of %s: %w", name, err)
		}
		info := run.Info()
		c.printf("%s, run %d, %s: what a rollback would do, from the ledger alone\n\n", name, info.Gen, info.Status)
		c.printf("%-12s %10s %10s %10s %10s %10s %10s\n", "object", "deleted", "restored", "untouched", "kept", "undone", "in doubt")
		sums := undoCounts(counts)
		for _, o := range api.Objects {
			n := sums[o]
			c.printf("%-12s %10s %10s %10s %10s %10s %10s\n", o, count(n.goes), count(n.restored), count(n.linked), count(n.kept), count(n.reverted), count(n.doubt))
		}
		c.println("")
		if n := sums["fields"].goes; n > 0 {
			c.printf("%s custom fields stay: no call of Nutshell removes them\n", count(n))
		}
		c.println("deleted: records this migration made. restored: records that were there before get back what it changed. untouched: linked, not changed.")
		if edited == "force" {
			c.println("records that people edited since are removed too (--edited force)")
		} else {
			c.println("records that people edited since are kept; the rollback finds them by looking at the account first")
		}
		if doubtful := total(sums); doubtful > 0 {
			c.printf("%s writes are in doubt: they are looked up first\n", count(doubtful))
		}
		return nil
	})
}

func total(sums map[string]undoCount) (n int64) {
	for _, s := range sums {
		n += s.doubt
	}
	return n
}

// undoCounts sorts the journal by what an undo makes of it. Files die with their notes, and further calls for a record go with it.
func undoCounts(counts []ledger.Count) map[string]undoCount {
	out := map[string]undoCount{}
	for _, c := range counts {
		if c.Role == "file" || c.Verb != ledger.Create && c.Verb != ledger.Define && (c.Role != ledger.RoleRecord || c.Round > 0) {
			continue
		}
		n := out[c.Object]
		switch c.State {
		case ledger.Done, ledger.Reverting:
			if c.Verb == ledger.Edit || c.How == decide.Merged {
				n.restored += c.N
			} else {
				n.goes += c.N
			}
		case ledger.Skipped:
			n.linked += c.N
		case ledger.Kept:
			n.kept += c.N
		case ledger.Reverted:
			n.reverted += c.N
		case ledger.Intent, ledger.InDoubt:
			n.doubt += c.N
		case ledger.Planned, ledger.Quarantined:
			n.unwritten += c.N
		}
		out[c.Object] = n
	}
	return out
}
