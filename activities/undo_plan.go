package activities

import (
	"context"
	"errors"

	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/undo"
)

// PlanUndo crawls the account afresh, finds the records of ours that no effect accounts for, and answers the steps of the rollback: notes,
// tasks, activities, leads, people, companies. What becomes of a record is decided when its turn comes, from the journal and this crawl.
func (a *Activities) PlanUndo(ctx context.Context, in step.In) (step.PlanOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.PlanOut, error) {
		var out step.PlanOut
		u, r, err := w.undoer(ctx)
		if err != nil {
			return out, err
		}
		if !r.Crawled && w.run.Info().Wrote {
			if err := w.readLag(ctx); err != nil {
				return out, err
			}
		}
		if _, out.Steps, err = u.Survey(ctx, w.turn, r, firstCrawl); err != nil {
			return out, err
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// undoer takes back the effects of this migration. A migration that never read the account has written nothing.
func (w *work) undoer(ctx context.Context) (*undo.Undoer, undo.Rollback, error) {
	r, begun, err := undo.Current(ctx, w.run)
	if err != nil {
		return nil, r, err
	}
	if !begun {
		return nil, r, errors.New("the rollback has not been opened")
	}
	var facts account.Facts
	if _, err := w.run.Value(ctx, keyFacts, &facts); err != nil {
		return nil, r, err
	}
	return &undo.Undoer{
		Run: w.run, Client: w.Nutshell, Defs: facts.Defs(), Breaker: w.Breaker, Crawl: r.Crawl(), CrawledAt: r.CrawledAt,
		Timeout: w.Config.Nutshell.Limits.CallTimeout.Duration(), Concurrency: w.Config.Nutshell.Concurrency, Force: r.Force(),
	}, r, nil
}
