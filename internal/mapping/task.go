package mapping

import (
	"encoding/json"
	"strings"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// TaskInput is a task and its person.
type TaskInput struct {
	record.Task
	Raw    json.RawMessage
	Person *Ref // of contact_id; nil: none, or not migrated
}

const statusCompleted = "completed"

// Task is what Nutshell must show of a task: the record, the edit that completes it, and further parts of its text as notes on
// the person.
func (m *Map) Task(env *Env, in TaskInput) []Projection {
	t := in.Task
	b := newBuild(m, env, record.Tasks, TaskObjects, "Tasks", t.ID)
	title, first := b.title("title", t.Title, "Rezora task "+t.ID, "title")
	b.p.Wants = append(b.p.Wants, title)
	b.itemTime("dueTime", t.DueAt, "due_at")
	b.assignee(t.AssigneeAgentID)
	if in.Person != nil {
		b.p.Parent = in.Person.String()
		b.put(refTo("entity", *in.Person), "contact_id")
	} else if !blank(t.ContactID) {
		b.orphan("contact", t.ContactID)
	}
	header := "[Rezora task " + t.ID + "] created " + headerTime(t.CreatedAt)
	b.fates.mark(Transformed, "id")
	if t.CreatedAt.Set() {
		b.fates.mark(Transformed, "created_at")
	}
	notes := b.description(header, lines(first, b.plain(t.Description, "description")), t.Description, "description", in.Person)
	complete := b.completion(t)
	out := []Projection{b.done(in.Raw, t)}
	if complete != nil {
		out = append(out, *complete)
	}
	out = append(out, notes...)
	return sharing(out)
}

// sharing gives the projections of one record the quarantine of the first.
func sharing(out []Projection) []Projection {
	for i := range out[1:] {
		if out[0].Quarantine != nil {
			out[i+1].Quarantine = out[0].Quarantine
		}
	}
	return out
}

// lines joins the texts that are not empty, each on lines of its own.
func lines(texts ...string) string {
	var out []string
	for _, t := range texts {
		if !blank(t) {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n")
}

// title is the demand for a title, or for what stands in for a blank one. The whole of one that is too long is returned to become
// the first line of the body.
func (b *build) title(path target.Path, value, standIn, field string) (w target.Want, first string) {
	if blank(value) {
		return target.Text(path, standIn).From(value).As(target.Transformed, "stands in for an empty one"), ""
	}
	if strings.ContainsRune(value, 0) {
		b.refuse(string(path), value, "holds a character that Nutshell refuses", field)
		return target.Text(path, standIn).From(value).As(target.Transformed, "stands in for one that Nutshell refuses"), ""
	}
	text, cut := Shorten(value, b.env.Limits.Name)
	w = target.Text(path, text).From(value)
	if !cut {
		b.fates.mark(Carried, field)
		return w, ""
	}
	b.flag(FlagShortened, string(path)+": "+tooLong(value, b.env.Limits.Name)+", shortened; the whole is in the text")
	b.fates.mark(Transformed, field)
	return w.As(target.Truncated, tooLong(value, b.env.Limits.Name)+", shortened; the whole is the first line of the text"), value
}

// itemTime demands a time of a task or activity.
func (b *build) itemTime(path target.Path, t record.Time, field string) {
	if t.Set() {
		b.put(target.Time(path, t.Time), field)
	}
}

func (b *build) assignee(agentID string) {
	if blank(agentID) {
		return
	}
	u, ok := b.env.user(agentID)
	if !ok {
		b.flag(FlagUserNone, "agent "+agentID+" has no user: left out as assignee")
		return
	}
	b.use(record.Agents, agentID, PartAddress)
	b.put(target.UserRef("assignee", u.UserID).From("agent "+agentID).As(target.Transformed, "the user with the agent's address"), "assignee_agent_id")
}

// completion is the second call that completes a task. An open task stays open, whatever completion time it has.
func (b *build) completion(t record.Task) *Projection {
	b.fates.mark(Transformed, "status")
	if t.Status != statusCompleted {
		if t.CompletedAt.Set() {
			b.flag(FlagOpenCompleted, "the task is open and has a completion time: it stays open; "+inRecords)
			b.p.Wants = append(b.p.Wants, target.Omit("completedTime", t.CompletedAt.String(), "the task is open; "+inRecords))
			b.fates.mark(Truncated, "completed_at")
		}
		return nil
	}
	at, field, why := t.CompletedAt, "completed_at", ""
	if !at.Set() {
		at, field, why = t.UpdatedAt, "updated_at", "the last change, for the task has no completion time"
	}
	if !at.Set() {
		at, field, why = t.CreatedAt, "created_at", "the creation, for the task has no later time"
	}
	if !at.Set() {
		b.flag(FlagOpenCompleted, "the completed task has no time at all: it stays open")
		return nil
	}
	p := b.beside(RoleComplete, VerbEdit, "Tasks", Ref{Object: TaskObjects, SourceID: t.ID})
	if b.env.CompletesNow {
		p.Wants, p.Carries = append(p.Wants, b.ownTime("completedTime", at, field)), []string{"status"}
		return p
	}
	w := target.Time("completedTime", at.Time)
	if why != "" {
		w = w.As(target.Transformed, why)
	}
	p.Wants, p.Carries = append(p.Wants, w), []string{"status", field}
	b.fates.mark(Carried, field)
	return p
}
