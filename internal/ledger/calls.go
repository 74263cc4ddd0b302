package ledger

import (
	"context"
	"maps"
	"slices"
)

// AddCalls adds to the numbers of calls made to Nutshell, by kind of call.
func (r *Run) AddCalls(ctx context.Context, counts map[string]int64) error {
	var sets [][]any
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		sets = append(sets, []any{r.id, kind, counts[kind]})
	}
	const q = `INSERT INTO calls (run, kind, n) VALUES (?, ?, ?) ON CONFLICT (run, kind) DO UPDATE SET n = calls.n + excluded.n`
	return wrap(r.l.write(ctx, false, 1, func(t *tx) error {
		_, err := t.execEach(t.ctx, q, sets)
		return err
	}), "store the number of calls")
}

// Calls is the number of calls made to Nutshell, by kind of call.
func (r *Run) Calls(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := r.l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT kind, n FROM calls WHERE run = ?`, func(row scanner) error {
			var kind string
			var n int64
			err := row.Scan(&kind, &n)
			out[kind] = n
			return err
		}, r.id)
	})
	return out, wrap(err, "read the number of calls")
}
