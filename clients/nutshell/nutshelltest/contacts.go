package nutshelltest

import (
	"strings"
	"unicode"
)

var contactKeys = []string{"name", "email", "phone", "url", "address", "description", "owner", "accounts", "leads", "tags",
	"territoryId", "customFields", "note"}

// change is what a checked input does besides the record's own values.
type change struct {
	links   []linkChange
	primary **account // a lead's primary account, when sent
	notes   []string
}

type linkChange struct {
	to   kind
	want []wanted
}

func (ch *change) read(p *parser, in object, k string, to kind, related bool) *Error {
	want, sent, err := p.links(in, k, to, related)
	if sent && err == nil {
		ch.links = append(ch.links, linkChange{to, want})
	}
	return err
}

// firstOf runs checks in order up to the first refusal.
func firstOf(checks ...func() *Error) *Error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// contact checks in and lays it over c, which is a draft.
func (p *parser) contact(c *contact, in object, creating bool) (ch change, err *Error) {
	err = firstOf(
		func() *Error { return p.record(in, contactKeys) },
		func() *Error { return p.contactName(c, in) },
		func() *Error { return p.reach(in, &c.email, &c.phone, &c.url, &c.address) },
		func() *Error { return p.text(in, "description", maxLong, &c.description) },
		func() *Error { return p.owner(in, "owner", creating, &c.owner) },
		func() *Error { return ch.read(p, in, "accounts", kAccounts, true) },
		func() *Error { return ch.read(p, in, "leads", kLeads, true) },
		func() *Error { return p.tags(in, kContacts, &c.tags) },
		func() *Error { return p.reference(in, "territoryId", kTerritories, &c.territory) },
		func() *Error { return p.customFields(in, kContacts, &c.custom) },
		func() *Error { ch.notes, err = p.noteTexts(in); return err },
	)
	if err == nil && strings.TrimSpace(c.display) == "" && c.phone == nil && c.email == nil {
		err = invalid("contact", "name, phone or email required")
	}
	return ch, err
}

// reach reads the four multi-value dictionaries.
func (p *parser) reach(in object, email **multi[string], ph **multi[phone], url **multi[string], ad **multi[address]) (err *Error) {
	if v, sent := in["email"]; sent {
		if *email, err = readMulti("email", v, p.emails()); err != nil {
			return err
		}
	}
	if v, sent := in["phone"]; sent {
		if *ph, err = readMulti("phone", v, p.phones()); err != nil {
			return err
		}
	}
	if v, sent := in["url"]; sent {
		if *url, err = readMulti("url", v, p.urls()); err != nil {
			return err
		}
	}
	if v, sent := in["address"]; sent {
		if *ad, err = readMulti("address", v, p.addresses()); err != nil {
			return err
		}
	}
	return nil
}

// contactName replaces the whole name (nutshell contract 3.2).
func (p *parser) contactName(c *contact, in object) *Error {
	v, sent := in["name"]
	if !sent {
		return nil
	}
	c.given, c.family, c.salutation, c.display = "", "", "", ""
	parts, isObject := v.(map[string]any)
	if !isObject {
		if empty, isList := v.([]any); isList && len(empty) == 0 {
			return nil
		}
		s, err := p.limited("name", v, maxName)
		if err != nil {
			return err
		}
		c.display, c.given = s, s
		if i := strings.LastIndexByte(s, ' '); i >= 0 {
			c.given, c.family = s[:i], s[i+1:]
		}
		return nil
	}
	for _, part := range []struct {
		key string
		to  *string
	}{{"givenName", &c.given}, {"familyName", &c.family}, {"salutation", &c.salutation}, {"displayName", &c.display}} {
		s, err := p.limited("name."+part.key, parts[part.key], maxName)
		if err != nil {
			return err
		}
		*part.to = s
	}
	if c.display == "" {
		c.display = displayName(c.salutation, c.given, c.family)
	}
	return nil
}

func displayName(salutation, given, family string) string {
	if given == "" && family == "" {
		return ""
	}
	if r := []rune(salutation); len(r) > 0 && unicode.IsLetter(r[len(r)-1]) {
		salutation += "."
	}
	var parts []string
	for _, s := range []string{salutation, given, family} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}

func (p *parser) createContact(in object) (*contact, *Error) {
	c := &contact{head: p.newHead(kContacts)}
	ch, err := p.contact(c, in, true)
	if err == nil {
		err = p.db.contactRoom(p.limits)
	}
	if err != nil {
		return nil, err
	}
	c.id = p.db.contacts.newID()
	p.db.contacts.add(c, p.born)
	reindex(c, nil, c.custom)
	p.db.emails[kContacts].move(c, nil, folded(c.email))
	p.db.apply(p, c, ch)
	return c, nil
}

func (p *parser) editContact(c *contact, in object) *Error {
	draft := *c
	ch, err := p.contact(&draft, in, false)
	if err != nil {
		return err
	}
	reindex(c, c.custom, draft.custom)
	p.db.emails[kContacts].move(c, folded(c.email), folded(draft.email))
	*c = draft
	c.touch(p.now)
	p.db.changed(kContacts, p.now)
	p.db.apply(p, c, ch)
	return nil
}

func (p *parser) newHead(k kind) head {
	return head{kind: k, created: p.now, modified: p.now, creator: p.actor.user}
}

// apply commits links and notes of a checked input.
func (db *store) apply(p *parser, self record, ch change) {
	var touched bumps
	if ch.primary != nil {
		db.setPrimary(self.(*lead), *ch.primary, &touched)
	}
	for _, l := range ch.links {
		db.relink(self, l.to, l.want, &touched)
	}
	db.bump(touched, p.now)
	for _, text := range ch.notes {
		db.addNote(p, self, text)
	}
}
