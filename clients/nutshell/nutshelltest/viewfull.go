package nutshelltest

// record prints the full form of any record.
func (w *view) record(r record) {
	switch r := r.(type) {
	case *contact:
		w.contact(r)
	case *account:
		w.account(r)
	case *lead:
		w.lead(r)
	case *note:
		w.note(r, true)
	case *task:
		w.task(r)
	case *activity:
		w.activity(r)
	case *user:
		w.user(r)
	case *team:
		w.begin(&r.head)
		w.kstr("name", r.name)
		w.times(&r.head)
		w.close('}')
	}
}

func (w *view) contact(c *contact) {
	w.begin(&c.head)
	w.times(&c.head)
	w.key("name")
	w.open('{')
	w.kopt("givenName", c.given)
	w.kopt("familyName", c.family)
	w.kopt("salutation", c.salutation)
	w.kopt("displayName", c.display)
	w.close('}')
	w.htmlURL("person", c.id, c.display)
	w.kopt("description", c.description)
	w.creator(&c.head)
	w.key("owner")
	w.stub(c.owner)
	w.linked("accounts", c, c.accounts, false)
	w.linked("leads", c, c.leads, false)
	w.notes(c, c.notes)
	w.tags(c.tags)
	w.knull("lastContactedDate")
	w.knum("contactedCount", 0)
	w.setReference("territory", c.territory)
	w.filesOf(c.notes)
	w.reach(c.email, c.phone, c.url, c.address)
	w.customFields(c.custom)
	w.close('}')
}

func (w *view) reach(email *multi[string], ph *multi[phone], url *multi[string], ad *multi[address]) {
	writeMulti(w, "email", email, w.str)
	writeMulti(w, "phone", ph, w.phone)
	writeMulti(w, "url", url, w.str)
	writeMulti(w, "address", ad, w.address)
}

func (w *view) account(a *account) {
	w.begin(&a.head)
	w.kstr("name", a.name)
	w.times(&a.head)
	w.htmlURL("company", a.id, a.name)
	w.kopt("description", a.description)
	w.setReference("industry", a.industry)
	w.setReference("accountType", a.accountType)
	w.setReference("territory", a.territory)
	w.key("owner")
	w.stub(a.owner)
	w.creator(&a.head)
	w.linked("contacts", a, a.contacts, false)
	w.accountLeads(a)
	w.notes(a, a.notes)
	w.tags(a.tags)
	w.knull("lastContactedDate")
	w.filesOf(a.notes)
	w.reach(a.email, a.phone, a.url, a.address)
	w.customFields(a.custom)
	w.close('}')
}

// leadsOf are the live leads of an account, primary or additional, each once.
func (a *account) leadsOf() []*lead {
	var out []*lead
	for _, l := range a.primaryOf {
		if l.live() {
			out = append(out, l)
		}
	}
	for _, k := range a.leads {
		if l := k.other(a).(*lead); l.live() && l.primary != a {
			out = append(out, l)
		}
	}
	return out
}

func (w *view) accountLeads(a *account) {
	w.key("leads")
	w.open('[')
	for _, l := range a.leadsOf() {
		w.stub(l)
	}
	w.close(']')
}

func (w *view) user(u *user) {
	w.begin(&u.head)
	w.kstr("name", u.name)
	w.kstr("firstName", u.first)
	w.kstr("lastName", u.last)
	w.kbool("isEnabled", u.enabled)
	w.kbool("isAdministrator", u.admin)
	w.emails(u)
	w.times(&u.head)
	w.close('}')
}
