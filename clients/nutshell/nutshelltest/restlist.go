package nutshelltest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	restLimit    = 50
	restMaxLimit = 10000
	multiGetMax  = 100
	undeleteFor  = 30 * 24 * 3600 // seconds
)

func badFilter(detail string) *Error { return restInvalid("Invalid filter", detail) }

// condition is one filter: a field and the text it must equal.
type condition struct {
	def   *fieldDef
	value string
}

// list is nutshell contract 5.2.
func (c *restCall) list(k kind) (*answer, *Error) {
	query, parseErr := url.ParseQuery(c.r.URL.RawQuery)
	if parseErr != nil {
		return nil, badFilter("malformed query string")
	}
	page, limit, err := restPage(query)
	if err != nil {
		return nil, err
	}
	c.db.reveal(c.s.lagged())
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	conditions, err := c.conditions(k, query)
	if err != nil {
		return nil, err
	}
	rows, count := c.listed(k, conditions, page*limit, limit)
	w := c.s.restView()
	c.envelope(w, func() {
		w.knum("count", int64(count))
		w.knum("total", int64(c.db.live(k)))
	})
	w.restRows(k, rows)
	return restAnswer(http.StatusOK, w), nil
}

func restPage(query url.Values) (page, limit int, err *Error) {
	limit = restLimit
	if v, sent := query["page[page]"]; sent {
		n, convErr := strconv.Atoi(v[len(v)-1])
		if convErr != nil || n < 0 || n > 1<<31 {
			return 0, 0, badFilter("Invalid page number: " + v[len(v)-1])
		}
		page = n
	}
	if v, sent := query["page[limit]"]; sent {
		n, convErr := strconv.Atoi(v[len(v)-1])
		if convErr != nil || n < 1 || n > restMaxLimit {
			return 0, 0, badFilter("Invalid page limit: " + v[len(v)-1])
		}
		limit = n
	}
	return page, limit, nil
}

// conditions reads filter[key]=value and filter[key][]=value.
func (c *restCall) conditions(k kind, query url.Values) ([]condition, *Error) {
	names := make([]string, 0, len(query))
	for name := range query {
		if strings.HasPrefix(name, "filter[") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []condition
	for _, name := range names {
		key := strings.TrimSuffix(strings.TrimPrefix(name, "filter["), "[]")
		if i := strings.LastIndexByte(key, ']'); i >= 0 {
			key = key[:i]
		}
		def := c.filterField(k, key)
		if def == nil {
			if c.cfg.RESTUnknownFilter == "ignore" {
				continue
			}
			return nil, badFilter("unknown filter: " + key)
		}
		if !def.filterable() {
			return nil, badFilter("not filterable: " + key)
		}
		for _, v := range query[name] {
			out = append(out, condition{def, v})
		}
	}
	return out, nil
}

func (c *restCall) filterField(k kind, key string) *fieldDef {
	for _, d := range c.db.fields[k] {
		if c.filterKey(d) == key {
			return d
		}
	}
	return nil
}

func (c *restCall) filterKey(d *fieldDef) string {
	if c.cfg.FilterKeys == "id" {
		return "customField-" + strconv.FormatInt(d.id, 10)
	}
	return d.name
}

func (d *fieldDef) filterable() bool { return d.fieldType != "currency" && d.fieldType != "datetime" }

// listed returns a page of the matches and their number.
func (c *restCall) listed(k kind, conditions []condition, offset, limit int) (page []record, count int) {
	var rows []record
	if len(conditions) == 0 {
		rows = c.db.inOrder(k, c.cfg.RESTOrder == "name")
	} else {
		first := conditions[0]
		for _, r := range first.def.index.lookup(first.value, c.db.fill(first.def)) {
			if r.base().shown() && meets(r, conditions) {
				rows = append(rows, r)
			}
		}
		if c.cfg.RESTOrder == "name" {
			rows = restSort(rows)
		} else {
			slices.SortFunc(rows, func(a, b record) int { return compareID(a.base(), b.base()) })
		}
	}
	from := min(offset, len(rows))
	return rows[from:min(from+limit, len(rows))], len(rows)
}

func meets(r record, conditions []condition) bool {
	for _, want := range conditions {
		if !slices.ContainsFunc(customOf(r), func(v fieldValue) bool {
			return v.def == want.def && slices.Contains(v.texts(), want.value)
		}) {
			return false
		}
	}
	return true
}

func customOf(r record) []fieldValue {
	switch r := r.(type) {
	case *contact:
		return r.custom
	case *account:
		return r.custom
	case *lead:
		return r.custom
	}
	return nil
}

// fill visits all values of a field.
func (db *store) fill(d *fieldDef) func(add func(string, record)) {
	return func(add func(string, record)) {
		for _, r := range db.everything(d.entity) {
			for _, v := range customOf(r) {
				if v.def == d {
					for _, t := range v.texts() {
						add(t, r)
					}
				}
			}
		}
	}
}

// everything is all rows of a type by id, deleted ones included.
func (db *store) everything(k kind) []record {
	switch k {
	case kContacts:
		return all(db.contacts)
	case kAccounts:
		return all(db.accounts)
	default:
		return all(db.leads)
	}
}

func all[T record](t *table[T]) []record {
	rows := make([]record, 0, len(t.rows))
	t.order.each(false, func(r T) bool { rows = append(rows, r); return true })
	return rows
}

func (db *store) live(k kind) int {
	switch k {
	case kContacts:
		return db.contacts.live
	case kAccounts:
		return db.accounts.live
	default:
		return db.leads.live
	}
}

// inOrder is all shown rows by id, or by the name that REST shows.
func (db *store) inOrder(k kind, byName bool) []record {
	rows := slices.DeleteFunc(db.everything(k), func(r record) bool { return !r.base().shown() })
	if byName {
		return restSort(rows)
	}
	return rows
}

// restSort orders by name without case, ties by id.
func restSort(rows []record) []record {
	type keyed struct {
		key string
		row record
	}
	list := make([]keyed, len(rows))
	for i, r := range rows {
		list[i] = keyed{strings.ToLower(restName(r)), r}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		if n := strings.Compare(a.key, b.key); n != 0 {
			return n
		}
		return compareID(a.row.base(), b.row.base())
	})
	for i, k := range list {
		rows[i] = k.row
	}
	return rows
}

// restName is a contact's displayName, an account's name, a lead's description.
func restName(r record) string {
	if l, ok := r.(*lead); ok {
		return l.description
	}
	return r.title()
}

func (w *view) restRows(k kind, rows []record) {
	w.key(k.rest())
	w.open('[')
	for _, r := range rows {
		w.open('{')
		w.kstr("id", strconv.FormatInt(r.base().id, 10)+"-"+k.rest())
		w.kstr("type", k.rest())
		w.kstr("name", restName(r))
		w.close('}')
	}
	w.close(']')
	w.close('}')
}

// multiGet is GET /rest/contacts/1-contacts,2-contacts.
func (c *restCall) multiGet(k kind, list string) (*answer, *Error) {
	ids := strings.Split(list, ",")
	if len(ids) > multiGetMax {
		return nil, restInvalid("Invalid request", "more than "+strconv.Itoa(multiGetMax)+" ids")
	}
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	var rows []record
	for _, text := range ids {
		id, ok := restID(text, k.rest())
		if !ok {
			continue
		}
		if r := c.db.record(k, id); r != nil && r.base().live() && !slices.Contains(rows, r) {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil, errNoRoute
	}
	w := c.s.restView()
	c.envelope(w, nil)
	w.restRows(k, rows)
	return restAnswer(http.StatusOK, w), nil
}

// undelete is POST /rest/contacts/{id}/undelete.
func (c *restCall) undelete(k kind, text string) (*answer, *Error) {
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	id, ok := restID(text, k.rest())
	r := c.db.record(k, id)
	if !ok || r == nil || (!r.base().live() && c.now > r.base().deleted+undeleteFor) {
		return nil, errNoRoute
	}
	if err := c.actor.mayWrite(); err != nil {
		return nil, err
	}
	if !r.base().live() {
		if err := c.db.restore(r, c.limits, c.now); err != nil {
			return nil, err
		}
	}
	w := c.s.restView()
	w.open('{')
	w.key(k.rest())
	w.open('[')
	w.open('{')
	w.kstr("id", strconv.FormatInt(id, 10)+"-"+k.rest())
	w.close('}')
	w.close(']')
	w.close('}')
	return restAnswer(http.StatusOK, w), nil
}
