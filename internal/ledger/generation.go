package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// The statuses of a generation.
const (
	StatusOpen       = "open"
	StatusCompleted  = "completed"
	StatusRolledBack = "rolled_back"
	StatusRejected   = "rejected"
	StatusCanceled   = "canceled"
	StatusFailed     = "failed"
	StatusUndoing    = "undoing" // a rollback has begun: only deletions and reverts are granted from now on
)

var statuses = map[string]bool{
	StatusOpen: true, StatusCompleted: true, StatusRolledBack: true, StatusRejected: true, StatusCanceled: true, StatusFailed: true,
	StatusUndoing: true,
}

// Generation is one start of a migration name.
type Generation struct {
	Name            string
	Gen             int // 1, 2, ... within the name
	WorkflowID      string
	FirstRunID      string // the SDK's FirstRunID, which a reset keeps
	Status          string // open, completed, undoing, rolled_back, rejected, canceled, failed
	Wrote           bool   // a claim was granted: something may have been sent to Nutshell
	Input           json.RawMessage
	StartedAt       time.Time
	ClosedAt        time.Time
	ShreddedAt      time.Time
	NutshellAccount string
	RezoraAccount   string
}

// generationRow is a Generation with what only the ledger needs.
type generationRow struct {
	Generation
	id    int64
	keyID int64
}

const generationColumns = `id, key_id, name, gen, workflow_id, first_run_id, status, wrote, input, started_at, closed_at, shredded_at, nutshell, rezora`

func scanGeneration(row scanner) (generationRow, error) {
	var g generationRow
	var wrote, started, ended, shredded int64
	var input string
	err := row.Scan(&g.id, &g.keyID, &g.Name, &g.Gen, &g.WorkflowID, &g.FirstRunID, &g.Status, &wrote, &input, &started, &ended, &shredded,
		&g.NutshellAccount, &g.RezoraAccount)
	g.Wrote, g.StartedAt, g.ClosedAt, g.ShreddedAt = wrote != 0, fromMicros(started), fromMicros(ended), fromMicros(shredded)
	if input != "" {
		g.Input = json.RawMessage(input)
	}
	return g, err
}

func generations(ctx context.Context, s session, where string, args ...any) ([]generationRow, error) {
	var out []generationRow
	err := s.query(ctx, `SELECT `+generationColumns+` FROM migrations `+where, func(row scanner) error {
		g, err := scanGeneration(row)
		out = append(out, g)
		return err
	}, args...)
	return out, err
}

// Migrations lists every generation of every name, by name and generation.
func (l *Ledger) Migrations(ctx context.Context) ([]Generation, error) {
	var rows []generationRow
	err := l.read(ctx, func(s session) (err error) {
		rows, err = generations(ctx, s, `ORDER BY name, gen`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	out := make([]Generation, len(rows))
	for i, r := range rows {
		out[i] = r.Generation
	}
	return out, nil
}
