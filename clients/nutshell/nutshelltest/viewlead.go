package nutshelltest

import "strconv"

func (w *view) lead(l *lead) {
	w.begin(&l.head)
	w.kstr("name", l.name())
	w.kstr("htmlUrl", webBase+"lead/"+strconv.FormatInt(l.number, 10))
	w.kstr("description", l.description)
	w.tags(l.tags)
	w.times(&l.head)
	w.setTime("dueTime", l.due)
	w.setTime("closedTime", l.closed)
	w.setTime("nextStepDueTime", 0)
	w.creator(&l.head)
	w.key("assignee")
	w.stub(l.assignee)
	w.key("primaryAccount")
	if l.primary != nil && l.primary.live() {
		w.stub(l.primary)
	} else {
		w.null()
	}
	w.key("milestone")
	w.milestone(l.milestone, !w.full())
	if w.full() {
		w.key("stageset")
		w.stageset(l.milestone.stageset)
	}
	w.activitiesCount(l)
	w.knum("status", int64(l.status))
	w.leadOutcome(l)
	w.knum("confidence", l.confidence)
	w.knum("completion", l.completion())
	w.kstr("urgency", "10")
	w.kbool("isOverdue", l.overdue(w.now))
	w.key("market")
	w.reference(l.market)
	w.linked("contacts", l, l.contacts, true)
	w.linked("accounts", l, l.accounts, true)
	w.kraw("products", "[]")
	w.key("sources")
	w.open('[')
	for _, s := range l.sources {
		w.reference(s)
	}
	w.close(']')
	w.kraw("competitors", "[]")
	w.kraw("processes", "[]")
	w.leadMoney(l)
	if l.priority != 0 || w.full() {
		w.knum("priority", l.priority)
	}
	if w.full() {
		w.kraw("channels", "[]")
	}
	w.notes(l, l.notes)
	w.knull("lastContactedDate")
	w.filesOf(l.notes)
	w.customFields(l.custom)
	w.close('}')
}

func (w *view) activitiesCount(l *lead) {
	count := map[int]int64{}
	for _, a := range w.db.activitysOf[l] {
		if a.live() {
			count[a.shownStatus(w.now)]++
		}
	}
	w.key("activitiesCount")
	w.open('{')
	for _, s := range []int{0, 1, 2, -1} {
		w.knum(strconv.Itoa(s), count[s])
	}
	w.close('}')
}

func (w *view) leadOutcome(l *lead) {
	if l.outcome == nil {
		if w.full() {
			w.knull("outcome")
		}
		return
	}
	w.key("outcome")
	w.outcome(l.outcome)
}

func (w *view) outcome(o *outcome) {
	w.open('{')
	w.knum("id", o.id)
	w.kstr("entityType", "Lead_Outcomes")
	w.kstr("rev", "0")
	w.kstr("description", o.name)
	w.knum("type", int64(o.status))
	w.close('}')
}

// leadMoney prints value, normalizedValue and estimatedValue.
func (w *view) leadMoney(l *lead) {
	if l.value.amount == "" && !w.full() {
		return
	}
	w.leadValue("value", l.value)
	if l.value.currency == w.cfg.Currency {
		w.leadValue("normalizedValue", l.value)
	} else {
		w.knull("normalizedValue")
	}
	w.leadValue("estimatedValue", l.value)
}

func (w *view) leadValue(k string, m money) {
	w.key(k)
	if m.amount == "" {
		w.null()
		return
	}
	w.open('{')
	w.kstr("currency", m.currency)
	w.kraw("amount", m.amount)
	w.close('}')
}

func (w *view) milestone(m *milestone, stub bool) {
	w.open('{')
	if stub {
		w.kbool("stub", true)
	}
	w.knum("id", m.id)
	w.kstr("rev", "0")
	w.kstr("entityType", "Milestones")
	w.kstr("name", m.name)
	if !stub {
		w.knum("position", m.position)
		w.knum("stagesetId", m.stageset.id)
	}
	w.close('}')
}

func (w *view) stageset(s *stageset) {
	w.open('{')
	w.knum("id", s.id)
	w.kstr("entityType", "Stagesets")
	w.kstr("name", s.name)
	def := int64(0)
	if s.isDefault {
		def = 1
	}
	w.knum("default", def)
	w.knum("position", s.position)
	w.close('}')
}
