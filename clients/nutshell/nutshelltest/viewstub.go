package nutshelltest

// stubHead opens a stub.
func (w *view) stubHead(h *head, created bool) {
	w.open('{')
	w.kbool("stub", true)
	w.knum("id", h.id)
	w.kstr("rev", h.revText())
	w.kstr("entityType", h.kind.String())
	w.ktime("modifiedTime", h.modified)
	if created && !w.old() {
		w.ktime("createdTime", h.created)
	}
}

// stub prints the stub of any record, null for nil.
func (w *view) stub(r record) {
	switch r := r.(type) {
	case *contact:
		w.contactStub(r)
	case *account:
		w.accountStub(r)
	case *lead:
		w.leadStub(r)
	case *task:
		w.stubHead(&r.head, false)
		w.kstr("title", r.name)
		w.ktime("dueTime", r.due)
		w.ktime("completedTime", r.completed)
	case *activity:
		w.stubHead(&r.head, false)
		w.kstr("name", r.name)
		w.knum("status", int64(r.shownStatus(w.now)))
		w.ktime("startTime", r.start)
		w.ktime("endTime", r.end)
	case *user:
		w.userStub(r, false)
	case *team:
		w.stubHead(&r.head, true)
		w.kstr("name", r.name)
	default:
		w.null()
		return
	}
	w.close('}')
}

func (w *view) contactStub(c *contact) {
	w.stubHead(&c.head, true)
	w.kstr("name", c.display)
	w.kstr("jobTitle", c.jobTitle())
	if w.old() {
		return
	}
	email, _ := c.email.first()
	w.kopt("primaryEmail", email)
	number, _ := c.phone.first()
	w.kopt("primaryPhone", number.text())
}

// jobTitle is the relationship to the first live account and its name.
func (c *contact) jobTitle() string {
	for _, l := range c.accounts {
		a := l.other(c).(*account)
		switch {
		case !a.live():
		case l.relationship == "":
			return a.name
		default:
			return l.relationship + ", " + a.name
		}
	}
	return ""
}

func (w *view) accountStub(a *account) {
	w.stubHead(&a.head, true)
	w.kstr("name", a.name)
	w.key("regions")
	if w.old() {
		w.null()
		return
	}
	w.open('[')
	if a.address != nil {
		for _, e := range a.address.items {
			if region := e.value.region(); region != "" {
				w.str(region)
			}
		}
	}
	w.close(']')
}

func (w *view) leadStub(l *lead) {
	w.stubHead(&l.head, true)
	w.kstr("name", l.name())
	w.kstr("description", l.description)
	w.knum("status", int64(l.status))
	w.knum("completion", l.completion())
	w.leadValue("value", l.value)
	name := ""
	if l.primary != nil && l.primary.live() {
		name = l.primary.name
	}
	w.kopt("primaryAccountName", name)
	name = ""
	for _, k := range l.contacts {
		if c := k.other(l).(*contact); c.live() {
			name = c.display
			break
		}
	}
	w.kopt("primaryContactName", name)
	w.kbool("isOverdue", l.overdue(w.now))
	w.knull("lastContactedDate")
	w.setTime("dueTime", l.due)
	w.setTime("nextStepDueTime", 0)
	w.setTime("closedTime", l.closed)
}

func (l *lead) completion() int64 {
	if l.status == 10 {
		return 100
	}
	return 0
}

func (w *view) userStub(u *user, participant bool) {
	w.stubHead(&u.head, true)
	w.kstr("name", u.name)
	w.kbool("isEnabled", u.enabled)
	w.kbool("isAdministrator", u.admin)
	switch {
	case participant && !w.full():
		w.kraw("emails", "[null]")
	case !w.old():
		w.emails(u)
	}
}

// linked prints the live other ends of links as stubs.
func (w *view) linked(k string, self record, links []*link, inLead bool) {
	w.key(k)
	w.open('[')
	for _, l := range links {
		if o := l.other(self); o.base().live() {
			w.linkStub(o, l.relationship, inLead, !inLead || o.base().kind == kContacts)
		}
	}
	w.close(']')
}

func (w *view) linkStub(o record, relationship string, inLead, related bool) {
	switch o := o.(type) {
	case *contact:
		w.contactStub(o)
		if inLead {
			w.kopt("description", o.description)
		}
	case *account:
		w.accountStub(o)
		if inLead {
			w.kopt("description", o.description)
		}
	case *lead:
		w.leadStub(o)
	}
	if !related {
		relationship = ""
	}
	w.kopt("relationship", relationship)
	w.close('}')
}
