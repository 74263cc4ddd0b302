package ledger

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
)

// Run is one generation of a migration: everything below a name lives in it.
type Run struct {
	l     *Ledger
	id    int64
	keyID int64
	key   atomic.Pointer[box] // nil once shredded
	wrote atomic.Bool

	mu   sync.Mutex
	info Generation
}

// Run returns the latest generation of a name, or ErrUnknownMigration.
func (l *Ledger) Run(ctx context.Context, name string) (*Run, error) {
	g, err := l.lastGeneration(ctx, name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read migration %s: %w", name, err)
	case g == nil:
		return nil, fmt.Errorf("%w: %s", ErrUnknownMigration, name)
	}
	return l.run(ctx, *g)
}

// RunAt returns a given generation of a name, or ErrUnknownMigration.
func (l *Ledger) RunAt(ctx context.Context, name string, generation int) (*Run, error) {
	var rows []generationRow
	err := l.read(ctx, func(s session) (err error) {
		rows, err = generations(ctx, s, `WHERE name = ? AND gen = ?`, name, generation)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read migration %s: %w", name, err)
	case len(rows) == 0:
		return nil, fmt.Errorf("%w: %s, run %d", ErrUnknownMigration, name, generation)
	}
	return l.run(ctx, rows[0])
}

func (l *Ledger) run(ctx context.Context, g generationRow) (*Run, error) {
	r := &Run{l: l, id: g.id, keyID: g.keyID, info: g.Generation}
	r.wrote.Store(g.Wrote)
	if g.ShreddedAt.IsZero() {
		key, err := l.openDataKey(ctx, g.keyID, g.Name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", g.Name, err)
		}
		if key != nil {
			r.key.Store(key)
		}
	}
	return r, nil
}

// Info is the generation as it was when the run was read, begun or last changed through it.
func (r *Run) Info() Generation {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.info
	g.Wrote = r.wrote.Load()
	return g
}

// Check returns ErrForeign when the caller was started for another ledger or other accounts than this run's.
func (r *Run) Check(ledgerID, nutshell, rezora string) error {
	g := r.Info()
	if ledgerID != r.l.id || nutshell != g.NutshellAccount || rezora != g.RezoraAccount {
		return ErrForeign
	}
	return nil
}

// SetStatus records how the run stands. A new status but open and undoing also records when it closed: one that completed and was rolled back
// later closed with the rollback.
func (r *Run) SetStatus(ctx context.Context, status string) error {
	if !statuses[status] {
		return fmt.Errorf("set status of %s: unknown status %q", r.info.Name, status)
	}
	var g generationRow
	err := r.l.write(ctx, true, 1, func(t *tx) error {
		now, err := t.clock()
		if err != nil {
			return err
		}
		const q = `UPDATE migrations SET status = ?, closed_at = CASE WHEN ? = 'open' THEN 0 WHEN ? = 'undoing' OR status = ? THEN closed_at ELSE ? END WHERE id = ?`
		if status == StatusUndoing { // nothing can be undone without the pre-images
			var shredded int64
			if _, err := one(t.ctx, t, `SELECT shredded_at FROM migrations WHERE id = ?`+t.l.d.forUpdate, []any{r.id}, &shredded); err != nil {
				return err
			}
			if shredded > 0 {
				return ErrShredded
			}
		}
		if _, err := t.exec(t.ctx, q, status, status, status, status, now, r.id); err != nil {
			return err
		}
		rows, err := generations(t.ctx, t, `WHERE id = ?`, r.id)
		if err == nil && len(rows) == 1 {
			g = rows[0]
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("set status of %s: %w", r.info.Name, err)
	}
	r.mu.Lock()
	r.info = g.Generation
	r.mu.Unlock()
	return nil
}

// box is the run's key, or ErrShredded.
func (r *Run) box() (*box, error) {
	if b := r.key.Load(); b != nil {
		return b, nil
	}
	return nil, ErrShredded
}

// Hash is a keyed hash of a value for one purpose, 32 hex digits; "" once the key is destroyed.
func (r *Run) Hash(purpose, value string) string {
	b := r.key.Load()
	if b == nil {
		return ""
	}
	return b.hash(purpose, value)
}

// ShortHash is the keyed hash of a field's value for Shown, 16 hex digits; "" once the key is destroyed.
func (r *Run) ShortHash(value string) string {
	b := r.key.Load()
	if b == nil {
		return ""
	}
	return hex.EncodeToString(b.mac("field", []byte(value))[:8])
}
