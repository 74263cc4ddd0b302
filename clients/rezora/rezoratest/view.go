package rezoratest

import (
	"math"
	"slices"
	"strings"
)

// view is the current API's sight of one resource at one moment: it hides
// deleted rows without a living tombstone and rows that lag. Callers hold the
// store's lock.
type view struct {
	res     *resource
	t       *table
	st      *store
	cfg     *Config
	now     int64
	noSince bool
}

func (x *exchange) view(res *resource) view {
	return view{
		res: res, t: x.s.store.tables[res.name], st: x.s.store, cfg: &x.cfg, now: seconds(x.now),
		noSince: slices.Contains(x.cfg.NoSince, res.name),
	}
}

// tombstoneLives reports whether a deleted row still shows as a tombstone.
func (v view) tombstoneLives(r *row) bool {
	return v.cfg.TombstoneDays > 0 && r.deletedAt > v.now-int64(v.cfg.TombstoneDays)*86400 &&
		!slices.Contains(v.cfg.NoTombstonesFor, v.res.name)
}

// matcher returns the test a row must pass to be in the collection of q.
func (v view) matcher(q query) func(*row) bool {
	since := q.since
	if v.noSince {
		since = math.MinInt64
	}
	horizon := int64(math.MaxInt64)
	if v.cfg.VisibilityLag > 0 {
		horizon = v.now - int64(v.cfg.VisibilityLag)
	}
	inGroup := v.groupMatcher(q)
	return func(r *row) bool {
		if r.updated < since || r.updated >= q.before || r.updated > horizon {
			return false
		}
		if r.deletedAt != 0 && (!q.includeDeleted || !v.tombstoneLives(r)) {
			return false
		}
		for i, name := range v.res.filters {
			want, asked := q.filters[name]
			if !asked || r.keys[i] == want {
				continue
			}
			if name != "listing_id" || !strings.Contains(r.keys[i], "\n"+want+"\n") {
				return false
			}
		}
		return inGroup(r)
	}
}

// groupMatcher resolves the membership filter of contacts. A tombstone
// matches by the memberships that fell with it.
func (v view) groupMatcher(q query) func(*row) bool {
	group, asked := q.filters[groupFilter]
	if !asked {
		return func(*row) bool { return true }
	}
	fell := map[string]int64{} // contact to the deletion time of its membership, 0 = live
	for _, m := range v.st.tables[groupMemberships].order {
		if m.keys[0] != group {
			continue
		}
		if at, seen := fell[m.keys[1]]; !seen || at != 0 {
			fell[m.keys[1]] = m.deletedAt
		}
	}
	return func(r *row) bool {
		at, member := fell[r.id]
		return member && at == r.deletedAt
	}
}

// total counts what a walk of q would deliver.
func (v view) total(q query) int {
	match, n := v.matcher(q), 0
	for _, r := range v.t.order[v.start(q):] {
		if match(r) {
			n++
		}
	}
	return n
}

// start is the index of the first row a walk of q may deliver.
func (v view) start(q query) int {
	if v.noSince || q.since == math.MinInt64 {
		return 0
	}
	return v.t.since(q.since)
}

// page collects up to limit rows strictly after p (from the start if p is
// nil) and reports whether more follow.
func (v view) page(q query, p *place, limit int) (rows []*row, more bool) {
	from := v.start(q)
	if p != nil {
		from = max(from, v.t.after(*p))
	}
	match := v.matcher(q)
	for _, r := range v.t.order[from:] {
		if !match(r) {
			continue
		}
		if len(rows) == limit {
			return rows, true
		}
		rows = append(rows, r)
	}
	return rows, false
}
