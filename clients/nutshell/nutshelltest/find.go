package nutshelltest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// paging are the parameters that every find shares (nutshell contract 1.6).
type paging struct {
	order string
	desc  bool
	limit int
	page  int
	stub  bool
}

func (g paging) offset() int { return (g.page - 1) * g.limit }

// paging reads them. orders are the values of orderBy besides id, the default
// first; capped says that the page is at most 100 whatever is asked.
func (c *call) paging(capped bool, orders ...string) (paging, *Error) {
	g := paging{order: orders[0], limit: 50, page: 1, stub: true}
	switch v := c.params["stubResponses"].(type) {
	case nil:
	case bool:
		g.stub = v
	default:
		return g, badParam("stubResponses")
	}
	if v := c.params["orderBy"]; v != nil {
		s, _ := v.(string)
		if s != "id" && !slices.Contains(orders, s) {
			return g, badParam("orderBy")
		}
		g.order = s
	}
	switch c.params["orderDirection"] {
	case nil, "ASC":
	case "DESC":
		g.desc = true
	default:
		return g, badParam("orderDirection")
	}
	if err := c.count("limit", &g.limit); err != nil {
		return g, err
	}
	if err := c.count("page", &g.page); err != nil {
		return g, err
	}
	most := 1000
	if capped || !g.stub {
		most = 100
	}
	g.limit = min(g.limit, most)
	return g, nil
}

// count reads an optional whole number of at least 1.
func (c *call) count(name string, to *int) *Error {
	v := c.params[name]
	if v == nil {
		return nil
	}
	if _, isNumber := v.(json.Number); !isNumber {
		return badParam(name)
	}
	n, ok := whole(v)
	if !ok || n < 1 {
		return badParam(name)
	}
	*to = int(min(n, 1<<31))
	return nil
}

// selection is what a query leaves of a table. from narrows the candidates when
// an index could answer; keep is the test for each.
type selection[T record] struct {
	table    *table[T]
	from     []T
	narrowed bool
	keep     []func(T) bool
}

func (q *selection[T]) where(keep func(T) bool) { q.keep = append(q.keep, keep) }

// within narrows to candidates, or tests against them when already narrowed.
func (q *selection[T]) within(rows []T) {
	if !q.narrowed {
		q.from, q.narrowed = rows, true
		return
	}
	in := make(map[int64]bool, len(rows))
	for _, r := range rows {
		in[r.base().id] = true
	}
	q.where(func(r T) bool { return in[r.base().id] })
}

func (q *selection[T]) passes(r T) bool {
	if !r.base().shown() {
		return false
	}
	for _, keep := range q.keep {
		if !keep(r) {
			return false
		}
	}
	return true
}

// rows returns one page. sortBy orders rows when the order is not id or name.
func (q *selection[T]) rows(g paging, sortBy func(a, b T) int) []T {
	if !q.narrowed && len(q.keep) == 0 && g.order == "id" {
		return q.table.order.page(g.offset(), g.limit, g.desc)
	}
	if !q.narrowed && g.order == "id" {
		return q.scan(g)
	}
	var rows []T
	switch {
	case q.narrowed:
		seen := map[int64]bool{}
		for _, r := range q.from {
			if id := r.base().id; !seen[id] && q.passes(r) {
				seen[id] = true
				rows = append(rows, r)
			}
		}
	case g.order == "name" && !g.desc:
		for _, r := range q.table.byName() {
			if q.passes(r) {
				rows = append(rows, r)
			}
			if len(rows) == g.offset()+g.limit {
				break
			}
		}
		return cut(rows, g)
	default:
		q.table.order.each(false, func(r T) bool {
			if q.passes(r) {
				rows = append(rows, r)
			}
			return true
		})
	}
	order(rows, g, sortBy)
	return cut(rows, g)
}

func order[T record](rows []T, g paging, sortBy func(a, b T) int) {
	switch {
	case g.order == "id":
		slices.SortFunc(rows, func(a, b T) int {
			if g.desc {
				return compareID(b.base(), a.base())
			}
			return compareID(a.base(), b.base())
		})
	case sortBy == nil || g.order == "name":
		sortByName(rows, g.desc)
	default:
		slices.SortFunc(rows, func(a, b T) int {
			n := sortBy(a, b)
			if g.desc {
				n = -n
			}
			if n == 0 {
				n = compareID(a.base(), b.base())
			}
			return n
		})
	}
}

// scan walks by id until the page is full.
func (q *selection[T]) scan(g paging) []T {
	var rows []T
	skip := g.offset()
	q.table.order.each(g.desc, func(r T) bool {
		switch {
		case !q.passes(r):
		case skip > 0:
			skip--
		default:
			rows = append(rows, r)
		}
		return len(rows) < g.limit
	})
	return rows
}

func cut[T any](rows []T, g paging) []T {
	from := min(g.offset(), len(rows))
	return rows[from:min(from+g.limit, len(rows))]
}

// list prints a page as stubs or full records.
func printRows[T record](c *call, rows []T, stub bool) {
	c.out.open('[')
	for _, r := range rows {
		if stub {
			c.out.stub(r)
		} else {
			c.out.record(r)
		}
	}
	c.out.close(']')
}

// query reads the query parameter. An empty list is an empty query.
func (c *call) query(known ...string) (object, *Error) {
	var in object
	switch v := c.params["query"].(type) {
	case nil:
	case map[string]any:
		in = v
	case []any:
		if len(v) > 0 {
			return nil, badParam("query")
		}
	default:
		return nil, badParam("query")
	}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		if c.cfg.UnknownKeys == "reject" && !slices.Contains(known, k) {
			return nil, invalid("query."+k, "unknown key")
		}
		if in[k] == nil {
			delete(in, k)
		}
	}
	return in, nil
}

// queryID reads an id of a query; sent is false when it is absent.
func queryID(q object, k string) (id int64, sent bool, err *Error) {
	v, sent := q[k]
	if !sent {
		return 0, false, nil
	}
	id, ok := whole(v)
	if !ok {
		err = badParam("query." + k)
	}
	return id, true, err
}

// queryInts reads a number or an array of numbers.
func queryInts(q object, k string) (list []int64, sent bool, err *Error) {
	v, sent := q[k]
	if !sent {
		return nil, false, nil
	}
	many, ok := v.([]any)
	if !ok {
		many = []any{v}
	}
	for _, one := range many {
		n, ok := whole(one)
		if !ok {
			return nil, true, badParam("query." + k)
		}
		list = append(list, n)
	}
	return list, true, nil
}

// queryRefs reads {entityType,id} or an array of them. Records that do not exist
// match nothing.
func (c *call) queryRefs(q object, k string) (list []record, sent bool, err *Error) {
	v, sent := q[k]
	if !sent {
		return nil, false, nil
	}
	many, ok := v.([]any)
	if !ok {
		many = []any{v}
	}
	for _, one := range many {
		in, _ := one.(map[string]any)
		name, _ := in["entityType"].(string)
		of, known := kindNamed(name)
		id, isID := whole(in["id"])
		if !known || !isID {
			return nil, true, badParam("query." + k)
		}
		if r := c.db.record(of, id); r != nil {
			list = append(list, r)
		}
	}
	return list, true, nil
}

// queryTags reads tag names that must all match.
func (c *call) queryTags(q object, of kind) (tags []*tag, possible bool, err *Error) {
	v, sent := q["tag"]
	if !sent {
		return nil, true, nil
	}
	names, ok := v.([]any)
	if !ok {
		names = []any{v}
	}
	possible = true
	for _, n := range names {
		name, ok := n.(string)
		if !ok {
			return nil, false, badParam("query.tag")
		}
		t := c.db.tag(of, name)
		possible = possible && t != nil
		tags = append(tags, t)
	}
	return tags, possible, nil
}

func hasAll(have, want []*tag) bool {
	for _, t := range want {
		if !slices.Contains(have, t) {
			return false
		}
	}
	return true
}

func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
