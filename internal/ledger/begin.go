package ledger

import (
	"context"
	"encoding/json"
	"fmt"
)

// BeginRequest names the owner of a run.
type BeginRequest struct {
	Name            string
	WorkflowID      string
	FirstRunID      string
	Input           json.RawMessage
	NutshellAccount string // fingerprints of the two accounts
	RezoraAccount   string
	// OwnerClosed says whether the workflow that owned the last generation has ended, however it did. Asked outside any transaction.
	OwnerClosed func(ctx context.Context, workflowID, runID string) (bool, error)
	Identity    string // of whoever started it, as Temporal recorded it; for the audit log
}

// Begin returns the run of this owner and makes it when there is none: the same workflow and first run id always get the same generation.
// Another owner gets a new generation only when the last one is undone, or wrote nothing, and its owner is closed; else ErrNameUsed.
// An owner that comes back with other accounts gets ErrForeign.
func (l *Ledger) Begin(ctx context.Context, q BeginRequest) (*Run, error) {
	if q.Name == "" || q.WorkflowID == "" || q.FirstRunID == "" {
		return nil, fmt.Errorf("begin %q: name, workflow id and first run id must be given", q.Name)
	}
	for {
		last, err := l.mayBegin(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("begin %s: %w", q.Name, err)
		}
		var made *generationRow
		err = l.write(ctx, true, 1, func(t *tx) (err error) {
			made, err = t.begin(q, last)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("begin %s: %w", q.Name, err)
		}
		if made == nil { // another start came in between
			continue
		}
		if made.NutshellAccount != q.NutshellAccount || made.RezoraAccount != q.RezoraAccount {
			return nil, fmt.Errorf("begin %s: %w", q.Name, ErrForeign)
		}
		return l.run(ctx, *made)
	}
}

// mayBegin returns the last generation, nil when there is none, and refuses an owner that may not follow it.
func (l *Ledger) mayBegin(ctx context.Context, q BeginRequest) (*generationRow, error) {
	last, err := l.lastGeneration(ctx, q.Name)
	if err != nil || last == nil || last.WorkflowID == q.WorkflowID && last.FirstRunID == q.FirstRunID {
		return last, err
	}
	earlier, err := l.ownedBy(ctx, q)
	switch {
	case err != nil:
		return nil, err
	case earlier:
		return nil, fmt.Errorf("%w: a later run of that name has begun", ErrNameUsed)
	}
	undone, err := l.undone(ctx, *last)
	switch {
	case err != nil:
		return nil, err
	case !undone:
		return nil, fmt.Errorf("%w: run %d of it wrote to Nutshell and is not rolled back; roll back first, or choose another name", ErrNameUsed, last.Gen)
	}
	closed := false
	if q.OwnerClosed != nil {
		if closed, err = q.OwnerClosed(ctx, last.WorkflowID, last.FirstRunID); err != nil {
			return nil, fmt.Errorf("ask whether workflow %s has ended: %w", last.WorkflowID, err)
		}
	}
	if !closed {
		return nil, fmt.Errorf("%w: its workflow %s has not ended", ErrNameUsed, last.WorkflowID)
	}
	return last, nil
}

func (l *Ledger) ownedBy(ctx context.Context, q BeginRequest) (bool, error) {
	var n int64
	err := l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT count(*) FROM migrations WHERE name = ? AND workflow_id = ? AND first_run_id = ?`,
			[]any{q.Name, q.WorkflowID, q.FirstRunID}, &n)
		return err
	})
	return n > 0, err
}

// undone reports whether nothing of a generation stands in Nutshell that a rollback would still have to look at.
func (l *Ledger) undone(ctx context.Context, g generationRow) (bool, error) {
	if !g.Wrote || g.Status == StatusRolledBack {
		return true, nil
	}
	if g.Status != StatusRejected && g.Status != StatusCanceled {
		return false, nil
	}
	var standing int64
	err := l.read(ctx, func(s session) error {
		_, err := one(ctx, s, `SELECT COALESCE(sum(n), 0) FROM counts WHERE run = ? AND state IN ('intent', 'done', 'in_doubt', 'reverting')`,
			[]any{g.id}, &standing)
		return err
	})
	return standing == 0, err
}

// begin inserts the generation after last; nil when last is the last no more.
func (t *tx) begin(q BeginRequest, last *generationRow) (*generationRow, error) {
	if err := t.lockChain(q.Name); err != nil {
		return nil, err
	}
	rows, err := generations(t.ctx, t, `WHERE name = ? ORDER BY gen DESC LIMIT 1`, q.Name)
	if err != nil {
		return nil, err
	}
	gen := 1
	if len(rows) > 0 {
		if rows[0].WorkflowID == q.WorkflowID && rows[0].FirstRunID == q.FirstRunID {
			return &rows[0], nil
		}
		if last == nil || last.id != rows[0].id {
			return nil, nil
		}
		gen = rows[0].Gen + 1
	} else if last != nil {
		return nil, nil
	}
	keyID, err := t.dataKey(q.Name)
	if err != nil {
		return nil, err
	}
	now, err := t.clock()
	if err != nil {
		return nil, err
	}
	const insert = `INSERT INTO migrations (name, gen, workflow_id, first_run_id, status, input, nutshell, rezora, key_id, started_at)
		VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)`
	if _, err := t.exec(t.ctx, insert, q.Name, gen, q.WorkflowID, q.FirstRunID, string(q.Input), q.NutshellAccount, q.RezoraAccount, keyID, now); err != nil {
		return nil, err
	}
	rows, err = generations(t.ctx, t, `WHERE name = ? AND gen = ?`, q.Name, gen)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	line, err := newChainEvent(q.Name, gen, AuditEvent{Event: "started", Fields: map[string]any{
		"workflow_id": q.WorkflowID, "run_id": q.FirstRunID, "identity": q.Identity, "ledger": t.l.id}})
	t.audit(line)
	return &rows[0], err
}

func (l *Ledger) lastGeneration(ctx context.Context, name string) (*generationRow, error) {
	var rows []generationRow
	err := l.read(ctx, func(s session) (err error) {
		rows, err = generations(ctx, s, `WHERE name = ? ORDER BY gen DESC LIMIT 1`, name)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}
