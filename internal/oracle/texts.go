package oracle

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// message is a text that the map demands: where it hangs, its header line and its body.
type message struct {
	object, sourceID string
	mark             mark
	rule             string
	parent           string // of a note; "" for tasks and activities
	headers          []string
	body             body
	limit            int
}

// notes checks a message that is written as notes: one, or numbered parts. It returns them.
func (j *judge) notes(m message) []*marked {
	found := j.marked.of(entNotes, m.mark, m.parent)
	slices.SortStableFunc(found, func(a, b *marked) int { return cmp.Compare(a.part, b.part) })
	for _, n := range found {
		n.used = true
	}
	if len(found) == 0 {
		if !j.excused[Ref{m.object, m.sourceID}] && !j.noteDeleted(m.mark) {
			j.problem(Problem{m.object, m.sourceID, "", "", "a note on " + m.parent, "", m.rule})
		}
		return nil
	}
	j.text(m, found)
	return found
}

// noteDeleted tells whether a person deleted a note with this mark.
func (j *judge) noteDeleted(k mark) bool {
	for target := range j.edited {
		r := j.after.records[target]
		if r == nil || r.Live() || !strings.HasPrefix(target, entNotes+"/") {
			continue
		}
		line, _, _ := strings.Cut(r.Fields["note"], "\n")
		if have, ok := markOf(partForm.ReplaceAllString(line, "")); ok && have == k {
			return true
		}
	}
	return false
}

// text compares the pieces of a message, in the order of their parts, with what it must be.
func (j *judge) text(m message, pieces []*marked) {
	for _, p := range pieces {
		if j.touched(p.target(), "") {
			return
		}
	}
	fail := func(p *marked, field, want, have, rule string) {
		j.problem(Problem{m.object, m.sourceID, p.target(), field, want, have, rule})
	}
	head := pieces[0]
	if twice := slices.IndexFunc(pieces[1:], func(p *marked) bool { return p.part == head.part }); twice >= 0 {
		fail(pieces[twice+1], "", "one record", "another one with the same header", ruleOnce)
		return
	}
	for i, p := range pieces {
		if !slices.ContainsFunc(m.headers, func(h string) bool { return laid(h) == laid(p.header) }) {
			fail(p, "header", m.headers[0], p.header, m.rule)
			return
		}
		if p.part != i+1 || p.of != len(pieces) {
			fail(p, "header", "part "+strconv.Itoa(i+1)+" of "+strconv.Itoa(len(pieces)), strconv.Itoa(p.part)+" of "+strconv.Itoa(p.of), ruleParts)
			return
		}
		limit := m.limit
		if p.entity == entNotes {
			limit = j.Limits.NoteChars
		}
		if p.size > limit {
			fail(p, "text", "at most "+strconv.Itoa(limit)+" characters", strconv.Itoa(p.size), ruleParts)
		}
		if !blank(p.body) && strings.TrimSuffix(strings.SplitN(p.body, "\n", 2)[0], "\r") != "" && m.mark.word != "lead" {
			fail(p, "text", "an empty line below the header", p.body, ruleText)
		}
	}
	if len(pieces) == 1 {
		if !m.body.holds(head.body) {
			fail(head, "text", m.body.want(), head.body, ruleText)
		}
		return
	}
	if m.body.size(m.headers[0]) <= m.limit {
		fail(head, "text", "one piece", strconv.Itoa(len(pieces))+" parts", ruleParts)
		return
	}
	var parts []string
	for _, p := range pieces {
		parts = append(parts, p.body)
	}
	if !m.body.holdsAll(parts) {
		fail(head, "text", m.body.want(), strings.Join(parts, ""), ruleParts)
	}
}
