package nutshelltest

import (
	"cmp"
	"slices"
	"strings"
)

// searchLimit reads the limit of a search: default 10, at most 100.
func (c *call) searchLimit() (int, *Error) {
	n := 10
	err := c.count("limit", &n)
	return min(n, 100), err
}

// hits are the first shown rows, by id, that match.
func hits[T record](t *table[T], limit int, match func(T) bool) []T {
	var rows []T
	t.order.each(false, func(r T) bool {
		if r.base().shown() && match(r) {
			rows = append(rows, r)
		}
		return len(rows) < limit
	})
	return rows
}

func anyContains(needle string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), needle) })
}

func multiContains(needle string, m *multi[string]) bool {
	return m != nil && slices.ContainsFunc(m.items, func(e entry[string]) bool { return anyContains(needle, e.value) })
}

func (c *contact) contains(s string) bool {
	return anyContains(s, c.display, strings.TrimSpace(c.given+" "+c.family)) || multiContains(s, c.email)
}

func (a *account) contains(s string) bool {
	return anyContains(s, a.name) || multiContains(s, a.email) || multiContains(s, a.url)
}

func (l *lead) contains(s string) bool { return anyContains(s, l.name(), l.description) }

func (c *call) searchOne(run func(needle string, limit int)) *Error {
	s, err := c.textParam("string")
	if err != nil {
		return err
	}
	limit, err := c.searchLimit()
	if err == nil {
		run(strings.ToLower(s), limit)
	}
	return err
}

func searchContacts(c *call) *Error {
	return c.searchOne(func(s string, n int) {
		printRows(c, hits(c.db.contacts, n, func(r *contact) bool { return r.contains(s) }), true)
	})
}

func searchAccounts(c *call) *Error {
	return c.searchOne(func(s string, n int) {
		printRows(c, hits(c.db.accounts, n, func(r *account) bool { return r.contains(s) }), true)
	})
}

func searchLeads(c *call) *Error {
	return c.searchOne(func(s string, n int) {
		printRows(c, hits(c.db.leads, n, func(r *lead) bool { return r.contains(s) }), true)
	})
}

const (
	universalHits = 10
	emailHits     = 5
)

func searchUniversal(c *call) *Error {
	s, err := c.textParam("string")
	if err != nil {
		return err
	}
	s = strings.ToLower(s)
	c.out.open('{')
	c.out.key("contacts")
	printRows(c, hits(c.db.contacts, universalHits, func(r *contact) bool { return r.contains(s) }), true)
	c.out.key("accounts")
	printRows(c, hits(c.db.accounts, universalHits, func(r *account) bool { return r.contains(s) }), true)
	c.out.key("leads")
	printRows(c, hits(c.db.leads, universalHits, func(r *lead) bool { return r.contains(s) }), true)
	c.out.close('}')
	return nil
}

func searchByEmail(c *call) *Error {
	s, err := c.textParam("emailAddressString")
	if err != nil {
		return err
	}
	s = strings.ToLower(s)
	c.out.open('{')
	for _, of := range []struct {
		key string
		k   kind
	}{{"contacts", kContacts}, {"accounts", kAccounts}} {
		c.out.key(of.key)
		rows := c.db.byEmail(of.k, s)
		printRows(c, rows[:min(len(rows), emailHits)], true)
	}
	c.out.close('}')
	return nil
}

// byEmail are the shown records with an e-mail, by id.
func (db *store) byEmail(k kind, email string) []record {
	all := db.emails[k].lookup(email, func(add func(string, record)) {
		each := func(r record, m *multi[string]) {
			for _, v := range folded(m) {
				add(v, r)
			}
		}
		if k == kContacts {
			db.contacts.order.each(false, func(r *contact) bool { each(r, r.email); return true })
		} else {
			db.accounts.order.each(false, func(r *account) bool { each(r, r.email); return true })
		}
	})
	var rows []record
	for _, r := range all {
		if r.base().shown() && !slices.Contains(rows, r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b record) int { return compareID(a.base(), b.base()) })
	return rows
}

// event is one entry of a timeline.
type event struct {
	row record // nil: an e-mail
	at  instant
}

func findTimeline(c *call) *Error {
	q, _ := c.params["query"].(map[string]any)
	of, id, err := pointer("query", q, parentKinds...)
	if err != nil {
		return badParam("query")
	}
	g, err := c.paging(true, "time")
	if err != nil {
		return err
	}
	r := c.db.record(of, id)
	if r == nil {
		return notFound(of)
	}
	events := c.events(r)
	slices.SortStableFunc(events, func(a, b event) int {
		n := cmp.Compare(a.at, b.at)
		if g.order == "id" {
			n = cmp.Compare(a.id(), b.id())
		}
		if g.desc {
			n = -n
		}
		return n
	})
	c.out.open('[')
	for _, e := range cut(events, g) {
		if e.row == nil {
			c.emailEntry(r, e.at)
		} else {
			c.out.record(e.row)
		}
	}
	c.out.close(']')
	return nil
}

func (e event) id() int64 {
	if e.row == nil {
		return 0
	}
	return e.row.base().id
}

// events are what hangs on a record, e-mail first, then notes, then activities,
// each by id.
func (c *call) events(r record) []event {
	var events []event
	if c.cfg.TimelineEmails {
		events = append(events, event{nil, r.base().created})
	}
	for _, n := range *notesOf(r) {
		if n.shown() {
			events = append(events, event{n, n.created})
		}
	}
	rows := slices.Clone(c.db.activitysOf[r])
	slices.SortFunc(rows, func(a, b *activity) int { return compareID(&a.head, &b.head) })
	for _, a := range rows {
		if a.shown() {
			events = append(events, event{a, a.start})
		}
	}
	return events
}

// emailEntry is an entry of another type, as real timelines have: no rev.
func (c *call) emailEntry(r record, sent instant) {
	c.out.open('{')
	c.out.knum("id", 900000+r.base().id)
	c.out.kstr("entityType", "Emails")
	c.out.ktime("createdTime", sent)
	c.out.ktime("sentTime", sent)
	c.out.kraw("to", `["team@example.com"]`)
	c.out.kstr("from", "sender@example.com")
	c.out.kstr("subject", "Welcome")
	c.out.kstr("body", "Thank you for your interest.")
	c.out.close('}')
}
