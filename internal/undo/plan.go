package undo

import (
	"context"
	"fmt"
	"time"

	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// Rollback is one attempt at undoing a migration, as the ledger keeps it. A new workflow begins a new attempt, with crawls of its own; what
// earlier ones undid stays undone.
type Rollback struct {
	WorkflowID string    `json:"workflow_id"`
	FirstRunID string    `json:"first_run_id"`
	By         string    `json:"by"`       // who asked for it, as they said
	Identity   string    `json:"identity"` // and as Temporal recorded it
	Reason     string    `json:"reason"`
	Edited     string    `json:"edited"`
	Number     int       `json:"number"`              // 1, 2, ...
	CrawledAt  time.Time `json:"crawled_at,omitzero"` // when its first crawl began, by the store's clock
	Crawled    bool      `json:"crawled,omitempty"`   // that crawl is whole
	Proofs     int       `json:"proofs,omitempty"`    // comparisons that were finished
}

const (
	keyRollback = "undo"        // Rollback
	keyBefore   = "undo/before" // number of the first finished crawl of any attempt: the account before anything was undone
)

// crawlBase is where the numbers of the rollbacks' crawls begin; a migration counts its own from 1.
const crawlBase = 1 << 20

// Crawl is the number of the crawl that an attempt decides by.
func (r Rollback) Crawl() int { return crawlBase + 2*r.Number }

// Proof is the number of the crawl that proves it.
func (r Rollback) Proof() int { return r.Crawl() + 1 }

// Force tells whether records that people touched go too.
func (r Rollback) Force() bool { return r.Edited == "force" }

// Begin starts an attempt, or finds the one that the same workflow has started: from now on the ledger grants nothing but deletions and
// reverts, so that a straggler of a dead run writes nothing.
func Begin(ctx context.Context, run *ledger.Run, r Rollback) (Rollback, error) {
	if err := run.SetStatus(ctx, ledger.StatusUndoing); err != nil {
		return r, err
	}
	last, known, err := Current(ctx, run)
	if err != nil {
		return r, err
	}
	if known && last.WorkflowID == r.WorkflowID && last.FirstRunID == r.FirstRunID {
		return last, nil
	}
	r.Number = last.Number + 1
	if err := run.Audit(ctx, []ledger.AuditEvent{{Event: "rollback_started", Fields: map[string]any{
		"workflow_id": r.WorkflowID, "run_id": r.FirstRunID, "by": r.By, "identity": r.Identity, "reason": r.Reason, "edited": r.Edited, "attempt": r.Number,
	}}}); err != nil {
		return r, err
	}
	if err := run.SetPaused(ctx, false, r.By); err != nil {
		return r, err
	}
	return r, run.PutValue(ctx, keyRollback, r)
}

// Current is the attempt under way, or the last one.
func Current(ctx context.Context, run *ledger.Run) (Rollback, bool, error) {
	var r Rollback
	ok, err := run.Value(ctx, keyRollback, &r)
	return r, ok, err
}

// Before is the number of the crawl that shows the account before anything was undone, 0 when there is none.
func Before(ctx context.Context, run *ledger.Run) (int, error) {
	var n int
	_, err := run.Value(ctx, keyBefore, &n)
	return n, err
}

// Survey crawls the account for an attempt, finds the records of ours that no effect accounts for, and answers the steps of the rollback.
// It goes on where an earlier turn stopped.
func (u *Undoer) Survey(ctx context.Context, turn *step.Turn, r Rollback, first int) (Rollback, []step.Size, error) {
	if r.CrawledAt.IsZero() {
		now, err := u.Run.StoreNow(ctx)
		if err != nil {
			return r, nil, err
		}
		r.CrawledAt = now
		if err := u.Run.PutValue(ctx, keyRollback, r); err != nil {
			return r, nil, err
		}
	}
	if !r.Crawled {
		if err := u.crawl(ctx, turn, r.Crawl()); err != nil {
			return r, nil, err
		}
		if _, err := u.PlanStrays(ctx, r.Crawl(), first); err != nil {
			return r, nil, err
		}
		if err := u.keepBefore(ctx, r.Crawl()); err != nil {
			return r, nil, err
		}
		r.Crawled = true
		if err := u.Run.PutValue(ctx, keyRollback, r); err != nil {
			return r, nil, err
		}
	}
	steps, err := u.Steps(ctx)
	if err != nil {
		return r, nil, fmt.Errorf("list the steps of the rollback: %w", err)
	}
	return r, steps, nil
}

// crawl reads the whole account into a numbered crawl, from where an earlier turn stopped.
func (u *Undoer) crawl(ctx context.Context, turn *step.Turn, number int) error {
	c := crawl.Crawler{Client: u.Client, Run: u.Run, Defs: u.Defs, Number: number}
	if err := c.Do(ctx, turn, crawl.All...); err != nil {
		return stop(fmt.Errorf("crawl the account for the rollback: %w", err), "any")
	}
	return nil
}

func (u *Undoer) keepBefore(ctx context.Context, number int) error {
	have, err := Before(ctx, u.Run)
	if err != nil || have != 0 {
		return err
	}
	return u.Run.PutValue(ctx, keyBefore, number)
}
