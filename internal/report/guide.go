package report

import "io"

// RebuildGuide lists what people set up again by hand, because the API cannot: drip sequences, saved filters for distribution groups,
// roles and permissions, and templates.
type RebuildGuide struct {
	Migration string          `json:"migration"`
	Sequences []SequenceGuide `json:"sequences"`
	Groups    []GroupGuide    `json:"groups"`
	Agents    []AgentGuide    `json:"agents"`
	Templates []TemplateGuide `json:"templates"`
}

// The verdicts of a piece.
const (
	Rebuildable  = "rebuildable"
	NoEquivalent = "no equivalent"
)

// Piece is one part of a sequence: whether Nutshell Pro has it, why, and what to do.
type Piece struct {
	Kind       string `json:"kind"` // trigger, step, condition, send window, listing
	What       string `json:"what"` // in plain words
	Verdict    string `json:"verdict"`
	Reason     string `json:"reason"`
	Suggestion string `json:"suggestion"`
}

// SequenceGuide is a drip sequence.
type SequenceGuide struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Status      string           `json:"status"`
	Owner       string           `json:"owner"` // e-mail of the agent, or the id
	Trigger     TriggerGuide     `json:"trigger"`
	Steps       []StepGuide      `json:"steps"`
	Listing     *Piece           `json:"listing,omitempty"` // the sequence runs for one listing
	Enrolled    map[string]int64 `json:"enrolled"`          // people by state: active, completed, exited, failed
	ActiveAt    map[string]int64 `json:"active_at"`         // people now in the sequence by the step they are at
}

// Pieces are all parts of the sequence.
func (s SequenceGuide) Pieces() []Piece {
	out := []Piece{s.Trigger.Piece}
	if s.Listing != nil {
		out = append(out, *s.Listing)
	}
	for _, step := range s.Steps {
		out = append(out, step.Pieces...)
	}
	return out
}

// Whole reports whether every piece can be rebuilt.
func (s SequenceGuide) Whole() bool {
	for _, p := range s.Pieces() {
		if p.Verdict != Rebuildable {
			return false
		}
	}
	return true
}

// TriggerGuide is what starts a sequence.
type TriggerGuide struct {
	Type   string `json:"type"`
	Params any    `json:"params"`
	Piece  Piece  `json:"piece"`
}

// StepGuide is one step; its pieces are the action, the send window and the condition.
type StepGuide struct {
	ID         string       `json:"id"`
	Position   string       `json:"position"`
	Name       string       `json:"name"`
	Action     string       `json:"action"`
	TemplateID string       `json:"template_id"`
	CampaignID string       `json:"campaign_id"`
	Delay      *DelayGuide  `json:"delay"`
	SendWindow *WindowGuide `json:"send_window"`
	Condition  *TriggerOf   `json:"condition"`
	OnFalse    string       `json:"on_false"`
	Pieces     []Piece      `json:"pieces"`
}

// DelayGuide is the time before a step.
type DelayGuide struct {
	Value string `json:"value"`
	Unit  string `json:"unit"`
	After string `json:"after"`
}

// WindowGuide is when a step may send.
type WindowGuide struct {
	Days     []string `json:"days"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Timezone string   `json:"timezone"`
}

// TriggerOf is the condition of a step.
type TriggerOf struct {
	Type   string `json:"type"`
	StepID string `json:"step_id"`
	Params any    `json:"params"`
}

// GroupGuide is a distribution group and the saved filter that takes its place.
type GroupGuide struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Scope   string `json:"scope"`
	Kind    string `json:"kind"`
	Owner   string `json:"owner"` // e-mail of the agent, else the id of the agent, team or company
	Members int64  `json:"members"`
	Filter  string `json:"filter"` // what the saved filter says
}

// AgentGuide is an agent whose role and permissions are set up by hand.
type AgentGuide struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Email      string   `json:"email"`
	Role       string   `json:"role"`
	Status     string   `json:"status"`
	Teams      []string `json:"teams"`
	User       string   `json:"user"` // the Nutshell user, "" = none
	How        string   `json:"how"`  // matched, fallback or none
	Suggestion string   `json:"suggestion"`
}

// TemplateGuide is a template in the archive.
type TemplateGuide struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Subject  string   `json:"subject"`
	File     string   `json:"file"`    // in the archive, "" when the source did not give the HTML
	Unknown  []string `json:"unknown"` // merge fields that Nutshell has no word for; left as they are
	Archived bool     `json:"archived"`
}

// JSON writes rebuild-guide.json.
func (g RebuildGuide) JSON(w io.Writer) error {
	g.Sequences, g.Groups, g.Agents, g.Templates = list(g.Sequences), list(g.Groups), list(g.Agents), list(g.Templates)
	return encode(w, g)
}
