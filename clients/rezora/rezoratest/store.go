package rezoratest

import (
	"fmt"
	"strconv"
	"sync"
	"time"
)

// store is the account: what the current API holds, and beside it the rows
// that only the legacy API knows. Callers hold mu.
type store struct {
	mu     sync.RWMutex
	tables map[string]*table
	legacy map[string]*table
	next   map[string]int64 // last number given out, by id space
}

func newStore() *store {
	s := &store{tables: map[string]*table{}, legacy: map[string]*table{}, next: map[string]int64{}}
	for name, res := range resources {
		s.tables[name] = newTable(res)
		s.legacy[name] = newTable(res)
	}
	return s
}

func (s *store) settle() {
	for name := range resources {
		s.tables[name].settle()
		s.legacy[name].settle()
	}
}

// number gives out the next number of an id space; spaces begin above base.
func (s *store) number(space string, base int64) int64 {
	s.next[space] = max(s.next[space], base) + 1
	return s.next[space]
}

// idFor names a new row by the rules of rezora contract 4.1.
func (s *store) idFor(res *resource, m map[string]any, bareEvents bool) string {
	space, prefix, base := res.name, res.prefix, firstID[res.name]
	switch res.name {
	case companies:
		prefix = companyPrefix[text(m["kind"])]
		space += prefix
	case socialPosts:
		prefix = text(m["network"]) + "-"
		space += prefix
	case activities:
		space += eventSpace(text(m["type"]))
		if !bareEvents {
			prefix = text(m["type"]) + "-"
		}
	}
	for {
		id := prefix + strconv.FormatInt(s.number(space, base), 10)
		sub := text(m[res.sub])
		if s.tables[res.name].get(id, sub) == nil && s.legacy[res.name].get(id, sub) == nil {
			return id
		}
	}
}

// eventSpace names the counter of an event type: property events share one,
// every other type has its own (rezora contract 7.4).
func eventSpace(kind string) string {
	if kind == "property_view" || kind == "property_search" {
		return "property"
	}
	return kind
}

var companyPrefix = map[string]string{"brand": "brd-", "brokerage": "brk-", "office": "loc-", "other": "org-", "": "org-"}

// firstID is the number below the first id of a resource. Contacts begin just
// below a power of ten, so that byte order and numeric order of ids differ.
var firstID = map[string]int64{
	agents: 3100, teams: 70, teamMemberships: 6000, customProperties: 40,
	contacts: 9999969, distributionGroups: 4700, groupMemberships: 880000,
	templates: 510, campaigns: 70000, campaignRecipients: 51200000,
	leads: 8800, notes: 33000, tasks: 100, interactions: 2000,
	sequenceEnrollments: 900, attachments: 500,
}

// put inserts or changes a row at second now and reports whether it is new.
func (s *store) put(res *resource, m map[string]any, now int64, bareEvents bool) (*row, bool, error) {
	change, err := canonical(m)
	if err != nil {
		return nil, false, err
	}
	t := s.tables[res.name]
	id := text(change["id"])
	if id == "" {
		id = s.idFor(res, change, bareEvents)
		change["id"] = id
	}
	var old *row
	if sub, given := change[res.sub]; res.sub == "" || given {
		old = t.get(id, text(sub))
	} else {
		old = t.find(id)
	}
	if old != nil && res.append {
		return nil, false, fmt.Errorf("rezoratest: %s %s: append-only", res.name, id)
	}
	full := map[string]any{"created_at": instant(now).String()}
	if old != nil {
		full = decode(old.body)
		if old.html != "" {
			full["html"] = old.html
		}
	}
	merge(full, change)
	full["updated_at"], full["deleted"], full["deleted_at"] = instant(now).String(), false, nil
	r, err := rowFromMap(res, full)
	if err != nil {
		return nil, false, err
	}
	if old != nil {
		r.rev, r.flags = old.rev+1, old.flags&^servedDeleted
		t.remove(old)
	}
	t.insert(r)
	return r, old == nil, nil
}

// drop deletes a live row, and with a contact, group or team its memberships
// (rezora contract 3.5 rule 6). It returns what was deleted, the row first.
func (s *store) drop(res *resource, r *row, now int64) []dropped {
	out := []dropped{{res, r}}
	s.move(res, r, now, func(r *row) { r.deletedAt = now })
	for _, link := range cascades[res.name] {
		t := s.tables[link.table]
		for _, m := range t.live(link.column, r.id) {
			out = append(out, s.drop(t.res, m, now)...)
		}
	}
	return out
}

type dropped struct {
	res *resource
	row *row
}

// cascades tells which memberships fall with a row, and the filter column
// that names it.
var cascades = map[string][]struct {
	table  string
	column int
}{
	contacts:           {{groupMemberships, 1}},
	distributionGroups: {{groupMemberships, 0}},
	teams:              {{teamMemberships, 0}},
}

// live returns the live rows whose filter column holds value.
func (t *table) live(column int, value string) []*row {
	var out []*row
	for _, r := range t.order {
		if r.deletedAt == 0 && r.keys[column] == value {
			out = append(out, r)
		}
	}
	return out
}

// restore makes a deleted row live again with a newer updated_at.
func (s *store) restore(res *resource, r *row, now int64) {
	s.move(res, r, now, func(r *row) {
		r.deletedAt = 0
		r.flags &^= servedDeleted
		r.rev++
	})
	r.body = stampUpdated(res, r.body, now)
}

// touch moves a live row to second now without changing anything else.
func (s *store) touch(res *resource, r *row, now int64) {
	s.move(res, r, now, func(r *row) { r.rev++ })
	r.body = stampUpdated(res, r.body, now)
}

func (s *store) move(res *resource, r *row, now int64, change func(*row)) {
	t := s.tables[res.name]
	t.remove(r)
	r.updated = now
	change(r)
	t.insert(r)
}

func stampUpdated(res *resource, body []byte, now int64) []byte {
	m := decode(body)
	m["updated_at"] = instant(now).String()
	return encodeOrdered(res.order, m)
}

func seconds(t time.Time) int64 { return t.Unix() }
