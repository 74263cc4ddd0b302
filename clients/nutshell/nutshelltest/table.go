package nutshelltest

import (
	"math/rand"
	"slices"
	"sort"
	"strings"
	"sync"
)

// table keeps the records of one type: by id, in id order for paging, and by
// name when somebody asks for it.
type table[T record] struct {
	kind    kind
	rows    map[int64]T
	next    int64
	shuffle *rand.Rand // nil: ids grow
	order   idOrder[T]
	names   nameOrder[T]
	pending []unborn[T] // not yet past the find lag; oldest first
	live    int
	updated instant
}

func newTable[T record](k kind, first int64, shuffle *rand.Rand) *table[T] {
	return &table[T]{kind: k, rows: map[int64]T{}, next: first, shuffle: shuffle, names: nameOrder[T]{stale: true}}
}

func (t *table[T]) newID() int64 {
	if t.shuffle == nil {
		id := t.next
		t.next++
		return id
	}
	for {
		id := 1 + t.shuffle.Int63n(1<<40)
		if _, taken := t.rows[id]; !taken {
			return id
		}
	}
}

// unborn is a record that find* does not show yet; born is in Unix nanoseconds.
type unborn[T record] struct {
	row  T
	born int64
}

// add stores a new record. One with a time of birth waits for reveal.
func (t *table[T]) add(row T, born int64) {
	h := row.base()
	t.rows[h.id] = row
	t.live++
	h.visible = born == 0
	if born != 0 {
		t.pending = append(t.pending, unborn[T]{row, born})
	}
	t.order.insert(row)
	t.changed(h.modified)
}

func (t *table[T]) changed(now instant) {
	t.names.invalidate()
	t.updated = max(t.updated, now)
}

// due tells whether reveal has work.
func (t *table[T]) due(until int64) bool {
	return len(t.pending) > 0 && t.pending[0].born <= until
}

// reveal shows the records that were born at until or before.
func (t *table[T]) reveal(until int64) {
	for t.due(until) {
		h := t.pending[0].row.base()
		h.visible = true
		if h.live() {
			t.order.count(h.id, 1)
		}
		t.pending = t.pending[1:]
	}
}

func (t *table[T]) remove(row T, now instant) {
	h := row.base()
	if h.visible {
		t.order.count(h.id, -1)
	}
	h.deleted = now
	h.touch(now)
	t.live--
	t.changed(now)
}

func (t *table[T]) restore(row T, now instant) {
	h := row.base()
	h.deleted = 0
	h.touch(now)
	if h.visible {
		t.order.count(h.id, 1)
	}
	t.live++
	t.changed(now)
}

// blockSize bounds the work of one insert and of one page.
const blockSize = 1024

type block[T record] struct {
	rows  []T
	shown int
}

// idOrder is all rows by id in blocks that know how many of theirs are shown, so
// that a page far down costs a walk over blocks, not over rows.
type idOrder[T record] struct{ blocks []*block[T] }

func (o *idOrder[T]) find(id int64) int {
	i := sort.Search(len(o.blocks), func(i int) bool { return o.blocks[i].rows[0].base().id > id })
	return max(0, i-1)
}

func (o *idOrder[T]) insert(row T) {
	h := row.base()
	if len(o.blocks) == 0 {
		b := &block[T]{rows: []T{row}}
		if h.shown() {
			b.shown = 1
		}
		o.blocks = append(o.blocks, b)
		return
	}
	i := o.find(h.id)
	b := o.blocks[i]
	if len(b.rows) >= blockSize && i == len(o.blocks)-1 && h.id > b.rows[len(b.rows)-1].base().id {
		b = &block[T]{}
		o.blocks = append(o.blocks, b)
	} else if len(b.rows) >= 2*blockSize {
		o.split(i)
		o.insert(row)
		return
	}
	p := sort.Search(len(b.rows), func(p int) bool { return b.rows[p].base().id > h.id })
	b.rows = slices.Insert(b.rows, p, row)
	if h.shown() {
		b.shown++
	}
}

func (o *idOrder[T]) split(i int) {
	left, right := &block[T]{}, &block[T]{}
	for p, row := range o.blocks[i].rows {
		b := left
		if p >= blockSize {
			b = right
		}
		b.rows = append(b.rows, row)
		if row.base().shown() {
			b.shown++
		}
	}
	o.blocks = slices.Replace(o.blocks, i, i+1, left, right)
}

func (o *idOrder[T]) count(id int64, d int) { o.blocks[o.find(id)].shown += d }

// page returns the shown rows offset to offset+limit.
func (o *idOrder[T]) page(offset, limit int, desc bool) []T {
	var out []T
	for i := range o.blocks {
		if desc {
			i = len(o.blocks) - 1 - i
		}
		b := o.blocks[i]
		if offset >= b.shown {
			offset -= b.shown
			continue
		}
		for p := range b.rows {
			if desc {
				p = len(b.rows) - 1 - p
			}
			if !b.rows[p].base().shown() {
				continue
			}
			if offset > 0 {
				offset--
				continue
			}
			if out = append(out, b.rows[p]); len(out) == limit {
				return out
			}
		}
	}
	return out
}

// each visits all rows by id, deleted ones too, until f says stop.
func (o *idOrder[T]) each(desc bool, f func(T) bool) {
	for i := range o.blocks {
		if desc {
			i = len(o.blocks) - 1 - i
		}
		rows := o.blocks[i].rows
		for p := range rows {
			if desc {
				p = len(rows) - 1 - p
			}
			if !f(rows[p]) {
				return
			}
		}
	}
}

// nameOrder is all rows by name, ignoring case, ties by id; made when asked for.
type nameOrder[T record] struct {
	mu    sync.Mutex
	stale bool
	rows  []T
}

func (n *nameOrder[T]) invalidate() {
	n.mu.Lock()
	n.stale = true
	n.mu.Unlock()
}

func (t *table[T]) byName() []T {
	t.names.mu.Lock()
	defer t.names.mu.Unlock()
	if t.names.stale {
		rows := make([]T, 0, len(t.rows))
		t.order.each(false, func(r T) bool { rows = append(rows, r); return true })
		sortByName(rows, false)
		t.names.rows, t.names.stale = rows, false
	}
	return t.names.rows
}

// sortByName orders by name without case; ties stay by id ascending.
func sortByName[T record](rows []T, desc bool) {
	keys := make(map[int64]string, len(rows))
	for _, r := range rows {
		keys[r.base().id] = strings.ToLower(r.title())
	}
	slices.SortFunc(rows, func(a, b T) int {
		ha, hb := a.base(), b.base()
		if c := strings.Compare(keys[ha.id], keys[hb.id]); c != 0 {
			if desc {
				return -c
			}
			return c
		}
		return compareID(ha, hb)
	})
}

func compareID(a, b *head) int {
	switch {
	case a.id < b.id:
		return -1
	case a.id > b.id:
		return 1
	}
	return 0
}

// valueIndex finds records by a value of theirs. It is made at the first
// question and kept from then on.
type valueIndex struct {
	mu    sync.Mutex
	built bool
	rows  map[string][]record
}

// lookup may be called under the store's read lock.
func (x *valueIndex) lookup(value string, fill func(add func(string, record))) []record {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.built {
		x.rows = map[string][]record{}
		fill(func(v string, r record) { x.rows[v] = append(x.rows[v], r) })
		x.built = true
	}
	return x.rows[value]
}

// move needs the store's write lock.
func (x *valueIndex) move(r record, from, to []string) {
	if !x.built {
		return
	}
	for _, v := range from {
		if slices.Contains(to, v) {
			continue
		}
		list := x.rows[v]
		if i := slices.Index(list, r); i >= 0 {
			list = slices.Delete(slices.Clone(list), i, i+1)
		}
		if len(list) == 0 {
			delete(x.rows, v)
		} else {
			x.rows[v] = list
		}
	}
	for _, v := range to {
		if !slices.Contains(x.rows[v], r) {
			x.rows[v] = append(x.rows[v], r)
		}
	}
}
