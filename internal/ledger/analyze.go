package ledger

import (
	"context"
	"time"
)

// firstAnalyze is after how many new rows a table's statistics are made first; then each time it has grown fivefold.
const firstAnalyze = 200

// grow keeps PostgreSQL's statistics in step with tables that grow from nothing to millions. Its plans are made once and kept: those made for
// an almost empty table read the wrong index from end to end until fresh statistics throw them away, and its own housekeeping comes by
// once a minute at best. SQLite plans by the shape of the indexes alone and needs nothing.
func (w *writer) grow(rows map[string]int) {
	if w.l.d != postgresDialect {
		return
	}
	for table, n := range rows {
		w.grown[table] += n
		if w.due[table] == 0 {
			w.due[table] = firstAnalyze
		}
		if w.grown[table] < w.due[table] {
			continue
		}
		w.due[table] = w.grown[table] * 5
		w.analyzing.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_ = w.outside(ctx, `ANALYZE `+table) // a table without fresh statistics is slow, not wrong
		})
	}
}
