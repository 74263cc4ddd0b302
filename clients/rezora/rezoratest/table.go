package rezoratest

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// table holds the rows of one resource by key and in keyset order.
type table struct {
	res   *resource
	byKey map[string]*row
	order []*row
}

func newTable(res *resource) *table { return &table{res: res, byKey: map[string]*row{}} }

// load appends rows without keeping the order; settle ends a load.
func (t *table) load(r *row) {
	t.byKey[key(r.id, r.sub)] = r
	t.order = append(t.order, r)
}

func (t *table) settle() {
	slices.SortFunc(t.order, func(a, b *row) int { return a.place().compare(b.place()) })
}

func (t *table) get(id, sub string) *row { return t.byKey[key(id, sub)] }

// find is get for callers that know no second key part: the first hit wins.
// Ids mostly begin with that part, which saves the search.
func (t *table) find(id string) *row {
	if t.res.sub == "" {
		return t.byKey[id]
	}
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		if r := t.byKey[key(id, id[:i])]; r != nil {
			return r
		}
	}
	for _, r := range t.order {
		if r.id == id {
			return r
		}
	}
	return nil
}

// after is the index of the first row strictly behind p.
func (t *table) after(p place) int {
	return sort.Search(len(t.order), func(i int) bool { return t.order[i].place().compare(p) > 0 })
}

// since is the index of the first row at or behind second s.
func (t *table) since(s int64) int {
	return sort.Search(len(t.order), func(i int) bool { return t.order[i].updated >= s })
}

func (t *table) insert(r *row) {
	t.byKey[key(r.id, r.sub)] = r
	t.order = slices.Insert(t.order, t.after(r.place()), r)
}

func (t *table) remove(r *row) {
	i := t.after(r.place()) - 1
	t.order = slices.Delete(t.order, i, i+1)
	delete(t.byKey, key(r.id, r.sub))
}

// byID lists the rows in ascending order of their ids, numbers by value.
func (t *table) byID() []*row {
	rows := slices.Clone(t.order)
	slices.SortFunc(rows, func(a, b *row) int { return compareIDs(a, b) })
	return rows
}

// compareIDs orders ids by their text before the number, then the number.
func compareIDs(a, b *row) int {
	pa, na := splitID(a.id)
	pb, nb := splitID(b.id)
	return cmp.Or(strings.Compare(pa, pb), cmp.Compare(na, nb), strings.Compare(a.id, b.id), strings.Compare(a.sub, b.sub))
}

// splitID parts an id into its head and the number at its end, -1 if none.
func splitID(id string) (string, int64) {
	i := len(id)
	for i > 0 && len(id)-i < 18 && id[i-1] >= '0' && id[i-1] <= '9' {
		i--
	}
	n, err := strconv.ParseInt(id[i:], 10, 64)
	if err != nil {
		return id, -1
	}
	return id[:i], n
}
