package oracle

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/internal/record"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// userID reads Users/<id>.
func (index) userID(link string) int64 {
	n, _ := strconv.ParseInt(strings.TrimPrefix(link, entUsers+"/"), 10, 64)
	return n
}

// personOf is the Person of a task or interaction as Contacts/<id>; ok is false when it is quarantined with its contact.
func (j *judge) personOf(contactID string) (target string, ok bool) {
	if contactID == "" {
		return "", true
	}
	target = j.target(objPeople, contactID)
	return target, target != ""
}

// heading is the title of a task or activity and, when it was too long, the line that starts the body.
func heading(title, other string) (name string, first []string) {
	if blank(title) {
		return other, nil
	}
	if chars(title) > maxShort {
		return shorten(title, maxShort), []string{title}
	}
	return title, nil
}

func (j *judge) task(t record.Task) {
	k := mark{"task", t.ID}
	person, ok := j.personOf(t.ContactID)
	if !ok {
		j.settleUnjudged(k, j.unjudged(objPeople, t.ContactID))
		return
	}
	c, pieces := j.item(objTasks, t.ID, entTasks, k, ruleTask, person)
	if c == nil {
		return
	}
	title, lead := heading(t.Title, "Rezora task "+t.ID)
	c.field("title", ruleTask, title)
	c.field("dueTime", ruleTask, wire(t.DueAt.Time))
	completed := ""
	if t.Status == "completed" {
		completed = wire(t.UpdatedAt.Time)
		if t.CompletedAt.Set() {
			completed = wire(t.CompletedAt.Time)
		}
	}
	switch {
	case completed != "" && j.Dest.IgnoresCompletedTime:
		c.seen["completedTime"] = true
		if c.have.Fields["completedTime"] == "" {
			c.problem("completedTime", "a time", "", ruleCompleted)
		}
	default:
		c.field("completedTime", ruleCompleted, completed)
	}
	c.assignee("assignee", t.AssigneeAgentID)
	c.link("entity", ruleTask, person)
	c.seen["description"] = true
	c.rest()
	j.text(message{object: objTasks, sourceID: t.ID, mark: k, rule: ruleTask, limit: maxLong, body: bodyOf(t.Description, lead...),
		headers: []string{"[Rezora task " + t.ID + "] created " + stamp(t.CreatedAt)}}, pieces)
}

// assignee checks the user of a task: an agent without one is left out.
func (x *check) assignee(name, agentID string) {
	x.link(name, "an assignee or participant without user is left out", x.j.user(agentID))
}

// item finds the one task or activity of a source record and the notes on its person that go on with its description.
func (j *judge) item(object, id, entity string, k mark, rule, person string) (*check, []*marked) {
	found := j.marked.of(entity, k, "")
	for _, m := range found {
		m.used = true
	}
	if len(found) == 0 {
		if !j.excused[Ref{object, id}] && !j.itemDeleted(entity, k) {
			j.problem(Problem{object, id, "", "", "the record", "", rule})
		}
		j.settleUnjudged(k, j.itemDeleted(entity, k))
		return nil, nil
	}
	for _, twin := range found[1:] {
		j.problem(Problem{object, id, twin.target(), "", "one record", "another one with the same header", ruleOnce})
	}
	pieces := []*marked{found[0]}
	if person != "" && found[0].of > 1 {
		more := j.marked.of(entNotes, k, person)
		slices.SortStableFunc(more, func(a, b *marked) int { return cmp.Compare(a.part, b.part) })
		for _, m := range more {
			m.used = true
		}
		pieces = append(pieces, more...)
	}
	prior := j.before.records[found[0].target()]
	return j.check(object, id, entity, found[0].record, prior), pieces
}

func (j *judge) itemDeleted(entity string, k mark) bool {
	for target := range j.edited {
		r := j.after.records[target]
		if r == nil || r.Live() || !strings.HasPrefix(target, entity+"/") {
			continue
		}
		line, _, _ := strings.Cut(r.Fields["description"], "\n")
		if have, ok := markOf(partForm.ReplaceAllString(line, "")); ok && have == k {
			return true
		}
	}
	return false
}
