package nutshelltest

import (
	"maps"
	"slices"
	"strconv"
)

// Snapshot is everything in the account, deleted records included, ordered by
// id. It does not depend on the switches about shapes, and equal states give
// equal snapshots. Times are on the wire form, "" for none.
type Snapshot struct {
	Contacts     []Record                 `json:"contacts"`
	Accounts     []Record                 `json:"accounts"`
	Leads        []Record                 `json:"leads"`
	Notes        []Record                 `json:"notes"`
	Tasks        []Record                 `json:"tasks"`
	Activities   []Record                 `json:"activities"`
	Files        []FileRecord             `json:"files"`
	Users        []UserRecord             `json:"users"`
	Tags         map[string][]string      `json:"tags"`
	CustomFields map[string][]FieldRecord `json:"customFields"`
}

// Record is one record. Fields a type does not have are empty.
type Record struct {
	ID       int64  `json:"id"`
	Rev      string `json:"rev"`
	Created  string `json:"created"`
	Modified string `json:"modified"`
	Deleted  string `json:"deleted,omitempty"`
	Creator  int64  `json:"creator,omitempty"` // user id

	// Fields are the single values by input key; empty ones are left out.
	Fields map[string]string `json:"fields,omitempty"`
	// Lists are the multi-value dictionaries as "label=value"; the primary entry
	// carries a "*" in front.
	Lists map[string][]string `json:"lists,omitempty"`
	Tags  []string            `json:"tags,omitempty"`
	// CustomFields are canonical texts; several choices stand one by one.
	CustomFields map[string][]string `json:"customFields,omitempty"`
	// Links are "Accounts/310" or "Accounts/310 as Buyer" by input key, links to
	// deleted records included.
	Links map[string][]string `json:"links,omitempty"`
	Notes []int64             `json:"notes,omitempty"`
	Files []int64             `json:"files,omitempty"`
}

// Live tells whether the record is not deleted.
func (r Record) Live() bool { return r.Deleted == "" }

// FileRecord is a file on a note.
type FileRecord struct {
	ID     int64  `json:"id"`
	Note   int64  `json:"note"`
	Name   string `json:"name"`
	Mime   string `json:"mime"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
}

// UserRecord is a user.
type UserRecord struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Emails  []string `json:"emails"`
	Enabled bool     `json:"enabled"`
}

// FieldRecord is a custom field definition.
type FieldRecord struct {
	ID       int64    `json:"id"`
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Multiple bool     `json:"multiple"`
	Choices  []string `json:"choices,omitempty"`
}

// Snapshot copies the whole state.
func (s *Server) Snapshot() Snapshot {
	db := s.db
	db.mu.RLock()
	defer db.mu.RUnlock()
	out := Snapshot{
		Contacts: shots(db.contacts, shotContact), Accounts: shots(db.accounts, shotAccount), Leads: shots(db.leads, shotLead),
		Notes: shots(db.notes, shotNote), Tasks: shots(db.tasks, shotTask), Activities: shots(db.activities, shotActivity),
		Files: []FileRecord{}, Tags: map[string][]string{}, CustomFields: map[string][]FieldRecord{},
	}
	for _, id := range slices.Sorted(maps.Keys(db.files)) {
		f := db.files[id]
		out.Files = append(out.Files, FileRecord{f.id, f.note.id, f.name, f.mime, len(f.content), f.sha256})
	}
	db.users.order.each(false, func(u *user) bool {
		out.Users = append(out.Users, UserRecord{u.id, u.name, slices.Clone(u.emails), u.enabled})
		return true
	})
	for _, k := range taggable {
		for _, t := range db.tagLists[k] {
			out.Tags[k.String()] = append(out.Tags[k.String()], t.name)
		}
		for _, d := range db.fields[k] {
			out.CustomFields[k.String()] = append(out.CustomFields[k.String()],
				FieldRecord{d.id, d.name, typeNames[d.fieldType], d.multiple, slices.Clone(d.choices)})
		}
	}
	return out
}

func shots[T record](t *table[T], shot func(T, *Record)) []Record {
	rows := make([]Record, 0, len(t.rows))
	t.order.each(false, func(row T) bool {
		h := row.base()
		r := Record{ID: h.id, Rev: h.revText(), Created: h.created.text(), Modified: h.modified.text(), Deleted: h.deleted.text()}
		if h.creator != nil {
			r.Creator = h.creator.id
		}
		shot(row, &r)
		rows = append(rows, r)
		return true
	})
	return rows
}

func (r *Record) field(k, v string) {
	if v == "" {
		return
	}
	if r.Fields == nil {
		r.Fields = map[string]string{}
	}
	r.Fields[k] = v
}

func (r *Record) number(k string, n int64) { r.field(k, strconv.FormatInt(n, 10)) }

func (r *Record) link(k string, to record, relationship string) {
	if to == nil {
		return
	}
	text := to.base().kind.String() + "/" + strconv.FormatInt(to.base().id, 10)
	if relationship != "" {
		text += " as " + relationship
	}
	if r.Links == nil {
		r.Links = map[string][]string{}
	}
	r.Links[k] = append(r.Links[k], text)
}

func (r *Record) links(k string, self record, list []*link) {
	for _, l := range list {
		r.link(k, l.other(self), l.relationship)
	}
}

func (r *Record) reference(k string, ref *reference) {
	if ref != nil {
		r.number(k, ref.id)
	}
}

func shotMulti[T comparable](r *Record, k string, m *multi[T], text func(T) string) {
	if m == nil {
		return
	}
	if r.Lists == nil {
		r.Lists = map[string][]string{}
	}
	for i, e := range m.items {
		mark := ""
		if i == m.primary {
			mark = "*"
		}
		r.Lists[k] = append(r.Lists[k], mark+e.label+"="+text(e.value))
	}
}

func (r *Record) reach(email, url *multi[string], ph *multi[phone], ad *multi[address]) {
	plain := func(s string) string { return s }
	shotMulti(r, "email", email, plain)
	shotMulti(r, "url", url, plain)
	shotMulti(r, "phone", ph, func(p phone) string {
		if p.ext != "" {
			return p.text() + " x" + p.ext
		}
		return p.text()
	})
	shotMulti(r, "address", ad, func(a address) string {
		text := ""
		for i, part := range a {
			if part != "" {
				text += "; " + addressParts[i] + ": " + part
			}
		}
		return text[2:]
	})
}

func (r *Record) extras(tags []*tag, custom []fieldValue, notes []*note) {
	for _, t := range tags {
		r.Tags = append(r.Tags, t.name)
	}
	for _, v := range custom {
		if r.CustomFields == nil {
			r.CustomFields = map[string][]string{}
		}
		r.CustomFields[v.def.name] = slices.Clone(v.texts())
	}
	for _, n := range notes {
		r.Notes = append(r.Notes, n.id)
	}
}

func shotContact(c *contact, r *Record) {
	r.field("givenName", c.given)
	r.field("familyName", c.family)
	r.field("salutation", c.salutation)
	r.field("displayName", c.display)
	r.field("description", c.description)
	r.reference("territoryId", c.territory)
	r.link("owner", c.owner, "")
	r.links("accounts", c, c.accounts)
	r.links("leads", c, c.leads)
	r.reach(c.email, c.url, c.phone, c.address)
	r.extras(c.tags, c.custom, c.notes)
}

func shotAccount(a *account, r *Record) {
	r.field("name", a.name)
	r.field("description", a.description)
	r.reference("industryId", a.industry)
	r.reference("accountTypeId", a.accountType)
	r.reference("territoryId", a.territory)
	r.link("owner", a.owner, "")
	r.links("contacts", a, a.contacts)
	r.links("leads", a, a.leads)
	r.reach(a.email, a.url, a.phone, a.address)
	r.extras(a.tags, a.custom, a.notes)
}

func shotLead(l *lead, r *Record) {
	r.number("number", l.number)
	r.field("description", l.description)
	r.number("status", int64(l.status))
	r.number("milestoneId", l.milestone.id)
	r.number("confidence", l.confidence)
	r.number("priority", l.priority)
	r.field("dueTime", l.due.text())
	r.field("closedTime", l.closed.text())
	if l.outcome != nil {
		r.number("outcomeId", l.outcome.id)
	}
	if l.value.amount != "" {
		r.field("value", l.value.currency+" "+l.value.amount)
	}
	r.reference("market", l.market)
	for _, s := range l.sources {
		r.field("source "+strconv.FormatInt(s.id, 10), s.name)
	}
	r.link("assignee", l.assignee, "")
	if l.primary != nil {
		r.link("primaryAccount", l.primary, "")
	}
	r.links("accounts", l, l.accounts)
	r.links("contacts", l, l.contacts)
	r.extras(l.tags, l.custom, l.notes)
}

func shotNote(n *note, r *Record) {
	r.field("note", n.text)
	if n.author != nil {
		r.number("user", n.author.id)
	}
	r.link("parent", n.parent, "")
	for _, f := range n.files {
		r.Files = append(r.Files, f.id)
	}
}

func shotTask(t *task, r *Record) {
	r.field("title", t.name)
	r.field("description", t.description)
	r.field("dueTime", t.due.text())
	r.field("completedTime", t.completed.text())
	r.link("assignee", t.assignee, "")
	r.link("entity", t.entity, "")
}

func shotActivity(a *activity, r *Record) {
	r.field("name", a.name)
	r.field("description", a.description)
	r.field("location", a.location)
	r.number("status", int64(a.status))
	r.number("activityTypeId", a.activityType.id)
	r.field("startTime", a.start.text())
	r.field("endTime", a.end.text())
	r.field("isAllDay", strconv.FormatBool(a.allDay))
	r.field("isTimed", strconv.FormatBool(a.timed))
	r.field("isFlagged", strconv.FormatBool(a.flagged))
	for _, p := range a.participants {
		r.link("participants", p, "")
	}
	for _, l := range a.leads {
		r.link("leads", l, "")
	}
	if a.logNote != nil {
		r.Notes = append(r.Notes, a.logNote.id)
	}
}
