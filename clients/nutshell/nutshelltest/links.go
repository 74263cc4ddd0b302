package nutshelltest

import (
	"slices"
)

// link is one object between two records, shown on both ends with the same
// relationship. "" is none.
type link struct {
	left, right  record
	relationship string
}

func (l *link) other(self record) record {
	if l.left == self {
		return l.right
	}
	return l.left
}

// wanted is one entry of a sent list of links.
type wanted struct {
	to           record
	relationship string
}

// links reads a list of links; sent is false when the key is absent.
func (p *parser) links(in object, k string, to kind, related bool) (out []wanted, sent bool, err *Error) {
	v, sent := in[k]
	if !sent {
		return nil, false, nil
	}
	entries, err := list(k, v)
	if err != nil {
		return nil, true, err
	}
	for _, e := range entries {
		r, err := p.linked(k, e, to)
		if err != nil {
			return nil, true, err
		}
		w := wanted{to: r}
		if related {
			if w.relationship, err = p.limited(k+".relationship", e.(map[string]any)["relationship"], maxName); err != nil {
				return nil, true, err
			}
		}
		if i := slices.IndexFunc(out, func(o wanted) bool { return o.to == r }); i >= 0 {
			out = slices.Delete(out, i, i+1)
		}
		out = append(out, w)
	}
	return out, true, nil
}

// linkLists names the two slices that hold the links between two types.
func (db *store) linkList(of record, to kind) *[]*link {
	switch r := of.(type) {
	case *contact:
		if to == kAccounts {
			return &r.accounts
		}
		return &r.leads
	case *account:
		if to == kContacts {
			return &r.contacts
		}
		return &r.leads
	case *lead:
		if to == kContacts {
			return &r.contacts
		}
		return &r.accounts
	}
	return nil
}

// bumps collects the other ends whose rev moves at the end of a call, each once.
type bumps []record

func (b *bumps) add(r record) {
	if !slices.Contains(*b, r) {
		*b = append(*b, r)
	}
}

// relink makes self's links to type to exactly those wanted. Links to deleted
// records are hidden and stay.
func (db *store) relink(self record, to kind, want []wanted, touched *bumps) {
	mine := db.linkList(self, to)
	old := *mine
	next := make([]*link, 0, len(want))
	kept := make(map[record]*link, len(old))
	for _, l := range old {
		o := l.other(self)
		if !o.base().live() {
			next = append(next, l)
			continue
		}
		kept[o] = l
	}
	for _, w := range want {
		l := kept[w.to]
		switch {
		case l == nil:
			l = &link{left: self, right: w.to, relationship: w.relationship}
			far := db.linkList(w.to, self.base().kind)
			*far = append(*far, l)
			touched.add(w.to)
		case l.relationship != w.relationship:
			l.relationship = w.relationship
			touched.add(w.to)
		}
		delete(kept, w.to)
		next = append(next, l)
	}
	for _, l := range old {
		o := l.other(self)
		if kept[o] != l {
			continue
		}
		far := db.linkList(o, self.base().kind)
		*far = slices.DeleteFunc(*far, func(x *link) bool { return x == l })
		touched.add(o)
	}
	*mine = slices.Clip(next)
}

// setPrimary moves a lead to another primary account.
func (db *store) setPrimary(l *lead, a *account, touched *bumps) {
	if l.primary == a {
		return
	}
	if old := l.primary; old != nil {
		old.primaryOf = slices.DeleteFunc(old.primaryOf, func(x *lead) bool { return x == l })
		if old.live() {
			touched.add(old)
		}
	}
	l.primary = a
	if a != nil {
		a.primaryOf = append(a.primaryOf, l)
		touched.add(a)
	}
}

func (db *store) bump(list bumps, now instant) {
	if !db.cfg.LinkBumpsBoth {
		return
	}
	for _, r := range list {
		r.base().touch(now)
		db.changed(r.base().kind, now)
	}
}
