package nutshelltest

import (
	"fmt"
	"slices"
)

var leadKeys = []string{"description", "primaryAccount", "accounts", "contacts", "sources", "assignee", "market", "confidence",
	"priority", "dueTime", "tags", "milestoneId", "stagesetId", "isPending", "value", "products", "customFields", "note",
	"outcome", "outcomeId", "status", "closedTime"}

const leadDue = 30 * 24 * 3600 // seconds; switch leadDueDefault

func (p *parser) lead(l *lead, in object, creating bool) (ch change, err *Error) {
	err = firstOf(
		func() *Error { return p.record(in, leadKeys) },
		func() *Error { return p.text(in, "description", maxLeadDescription, &l.description) },
		func() *Error { return p.primaryAccount(in, &ch) },
		func() *Error { return ch.read(p, in, "accounts", kAccounts, false) },
		func() *Error { return ch.read(p, in, "contacts", kContacts, true) },
		func() *Error { return p.sources(in, &l.sources) },
		func() *Error { return p.owner(in, "assignee", creating, &l.assignee) },
		func() *Error { return p.market(in, &l.market) },
		func() *Error { return p.between(in, "confidence", 0, 100, &l.confidence) },
		func() *Error { return p.between(in, "priority", 0, 1<<31, &l.priority) },
		func() *Error { return p.time(in, "dueTime", &l.due) },
		func() *Error { return p.tags(in, kLeads, &l.tags) },
		func() *Error { return p.stage(in, &l.milestone) },
		func() *Error { return p.value(in, &l.value) },
		func() *Error { return p.products(in) },
		func() *Error { return p.customFields(in, kLeads, &l.custom) },
		func() *Error { ch.notes, err = p.noteTexts(in); return err },
		func() *Error { return p.leadStatus(l, in, creating) },
	)
	return ch, err
}

func (p *parser) primaryAccount(in object, ch *change) *Error {
	v, sent := in["primaryAccount"]
	if !sent {
		return nil
	}
	var a *account
	if v != nil {
		r, err := p.linked("primaryAccount", v, kAccounts)
		if err != nil {
			return err
		}
		a = r.(*account)
	}
	ch.primary = &a
	return nil
}

func (p *parser) sources(in object, to *[]*reference) *Error {
	entries, err := list("sources", in["sources"])
	if _, sent := in["sources"]; !sent || err != nil {
		return err
	}
	var out []*reference
	for _, e := range entries {
		_, id, err := pointer("sources", e, kSources)
		if err != nil {
			return err
		}
		r := p.db.reference(kSources, id)
		if r == nil {
			return notThere("sources", kSources, id)
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	*to = out
	return nil
}

func (p *parser) market(in object, to **reference) *Error {
	v, sent := in["market"]
	if !sent {
		return nil
	}
	if v == nil {
		*to = nil
		return nil
	}
	_, id, err := pointer("market", v, kMarkets)
	if err != nil {
		return err
	}
	r := p.db.reference(kMarkets, id)
	if r == nil {
		return notThere("market", kMarkets, id)
	}
	*to = r
	return nil
}

func (p *parser) between(in object, k string, low, high int64, to *int64) *Error {
	v, sent := in[k]
	if !sent {
		return nil
	}
	n, ok := int64(0), true
	if v != nil {
		n, ok = whole(v)
	}
	if !ok || n < low || n > high {
		return invalid(k, fmt.Sprintf("not a whole number from %d to %d", low, high))
	}
	*to = n
	return nil
}

// stage sets the milestone from milestoneId, stagesetId or the default.
func (p *parser) stage(in object, to **milestone) *Error {
	var set *stageset
	if v, sent := in["stagesetId"]; sent {
		id, ok := whole(v)
		if i := slices.IndexFunc(p.db.stagesets, func(s *stageset) bool { return s.id == id }); ok && i >= 0 {
			set = p.db.stagesets[i]
		} else {
			return missingID("stagesetId", kStagesets, v)
		}
	}
	if v, sent := in["milestoneId"]; sent {
		id, ok := whole(v)
		i := slices.IndexFunc(p.db.milestones, func(m *milestone) bool { return m.id == id })
		if !ok || i < 0 {
			return missingID("milestoneId", kMilestones, v)
		}
		m := p.db.milestones[i]
		if set != nil && m.stageset != set {
			return invalid("milestoneId", fmt.Sprintf("Milestones %d is not of Stagesets %d", m.id, set.id))
		}
		*to = m
		return nil
	}
	if set == nil {
		if *to != nil {
			return nil
		}
		set = p.db.stagesets[slices.IndexFunc(p.db.stagesets, func(s *stageset) bool { return s.isDefault })]
	}
	if *to == nil || (*to).stageset != set {
		if len(set.milestones) == 0 {
			return invalid("stagesetId", "has no milestone")
		}
		*to = set.milestones[0]
	}
	return nil
}

func missingID(field string, k kind, v any) *Error {
	if v == nil {
		return invalid(field, "required")
	}
	if id, ok := whole(v); ok {
		return notThere(field, k, id)
	}
	return invalid(field, "not an id")
}

func (p *parser) value(in object, to *money) *Error {
	v, sent := in["value"]
	if !sent {
		return nil
	}
	if noValue(v) {
		*to = money{}
		return nil
	}
	m, ok := p.money(v, false)
	if !ok {
		return invalid("value", "not a currency value")
	}
	*to = m
	return nil
}

func (p *parser) products(in object) *Error {
	entries, err := list("products", in["products"])
	if err != nil || len(entries) == 0 {
		return err
	}
	_, id, err := pointer("products", entries[0], kProducts)
	if err != nil {
		return err
	}
	return notThere("products", kProducts, id)
}

// leadStatus opens and closes a lead (nutshell contract 3.4, closing).
func (p *parser) leadStatus(l *lead, in object, creating bool) *Error {
	if creating {
		pending := false
		if err := p.flag(in, "isPending", &pending); err != nil {
			return err
		}
		if pending {
			l.status = 1
		}
		return nil
	}
	out, err := p.outcome(in)
	if err != nil {
		return err
	}
	var closed instant
	if err := p.time(in, "closedTime", &closed); err != nil {
		return err
	}
	if closed != 0 && p.cfg.IgnoreClosedTime {
		closed = p.now
	}
	status, err := p.openStatus(l, in, out != nil)
	if err != nil {
		return err
	}
	switch {
	case out != nil:
		l.outcome, l.status, l.closed = out, out.status, p.now
		if closed != 0 {
			l.closed = closed
		}
	case status <= 1 && !l.open():
		l.outcome, l.status, l.closed = nil, status, 0
	case status <= 1:
		l.status = status
	case closed != 0:
		l.closed = closed
	}
	return nil
}

// openStatus is the status that status and isPending ask for, else the present one.
func (p *parser) openStatus(l *lead, in object, closing bool) (int, *Error) {
	status := l.status
	if v := in["status"]; v != nil {
		n, ok := whole(v)
		switch {
		case ok && (n == 0 || n == 1):
			status = int(n)
		case ok && n >= 10 && n <= 12:
			if !closing {
				return 0, invalid("status", "use outcome")
			}
		default:
			return 0, invalid("status", "unknown status")
		}
	}
	if v, sent := in["isPending"]; sent && v != nil {
		pending := false
		if err := p.flag(in, "isPending", &pending); err != nil {
			return 0, err
		}
		switch {
		case pending:
			status = 1
		case status == 1:
			status = 0
		}
	}
	return status, nil
}

func (p *parser) outcome(in object) (*outcome, *Error) {
	field, id, sent := "outcomeId", int64(0), in["outcomeId"] != nil
	if sent {
		n, ok := whole(in["outcomeId"])
		if !ok {
			return nil, invalid(field, "not an id")
		}
		id = n
	}
	if v := in["outcome"]; v != nil {
		var err *Error
		field, sent = "outcome", true
		if _, id, err = pointer(field, v, kOutcomes); err != nil {
			return nil, err
		}
	}
	if !sent {
		return nil, nil
	}
	for _, o := range p.db.outcomes {
		if o.id == id {
			return o, nil
		}
	}
	return nil, notThere(field, kOutcomes, id)
}

func (p *parser) createLead(in object) (*lead, *Error) {
	l := &lead{head: p.newHead(kLeads)}
	l.rev = p.cfg.NewLeadRev
	if markets := p.db.references[kMarkets]; len(markets) > 0 {
		l.market = markets[0]
	}
	if _, sent := in["dueTime"]; !sent && p.cfg.LeadDueDefault == "30d" {
		l.due = p.now + leadDue
	}
	ch, err := p.lead(l, in, true)
	if err == nil {
		err = p.db.leadRoom(p.limits)
	}
	if err != nil {
		return nil, err
	}
	l.id, l.number = p.db.leads.newID(), p.db.nextNumber
	p.db.nextNumber++
	p.db.openLeads++
	p.db.leads.add(l, p.born)
	reindex(l, nil, l.custom)
	p.db.apply(p, l, ch)
	return l, nil
}

func (p *parser) editLead(l *lead, in object) *Error {
	draft := *l
	ch, err := p.lead(&draft, in, false)
	if err == nil && draft.open() && !l.open() {
		err = p.db.leadRoom(p.limits)
	}
	if err != nil {
		return err
	}
	switch {
	case draft.open() && !l.open():
		p.db.openLeads++
	case l.open() && !draft.open():
		p.db.openLeads--
	}
	reindex(l, l.custom, draft.custom)
	*l = draft
	l.touch(p.now)
	p.db.changed(kLeads, p.now)
	p.db.apply(p, l, ch)
	return nil
}
