package nutshelltest

import (
	"slices"
	"strconv"
	"strings"
)

// pageOf orders and cuts a small list. key gives the text of the order, id the id.
func pageOf[T any](g paging, rows []T, key func(T) string, id func(T) int64) []T {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b T) int {
		n := 0
		if g.order == "id" {
			n = int(id(a) - id(b))
		} else {
			n = compareFold(key(a), key(b))
		}
		if g.desc {
			n = -n
		}
		if n == 0 {
			n = int(id(a) - id(b))
		}
		return n
	})
	return cut(rows, g)
}

func printList[T any](c *call, rows []T, put func(T)) {
	c.out.open('[')
	for _, r := range rows {
		put(r)
	}
	c.out.close(']')
}

func findStagesets(c *call) *Error {
	g, err := c.paging(false, "name")
	if err != nil {
		return err
	}
	rows := pageOf(g, c.db.stagesets, func(s *stageset) string { return s.name }, func(s *stageset) int64 { return s.id })
	printList(c, rows, c.out.stageset)
	return nil
}

func findMilestones(c *call) *Error {
	g, err := c.paging(false, "name")
	if err != nil {
		return err
	}
	rows := pageOf(g, c.db.milestones, func(m *milestone) string { return m.name }, func(m *milestone) int64 { return m.id })
	printList(c, rows, func(m *milestone) { c.out.milestone(m, false) })
	return nil
}

func findOutcomes(c *call) *Error {
	g, err := c.paging(false, "description")
	if err != nil {
		return err
	}
	rows := pageOf(g, c.db.outcomes, func(o *outcome) string { return o.name }, func(o *outcome) int64 { return o.id })
	printList(c, rows, c.out.outcome)
	return nil
}

func findReferences(k kind) func(*call) *Error {
	return func(c *call) *Error {
		g, err := c.paging(false, "name")
		if err != nil {
			return err
		}
		rows := pageOf(g, c.db.references[k], func(r *reference) string { return r.name }, func(r *reference) int64 { return r.id })
		printList(c, rows, c.out.reference)
		return nil
	}
}

func newSource(c *call) *Error {
	name, err := c.textParam("name")
	if err == nil {
		err = c.actor.mayWrite()
	}
	if err != nil {
		return err
	}
	v, err := c.clean("name", name)
	if err != nil {
		return err
	}
	if name, err = c.limited("name", v, maxName); err != nil {
		return err
	}
	if strings.TrimSpace(name) == "" {
		return invalid("name", "required")
	}
	for _, r := range c.db.references[kSources] {
		if strings.EqualFold(r.name, name) {
			c.out.reference(r)
			return nil
		}
	}
	c.out.reference(c.db.addReference(kSources, name, c.now))
	return nil
}

var taggable = []kind{kContacts, kAccounts, kLeads}

func findTags(c *call) *Error {
	c.out.open('{')
	for _, k := range taggable {
		c.out.key(k.String())
		printList(c, c.db.tagLists[k], func(t *tag) { c.out.str(t.name) })
	}
	c.out.close('}')
	return nil
}

func newTag(c *call) *Error {
	in, err := c.object("tag")
	if err == nil {
		err = c.actor.mayWrite()
	}
	if err != nil {
		return err
	}
	t, err := c.createTag(in)
	if err != nil {
		return err
	}
	c.out.open('{')
	c.out.knum("id", t.id)
	c.out.kstr("entityType", "Tags")
	c.out.kstr("rev", "0")
	c.out.kstr("name", t.name)
	c.out.close('}')
	return nil
}

func (p *parser) createTag(in object) (*tag, *Error) {
	if _, err := p.clean("", in); err != nil {
		return nil, err
	}
	var name string
	if err := p.required(in, "name", maxName, &name); err != nil {
		return nil, err
	}
	if strings.TrimSpace(name) == "" {
		return nil, invalid("name", "required")
	}
	of, _ := in["entityType"].(string)
	k, ok := kindNamed(of)
	if !ok || !slices.Contains(taggable, k) {
		return nil, invalid("entityType", "none of [Contacts Accounts Leads]")
	}
	if p.db.tag(k, name) != nil {
		return nil, invalid("tag", "already exists")
	}
	return p.db.addTag(k, name), nil
}

func findCustomFields(c *call) *Error {
	c.out.open('{')
	for _, k := range taggable {
		c.out.key(k.String())
		printList(c, c.db.fields[k], c.out.attribute)
	}
	c.out.close('}')
	return nil
}

// attribute prints a definition (nutshell contract 3.8).
func (w *view) attribute(d *fieldDef) {
	w.open('{')
	if w.cfg.AttributeShape == "full" {
		w.kbool("stub", false)
		w.knum("id", d.id)
		w.kstr("rev", "0")
		w.kstr("entityType", "Entity_Attributes")
		w.kstr("name", d.name)
		w.kstr("title", d.name)
		w.kstr("type", d.fieldType)
		w.kbool("isMultiple", d.multiple)
		w.choices("choices", d)
		w.close('}')
		return
	}
	w.kstr("name", d.name)
	w.kbool("isMultiple", d.multiple)
	w.knum("position", d.position)
	w.kstr("type", typeNames[d.fieldType])
	if len(d.choices) > 0 {
		w.key("enumElements")
		w.open('{')
		for i := len(d.choices); i > 0; i-- {
			w.key(strconv.Itoa(i))
			w.str(d.choices[i-1])
		}
		w.close('}')
	}
	w.close('}')
}

func (w *view) choices(k string, d *fieldDef) {
	w.key(k)
	w.open('[')
	for _, c := range d.choices {
		w.str(c)
	}
	w.close(']')
}

func getUpdateTimes(c *call) *Error {
	c.out.open('{')
	c.out.ktime("contacts", c.db.contacts.updated)
	c.out.ktime("accounts", c.db.accounts.updated)
	c.out.ktime("leads", c.db.leads.updated)
	c.out.close('}')
	return nil
}

func instanceData(c *call) *Error {
	c.out.open('{')
	c.out.knum("id", c.cfg.InstanceID)
	c.out.kstr("name", c.cfg.CompanyName)
	c.out.kstr("currency", c.cfg.Currency)
	c.out.close('}')
	return nil
}
