package nutshelltest

import (
	"cmp"
	"slices"
)

func findContacts(c *call) *Error {
	g, err := c.paging(true, "id", "name")
	if err != nil {
		return err
	}
	in, err := c.query("accountId", "leadId", "tag")
	if err != nil {
		return err
	}
	q := &selection[*contact]{table: c.db.contacts}
	err = firstOf(
		func() *Error {
			id, sent, err := queryID(in, "accountId")
			if sent && err == nil {
				var rows []*contact
				if a := c.db.accounts.rows[id]; a != nil && a.live() {
					rows = others[*contact](a, a.contacts)
				}
				q.within(rows)
			}
			return err
		},
		func() *Error {
			id, sent, err := queryID(in, "leadId")
			if sent && err == nil {
				var rows []*contact
				if l := c.db.leads.rows[id]; l != nil && l.live() {
					rows = others[*contact](l, l.contacts)
				}
				q.within(rows)
			}
			return err
		},
		func() *Error {
			return tagged(c, in, kContacts, q, func(r *contact) []*tag { return r.tags })
		},
	)
	if err == nil {
		printRows(c, q.rows(g, nil), g.stub)
	}
	return err
}

// others are the far ends of links, deleted ones included.
func others[T record](self record, links []*link) []T {
	rows := make([]T, len(links))
	for i, l := range links {
		rows[i] = l.other(self).(T)
	}
	return rows
}

func tagged[T record](c *call, in object, of kind, q *selection[T], tags func(T) []*tag) *Error {
	want, possible, err := c.queryTags(in, of)
	switch {
	case err != nil:
		return err
	case !possible:
		q.within(nil)
	case len(want) > 0:
		q.where(func(r T) bool { return hasAll(tags(r), want) })
	}
	return nil
}

func findAccounts(c *call) *Error {
	g, err := c.paging(true, "name")
	if err != nil {
		return err
	}
	in, err := c.query("accountType", "industry", "territory", "hasOpenLeads", "tag")
	if err != nil {
		return err
	}
	q := &selection[*account]{table: c.db.accounts}
	for k, of := range map[string]func(*account) *reference{
		"accountType": func(a *account) *reference { return a.accountType },
		"industry":    func(a *account) *reference { return a.industry },
		"territory":   func(a *account) *reference { return a.territory },
	} {
		ids, sent, err := queryInts(in, k)
		if err != nil {
			return err
		}
		if sent {
			q.where(func(a *account) bool { r := of(a); return r != nil && slices.Contains(ids, r.id) })
		}
	}
	if v, sent := in["hasOpenLeads"]; sent {
		want, ok := v.(bool)
		if !ok {
			return badParam("query.hasOpenLeads")
		}
		q.where(func(a *account) bool { return slices.ContainsFunc(a.leadsOf(), (*lead).open) == want })
	}
	if err := tagged(c, in, kAccounts, q, func(r *account) []*tag { return r.tags }); err != nil {
		return err
	}
	printRows(c, q.rows(g, nil), g.stub)
	return nil
}

func findLeads(c *call) *Error {
	g, err := c.paging(false, "id", "name")
	if err != nil {
		return err
	}
	in, err := c.query("status", "filter", "accountId", "contactId", "milestoneId", "stagesetId", "number", "tag", "assignee")
	if err != nil {
		return err
	}
	q := &selection[*lead]{table: c.db.leads}
	err = firstOf(
		func() *Error { return c.leadsLinked(in, q) },
		func() *Error { return c.leadsByNumber(in, q) },
		func() *Error { return c.leadsByOwner(in, q) },
		func() *Error { return tagged(c, in, kLeads, q, func(r *lead) []*tag { return r.tags }) },
	)
	if err == nil {
		printRows(c, q.rows(g, nil), g.stub)
	}
	return err
}

func (c *call) leadsLinked(in object, q *selection[*lead]) *Error {
	id, sent, err := queryID(in, "contactId")
	if err != nil {
		return err
	}
	if sent {
		var rows []*lead
		if r := c.db.contacts.rows[id]; r != nil && r.live() {
			rows = others[*lead](r, r.leads)
		}
		q.within(rows)
	}
	if id, sent, err = queryID(in, "accountId"); err != nil {
		return err
	}
	if sent {
		var rows []*lead
		if r := c.db.accounts.rows[id]; r != nil && r.live() {
			rows = r.leadsOf()
		}
		q.within(rows)
	}
	return nil
}

func (c *call) leadsByNumber(in object, q *selection[*lead]) *Error {
	for k, of := range map[string]func(*lead) int64{
		"milestoneId": func(l *lead) int64 { return l.milestone.id },
		"stagesetId":  func(l *lead) int64 { return l.milestone.stageset.id },
		"number":      func(l *lead) int64 { return l.number },
		"status": func(l *lead) int64 {
			if l.status == 1 {
				return 0 // 0 in a query includes pending
			}
			return int64(l.status)
		},
	} {
		want, sent, err := queryInts(in, k)
		if err != nil {
			return err
		}
		if sent {
			q.where(func(l *lead) bool {
				return slices.Contains(want, of(l)) || (k == "status" && slices.Contains(want, int64(l.status)))
			})
		}
	}
	return nil
}

func (c *call) leadsByOwner(in object, q *selection[*lead]) *Error {
	owners, sent, err := c.queryRefs(in, "assignee")
	if err != nil {
		return err
	}
	if sent {
		q.where(func(l *lead) bool { return l.assignee != nil && slices.Contains(owners, l.assignee) })
	}
	filter, sent, err := queryID(in, "filter")
	switch {
	case err != nil:
		return err
	case !sent || filter == 2:
	case filter == 0 || filter == 1:
		q.where(func(l *lead) bool {
			_, isTeam := l.assignee.(*team)
			return l.assignee == record(c.actor.user) || (filter == 1 && isTeam)
		})
	default:
		return badParam("query.filter")
	}
	return nil
}

func findTasks(c *call) *Error {
	g, err := c.paging(false, "due_time")
	if err != nil {
		return err
	}
	in, err := c.query("entity", "assignee", "status")
	if err != nil {
		return err
	}
	q := &selection[*task]{table: c.db.tasks}
	entities, sent, err := c.queryRefs(in, "entity")
	if err != nil {
		return err
	}
	if sent {
		var rows []*task
		for _, r := range entities {
			rows = append(rows, c.db.tasksOf[r]...)
		}
		q.within(rows)
	}
	owners, sent, err := c.queryRefs(in, "assignee")
	if err != nil {
		return err
	}
	if sent {
		q.where(func(t *task) bool { return t.assignee != nil && slices.Contains(owners, t.assignee) })
	}
	status, sent, err := queryInts(in, "status")
	if err != nil {
		return err
	}
	if sent {
		q.where(func(t *task) bool {
			done := int64(0)
			if t.completed != 0 {
				done = 1
			}
			return slices.Contains(status, done)
		})
	}
	rows := q.rows(g, func(a, b *task) int { return cmp.Compare(dueRank(a), dueRank(b)) })
	printRows(c, rows, g.stub)
	return nil
}

// dueRank puts tasks without a due time last.
func dueRank(t *task) instant {
	if t.due == 0 {
		return 1 << 62
	}
	return t.due
}

func findUsers(c *call) *Error {
	g, err := c.paging(false, "last_name")
	if err != nil {
		return err
	}
	q := &selection[*user]{table: c.db.users}
	printRows(c, q.rows(g, func(a, b *user) int { return compareFold(a.last, b.last) }), g.stub)
	return nil
}

func findTeams(c *call) *Error {
	g, err := c.paging(false, "id", "name")
	if err != nil {
		return err
	}
	q := &selection[*team]{table: c.db.teams}
	printRows(c, q.rows(g, nil), g.stub)
	return nil
}
