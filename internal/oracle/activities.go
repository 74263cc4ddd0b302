package oracle

import (
	"strings"

	"rezora2nutshell/internal/record"
)

// activityType is the account's type for an interaction, 0 when it has none.
func (j *judge) activityType(kind string) int64 {
	name, known := j.ActivityTypes[kind]
	if !known {
		return 0
	}
	for id, n := range j.Dest.ActivityTypes {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(name)) {
			return id
		}
	}
	return 0
}

func (j *judge) talk(t record.Interaction) {
	k := mark{t.Type, t.ID}
	person, ok := j.personOf(t.ContactID)
	if !ok {
		j.settleUnjudged(k, j.unjudged(objPeople, t.ContactID))
		return
	}
	kind := j.activityType(t.Type)
	if kind == 0 {
		j.talkNote(t, k, person)
		return
	}
	c, pieces := j.item(objActivities, t.ID, entActivities, k, ruleActivity, person)
	if c == nil {
		return
	}
	name, lead := heading(t.Subject, t.Type)
	names := []string{name}
	if blank(t.Subject) { // the source's word or the account's
		names = append(names, j.ActivityTypes[t.Type], j.Dest.ActivityTypes[kind])
	}
	c.field("name", ruleActivity, names...)
	c.field("activityTypeId", ruleActivity, itoa(kind))
	c.field("status", ruleActivity, "1")
	c.field("startTime", ruleActivity, wire(t.StartedAt.Time))
	end := t.EndedAt
	if !end.Set() || end.Before(t.StartedAt.Time) {
		end = t.StartedAt
	}
	c.field("endTime", ruleActivity, wire(end.Time))
	c.field("location", ruleActivity, fits(t.Location, maxShort))
	var participants []string
	for _, p := range []string{person, j.user(t.AgentID)} {
		if p != "" {
			participants = append(participants, p)
		}
	}
	c.links("participants", ruleActivity, participants...)
	c.seen["description"] = true
	for _, flag := range []string{"isAllDay", "isFlagged"} {
		c.field(flag, ruleNothingElse, "false")
	}
	c.rest("isTimed")
	direction := ""
	if !blank(t.Direction) {
		direction = " " + t.Direction
	}
	j.text(message{object: objActivities, sourceID: t.ID, mark: k, rule: ruleActivity, limit: maxLong, body: bodyOf(t.Body, lead...),
		headers: []string{"[Rezora " + t.Type + " " + t.ID + "]" + direction}}, pieces)
}

// talkNote checks an interaction for which the account has no activity type.
func (j *judge) talkNote(t record.Interaction, k mark, person string) {
	if person == "" {
		return
	}
	var lead []string
	if !blank(t.Subject) {
		lead = append(lead, t.Subject)
	}
	if !blank(t.Location) {
		lead = append(lead, "Location: "+t.Location)
	}
	agent := first(j.agentName(t.AgentID), "unknown")
	j.author(j.notes(message{object: objActivities, sourceID: t.ID, mark: k, rule: ruleNoType, parent: person, body: bodyOf(t.Body, lead...),
		headers: []string{"[Rezora " + t.Type + " " + t.ID + "] " + stamp(t.StartedAt) + " - " + agent}, limit: j.Limits.NoteChars}), "")
}
