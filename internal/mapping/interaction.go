package mapping

import (
	"encoding/json"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// InteractionInput is a call, e-mail or meeting and its person.
type InteractionInput struct {
	record.Interaction
	Raw    json.RawMessage
	Person *Ref // of contact_id; nil: none, or not migrated
}

// Interaction is what Nutshell must show of a call, e-mail or meeting: a logged activity, or a note where the account lacks the
// type; further parts of its text are notes on the person.
func (m *Map) Interaction(env *Env, in InteractionInput) []Projection {
	x := in.Interaction
	kind := m.InteractionType(x.Type)
	if id, ok := env.ActivityTypes[kind]; ok && id != 0 {
		return m.activity(env, in, id)
	}
	return m.interactionNote(env, in)
}

func (m *Map) activity(env *Env, in InteractionInput, typeID int64) []Projection {
	x := in.Interaction
	b := newBuild(m, env, record.Interactions, Activities, "Activities", x.ID)
	b.put(target.EntityRef("activityType", "Activity_Types", typeID).From(x.Type).As(target.Transformed, "the activity type of the map"), "type")
	name, first := b.title("name", x.Subject, x.Type, "subject")
	b.p.Wants = append(b.p.Wants, name)
	b.put(target.Int("status", 1).From("").As(target.Transformed, "logged"))
	b.activityTimes(x)
	b.text("location", x.Location, env.Limits.Name, "location")
	if in.Person != nil {
		b.p.Parent = in.Person.String()
		b.put(personParticipant(*in.Person), "contact_id")
	} else if !blank(x.ContactID) {
		b.orphan("contact", x.ContactID)
	}
	b.userParticipant(x.AgentID)
	header := "[Rezora " + x.Type + " " + x.ID + "]"
	b.fates.mark(Transformed, "id")
	if !blank(x.Direction) {
		header += " " + oneLine(x.Direction)
		b.fates.mark(Transformed, "direction")
	}
	notes := b.description(header, lines(first, b.plain(x.Body, "body")), x.Body, "body", in.Person)
	return sharing(append([]Projection{b.done(in.Raw, x)}, notes...))
}

func personParticipant(person Ref) target.Want {
	if person.ID != 0 {
		return target.Participant(Contacts, person.ID)
	}
	return target.Link("participants", person.Object, person.SourceID, "")
}

func (b *build) userParticipant(agentID string) {
	if blank(agentID) {
		return
	}
	u, ok := b.env.user(agentID)
	if !ok {
		b.flag(FlagUserNone, "agent "+agentID+" has no user: left out as participant")
		return
	}
	b.use(record.Agents, agentID, PartAddress)
	b.put(target.Participant("Users", u.UserID).From("agent "+agentID).As(target.Transformed, "the user with the agent's address"), "agent_id")
}

// activityTimes demands start and end; an end that is missing or before the start is the start.
func (b *build) activityTimes(x record.Interaction) {
	if !x.StartedAt.Set() {
		b.quarantine(CodeStart, "the "+x.Type+" has no start")
		return
	}
	b.put(target.Time("startTime", x.StartedAt.Time), "started_at")
	if x.EndedAt.Set() && !x.EndedAt.Before(x.StartedAt.Time) {
		b.put(target.Time("endTime", x.EndedAt.Time), "ended_at")
		return
	}
	why := "the start, for there is no end"
	verdict := target.Transformed
	if x.EndedAt.Set() {
		why, verdict = "the start, for the end is before it; "+inRecords, target.Truncated
	}
	b.flag(FlagEndSet, "the end is "+why)
	b.put(target.Time("endTime", x.StartedAt.Time).From(x.EndedAt.String()).As(verdict, why), "ended_at")
}

// interactionNote is the note where the account lacks the activity type.
func (m *Map) interactionNote(env *Env, in InteractionInput) []Projection {
	x := in.Interaction
	b := newBuild(m, env, record.Interactions, Activities, "Notes", x.ID)
	agent := Unknown
	if a, ok := env.agent(x.AgentID); ok && AgentName(a) != "" {
		agent = AgentName(a)
		b.use(record.Agents, x.AgentID, PartName)
		b.fates.mark(Transformed, "agent_id")
	}
	b.fates.mark(Transformed, "id", "type", "contact_id")
	if x.StartedAt.Set() {
		b.fates.mark(Transformed, "started_at")
	}
	header := "[Rezora " + x.Type + " " + x.ID + "] " + headerTime(x.StartedAt) + " - " + agent
	subject := b.line(x.Subject, "subject", Carried)
	location := b.line(x.Location, "location", Carried)
	if location != "" {
		location = "Location: " + location
	}
	body := lines(subject, location, b.plain(x.Body, "body"))
	switch {
	case in.Person != nil:
		b.p.Parent = in.Person.String()
	case blank(x.ContactID):
		b.quarantine(CodeActivityAlone, "the account lacks the activity type, and a note needs a contact")
	default:
		b.orphan("contact", x.ContactID)
	}
	if in.Person == nil {
		b.p.Header, b.p.Text = header, JoinText(header, body)
		return []Projection{b.done(in.Raw, x)}
	}
	b.p.Carries = []string{"body"}
	parts := b.noteParts(b.p, *in.Person, header, body, x.Body)
	closed := b.done(in.Raw, x)
	parts[0].Fates, parts[0].KeepRaw = closed.Fates, closed.KeepRaw
	return parts
}
