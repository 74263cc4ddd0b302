package nutshelltest

import "slices"

var activityKeys = []string{"name", "activityTypeId", "startTime", "endTime", "status", "isAllDay", "isTimed", "isFlagged",
	"location", "description", "participants", "leads", "logNote"}

// logNote is what an input does to the log note of an activity.
type logNoteInput struct {
	sent bool
	text string // "" clears
}

func (p *parser) activity(a *activity, in object) (logged logNoteInput, err *Error) {
	err = firstOf(
		func() *Error { return p.record(in, activityKeys) },
		func() *Error { return p.required(in, "name", maxName, &a.name) },
		func() *Error { return p.reference(in, "activityTypeId", kActivityTypes, &a.activityType) },
		func() *Error { return p.time(in, "startTime", &a.start) },
		func() *Error { return p.time(in, "endTime", &a.end) },
		func() *Error { return a.complete() },
		func() *Error { return p.activityStatus(in, &a.status) },
		func() *Error { return p.flag(in, "isAllDay", &a.allDay) },
		func() *Error { return p.flag(in, "isTimed", &a.timed) },
		func() *Error { return p.flag(in, "isFlagged", &a.flagged) },
		func() *Error { return p.text(in, "location", maxName, &a.location) },
		func() *Error { return p.text(in, "description", maxLong, &a.description) },
		func() *Error { return p.participants(in, &a.participants) },
		func() *Error { return p.activityLeads(in, &a.leads) },
		func() *Error { logged, err = p.logNote(in); return err },
	)
	return logged, err
}

func (a *activity) complete() *Error {
	switch {
	case a.activityType == nil:
		return invalid("activityTypeId", "required")
	case a.start == 0:
		return invalid("startTime", "required")
	case a.end == 0:
		return invalid("endTime", "required")
	case a.end < a.start:
		return invalid("endTime", "before startTime")
	}
	return nil
}

func (p *parser) activityStatus(in object, to *int) *Error {
	v := in["status"]
	if v == nil {
		return nil
	}
	n, ok := whole(v)
	if !ok || n < 0 || n > 2 {
		return invalid("status", "unknown status")
	}
	*to = int(n)
	return nil
}

func (p *parser) participants(in object, to *[]record) *Error {
	entries, err := list("participants", in["participants"])
	if _, sent := in["participants"]; !sent || err != nil {
		return err
	}
	out := hidden(*to)
	for _, e := range entries {
		r, err := p.linked("participants", e, kContacts, kAccounts, kUsers)
		if err != nil {
			return err
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	*to = out
	return nil
}

func (p *parser) activityLeads(in object, to *[]*lead) *Error {
	entries, err := list("leads", in["leads"])
	if _, sent := in["leads"]; !sent || err != nil {
		return err
	}
	out := hidden(*to)
	for _, e := range entries {
		r, err := p.linked("leads", e, kLeads)
		if err != nil {
			return err
		}
		if l := r.(*lead); !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	*to = out
	return nil
}

// hidden are the deleted ones of a list: a list edit does not touch them.
func hidden[T record](list []T) []T {
	var out []T
	for _, r := range list {
		if !r.base().live() {
			out = append(out, r)
		}
	}
	return out
}

func (p *parser) logNote(in object) (logNoteInput, *Error) {
	v, sent := in["logNote"]
	if !sent || noValue(v) {
		return logNoteInput{sent: sent}, nil
	}
	if _, ok := v.(map[string]any); !ok {
		return logNoteInput{}, invalid("logNote", "not an object with note")
	}
	text, err := p.noteText("logNote", v)
	return logNoteInput{true, text}, err
}

// log stores the log note of an activity; it belongs to no parent's notes.
func (p *parser) log(a *activity, in logNoteInput) {
	old := a.logNote
	if old != nil && !old.live() {
		old = nil
	}
	switch {
	case !in.sent:
	case in.text == "" && old != nil:
		p.db.remove(old, p.now)
		a.logNote = nil
	case in.text == "":
	case old == nil:
		a.logNote = p.db.addNote(p, nil, in.text)
	case old.text != in.text:
		old.text = in.text
		old.touch(p.now)
	}
}

// hangsOn are all records that an activity belongs to.
func (a *activity) hangsOn() []record {
	out := slices.Clone(a.participants)
	for _, l := range a.leads {
		out = append(out, l)
	}
	return out
}

func (p *parser) createActivity(in object) (*activity, *Error) {
	a := &activity{head: p.newHead(kActivities), timed: true}
	if allDay, _ := in["isAllDay"].(bool); allDay {
		a.timed = false
	}
	logged, err := p.activity(a, in)
	if err != nil {
		return nil, err
	}
	a.id = p.db.activities.newID()
	p.db.activities.add(a, p.born)
	p.log(a, logged)
	moveRow(p.db.activitysOf, a, nil, a.hangsOn())
	for _, r := range a.hangsOn() {
		if r.base().kind != kUsers {
			p.bumpParents(r)
		}
	}
	return a, nil
}

func (p *parser) editActivity(a *activity, in object) *Error {
	draft := *a
	logged, err := p.activity(&draft, in)
	if err != nil {
		return err
	}
	moveRow(p.db.activitysOf, a, a.hangsOn(), draft.hangsOn())
	*a = draft
	p.log(a, logged)
	a.touch(p.now)
	p.db.changed(kActivities, p.now)
	return nil
}
