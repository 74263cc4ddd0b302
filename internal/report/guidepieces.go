package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"rezora2nutshell/internal/record"
)

// words says what a trigger or condition is, why Nutshell lacks it, and what to do instead.
type words struct{ what, reason, suggestion string }

var triggers = map[string]words{
	"contact_created": {"a contact is created", "a Nutshell sequence starts from a lead that enters a stage, not from a new person",
		"Create a lead for each new contact in a stage of its own, and let that stage start the sequence."},
	"added_to_group": {"the contact is added to a group", "groups are text in a custom field of the person, which starts nothing",
		"Save a filter for the group (see below) and add its people to the sequence from time to time, or move their leads to the stage that starts it."},
	"email_opened": {"an e-mail is opened", "opening an e-mail starts nothing in Nutshell",
		"Look at the opens of the e-mail before and move the leads by hand."},
	"link_clicked": {"a link is clicked", "a click starts nothing in Nutshell",
		"Look at the clicks of the e-mail before and move the leads by hand."},
	"property_viewed": {"a listing is looked at", "Nutshell has no listings and does not see who looks at them",
		"Let whoever runs the web site create a lead for the visitor."},
	"info_requested": {"information is requested", "a request does not reach Nutshell by itself",
		"Let the web form create a lead in the first stage, and let that stage start the sequence."},
	"listing_status_changed": {"the status of a listing changes", "Nutshell has no listings",
		"Move the leads of the listing to a stage of their own when its status changes."},
	"date_property": {"a date of the contact comes round", "a date of a custom field starts nothing in Nutshell",
		"Save a filter on the date field and give its owner a repeated task to look at it."},
}

// trigger judges what starts a sequence.
func (b *guideBuilder) trigger(t record.Trigger) Piece {
	p := Piece{Kind: "trigger"}
	switch w, known := triggers[t.Type]; {
	case strings.Contains(t.Type, "stage"):
		p.What, p.Verdict, p.Reason = "a lead enters a stage", Rebuildable, "Nutshell starts a sequence when a lead enters a stage"
		p.Suggestion = "Choose the stage as the start of the sequence."
	case t.Type == "manual":
		p.What, p.Verdict, p.Reason = "people are added by hand", Rebuildable, "a stage that leads are moved to by hand starts the sequence"
		p.Suggestion = "Make a stage for it, or start the sequence by hand."
	case known:
		p.What, p.Verdict, p.Reason, p.Suggestion = w.what, NoEquivalent, w.reason, w.suggestion
	default:
		p.What, p.Verdict, p.Reason = fmt.Sprintf("trigger %q", t.Type), NoEquivalent, "a kind of trigger that this guide does not know"
		p.Suggestion = "Ask the owner of the sequence what it is for."
	}
	p.What += b.about(t.Params)
	return p
}

// about names the group or template that the parameters of a trigger point at.
func (b *guideBuilder) about(raw json.RawMessage) string {
	var x struct {
		GroupID    string `json:"group_id"`
		TemplateID string `json:"template_id"`
		Property   string `json:"property"`
	}
	if json.Unmarshal(raw, &x) != nil {
		return ""
	}
	switch {
	case x.GroupID != "":
		return fmt.Sprintf(": %s (group %s)", cmp.Or(b.groups[x.GroupID], "not served"), x.GroupID)
	case x.Property != "":
		return ": " + x.Property
	case x.TemplateID != "":
		return ": " + b.template(x.TemplateID)
	}
	return ""
}

func (b *guideBuilder) template(id string) string {
	if t, ok := b.templates[id]; ok {
		return fmt.Sprintf("template %s (%s)", id, t.Name)
	}
	return "template " + id + " (not served)"
}

func (b *guideBuilder) step(s record.Step) StepGuide {
	out := StepGuide{
		ID: s.ID, Position: string(s.Position), Name: s.Name, Action: s.Action, TemplateID: s.TemplateID, CampaignID: s.CampaignID, OnFalse: s.OnFalse,
	}
	when := ""
	if s.Delay != nil {
		out.Delay = &DelayGuide{string(s.Delay.Value), s.Delay.Unit, s.Delay.After}
		when = delayWords(*out.Delay)
	}
	out.Pieces = append(out.Pieces, b.action(s, when))
	if w := s.SendWindow; w != nil {
		out.SendWindow = &WindowGuide{list(w.Days), w.From, w.To, w.Timezone}
		out.Pieces = append(out.Pieces, Piece{
			Kind: "send window", What: windowWords(*out.SendWindow), Verdict: NoEquivalent, Reason: "a step of a Nutshell sequence goes by its delay alone",
			Suggestion: "Choose delays that make the e-mail go out in these hours.",
		})
	}
	if c := s.Condition; c != nil {
		out.Condition = &TriggerOf{c.Type, c.StepID, params(c.Params)}
		out.Pieces = append(out.Pieces, b.condition(c.Type, c.StepID, c.Params, s.OnFalse))
	}
	return out
}

func (b *guideBuilder) action(s record.Step, when string) Piece {
	p := Piece{Kind: "step", Verdict: NoEquivalent}
	switch s.Action {
	case "send_email":
		what := "an e-mail"
		if s.TemplateID != "" {
			what += " from " + b.template(s.TemplateID)
		} else if s.CampaignID != "" {
			what += " from campaign " + s.CampaignID
		}
		p.What, p.Verdict, p.Reason = "send "+what, Rebuildable, "a timed e-mail step"
		p.Suggestion = "Paste the text of the template into an e-mail step with this delay."
		if t := b.templates[s.TemplateID]; s.TemplateID != "" && t.File == "" {
			p.Suggestion = "The source did not give the text of the template: write it again."
		} else if len(t.Unknown) > 0 {
			p.Suggestion += " Replace " + strings.Join(t.Unknown, ", ") + ", which Nutshell has no word for."
		}
	case "wait":
		p.What, p.Verdict, p.Reason = "wait", Rebuildable, "the delay of the e-mail step that follows"
		p.Suggestion = "Add this time to the delay of the next e-mail step."
	case "add_to_group":
		p.What, p.Reason = "add the contact to a group", "a step of a Nutshell sequence sends e-mail; it changes no field"
		p.Suggestion = "Change the field of the people in question from time to time, or do without the group."
	case "remove_from_group":
		p.What, p.Reason = "take the contact out of a group", "a step of a Nutshell sequence sends e-mail; it changes no field"
		p.Suggestion = "Change the field of the people in question from time to time, or do without the group."
	case "notify_agent":
		p.What, p.Reason = "tell the agent", "a step of a Nutshell sequence sends e-mail to the contact only"
		p.Suggestion = "Give the agent a task at the same time."
	case "post_social":
		p.What, p.Reason = "post to a social network", "Nutshell posts to no social network"
		p.Suggestion = "Use the network's own scheduler."
	default:
		p.What, p.Reason = fmt.Sprintf("step %q", s.Action), "a kind of step that this guide does not know"
		p.Suggestion = "Ask the owner of the sequence what it is for."
	}
	if when != "" {
		p.What += ", " + when
	}
	return p
}

func (b *guideBuilder) condition(kind, stepID string, raw json.RawMessage, onFalse string) Piece {
	what := fmt.Sprintf("condition %q", kind)
	if w, known := triggers[kind]; known {
		what = "only if " + w.what
	}
	if stepID != "" {
		what += " (step " + stepID + ")"
	}
	what += b.about(raw)
	switch onFalse {
	case "":
	case "skip":
		what += ", else the step is skipped"
	case "exit":
		what += ", else the contact leaves the sequence"
	default:
		what += ", else on to step " + onFalse
	}
	return Piece{
		Kind: "condition", What: what, Verdict: NoEquivalent, Reason: "a step of a Nutshell sequence has no condition",
		Suggestion: "Make a sequence of its own for each branch, and move people by hand.",
	}
}

func delayWords(d DelayGuide) string {
	after := map[string]string{"trigger": "the start", "previous_step": "the step before"}[d.After]
	if after == "" {
		after = cmp.Or(d.After, "the step before")
	}
	if d.Value == "" || d.Value == "0" {
		return "at once after " + after
	}
	unit := d.Unit
	if d.Value == "1" {
		unit = strings.TrimSuffix(unit, "s")
	}
	return fmt.Sprintf("%s %s after %s", d.Value, unit, after)
}

func windowWords(w WindowGuide) string {
	s := "only"
	if len(w.Days) > 0 {
		s += " on " + strings.Join(w.Days, ", ")
	}
	if w.From != "" || w.To != "" {
		s += fmt.Sprintf(" between %s and %s", w.From, w.To)
	}
	if w.Timezone != "" {
		s += " (" + w.Timezone + ")"
	}
	return s
}

// position orders steps; one without a number comes last.
func position(s record.Step) float64 {
	f, err := strconv.ParseFloat(string(s.Position), 64)
	if err != nil {
		return 1 << 52
	}
	return f
}
