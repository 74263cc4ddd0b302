package nutshelltest

var accountKeys = []string{"name", "description", "industryId", "accountTypeId", "territoryId", "owner", "url", "phone", "email",
	"address", "contacts", "leads", "tags", "customFields", "note"}

func (p *parser) account(a *account, in object, creating bool) (ch change, err *Error) {
	err = firstOf(
		func() *Error { return p.record(in, accountKeys) },
		func() *Error { return p.required(in, "name", maxName, &a.name) },
		func() *Error { return p.text(in, "description", maxLong, &a.description) },
		func() *Error { return p.reference(in, "industryId", kIndustries, &a.industry) },
		func() *Error { return p.reference(in, "accountTypeId", kAccountTypes, &a.accountType) },
		func() *Error { return p.reference(in, "territoryId", kTerritories, &a.territory) },
		func() *Error { return p.owner(in, "owner", creating, &a.owner) },
		func() *Error { return p.reach(in, &a.email, &a.phone, &a.url, &a.address) },
		func() *Error { return ch.read(p, in, "contacts", kContacts, true) },
		func() *Error { return ch.read(p, in, "leads", kLeads, false) },
		func() *Error { return p.tags(in, kAccounts, &a.tags) },
		func() *Error { return p.customFields(in, kAccounts, &a.custom) },
		func() *Error { ch.notes, err = p.noteTexts(in); return err },
	)
	return ch, err
}

func (p *parser) createAccount(in object) (*account, *Error) {
	a := &account{head: p.newHead(kAccounts)}
	ch, err := p.account(a, in, true)
	if err != nil {
		return nil, err
	}
	a.id = p.db.accounts.newID()
	p.db.accounts.add(a, p.born)
	reindex(a, nil, a.custom)
	p.db.emails[kAccounts].move(a, nil, folded(a.email))
	p.db.apply(p, a, ch)
	return a, nil
}

func (p *parser) editAccount(a *account, in object) *Error {
	draft := *a
	ch, err := p.account(&draft, in, false)
	if err != nil {
		return err
	}
	reindex(a, a.custom, draft.custom)
	p.db.emails[kAccounts].move(a, folded(a.email), folded(draft.email))
	*a = draft
	a.touch(p.now)
	p.db.changed(kAccounts, p.now)
	p.db.apply(p, a, ch)
	return nil
}
