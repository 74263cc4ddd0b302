package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// tx is a transaction of the writer, shared by the operations of a group. What all of them add to the same few rows, counts and
// audit heads, is collected and written once before the commit: last, so that these rows are locked as briefly as can be.
type tx struct {
	session
	ctx    context.Context
	l      *Ledger
	now    int64
	counts map[countKey]int64
	lines  []chainEvent
	paused map[int64]bool
	grown  map[string]int // rows added to tables, roughly
}

type countKey struct {
	run                            int64
	object, role, verb, state, how string
	round                          int64
}

func (k countKey) compare(o countKey) int {
	return cmp.Or(cmp.Compare(k.run, o.run), cmp.Compare(k.object, o.object), cmp.Compare(k.role, o.role), cmp.Compare(k.verb, o.verb),
		cmp.Compare(k.state, o.state), cmp.Compare(k.how, o.how), cmp.Compare(k.round, o.round))
}

// clock is the store's time of this transaction in microseconds.
func (t *tx) clock() (int64, error) {
	if t.now == 0 {
		now, err := t.l.storeClock(t.ctx, t.session)
		if err != nil {
			return 0, err
		}
		t.now = now
	}
	return t.now, nil
}

func (t *tx) count(k countKey, n int64) { t.counts[k] += n }

func (t *tx) flush() error {
	keys := slices.SortedFunc(maps.Keys(t.counts), countKey.compare) // one order for all processes: no deadlock
	var sets [][]any
	for _, k := range keys {
		if n := t.counts[k]; n != 0 {
			sets = append(sets, []any{k.run, k.object, k.role, k.verb, k.state, k.how, k.round, n})
		}
	}
	if len(sets) > 0 {
		const q = `INSERT INTO counts (run, object, role, verb, state, how, round, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (run, object, role, verb, state, how, round) DO UPDATE SET n = counts.n + excluded.n`
		if _, err := t.execEach(t.ctx, q, sets); err != nil {
			return err
		}
	}
	return t.appendAudit()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
