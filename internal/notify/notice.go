package notify

import (
	"fmt"
	"strings"
	"time"

	"rezora2nutshell/internal/observe"
	"rezora2nutshell/internal/step"
)

// Notice is what is sent, as JSON. Receivers in the manner of Slack show the text and ignore the rest, which is for programs.
type Notice struct {
	Text       string    `json:"text"`
	Key        string    `json:"key"` // the same at every delivery of one notice, and of no other
	Migration  string    `json:"migration"`
	Kind       string    `json:"kind"`
	Phase      string    `json:"phase"`
	Status     string    `json:"status"`
	WaitingFor string    `json:"waiting_for"` // messages that move the run on, separated by a space
	Code       string    `json:"code"`        // of the park
	Cause      string    `json:"cause"`
	Runbook    string    `json:"runbook"` // page of the park in the documentation
	Link       string    `json:"link"`    // to the report at the gate or end, to the run in Temporal's Web UI at a park
	At         time.Time `json:"at"`      // when the run came to it
}

// Complete masks addresses that somebody typed where none belongs, and writes the text.
func (n Notice) Complete() Notice {
	n.Cause = observe.Mask(n.Cause)
	if n.Code != "" {
		n.Runbook = "docs/runbook/" + n.Code + ".md"
	}
	n.Text = n.text()
	return n
}

func (n Notice) text() string {
	var b strings.Builder
	switch n.Kind {
	case step.ToldGate:
		fmt.Fprintf(&b, "Migration %s waits for a decision in phase %s", n.Migration, n.Phase)
	case step.ToldPark:
		fmt.Fprintf(&b, "Migration %s is parked in phase %s (%s)", n.Migration, n.Phase, n.Code)
	default:
		fmt.Fprintf(&b, "Migration %s has ended: %s", n.Migration, n.Status)
	}
	if n.Cause != "" {
		b.WriteString(": " + n.Cause)
	}
	if n.WaitingFor != "" {
		fmt.Fprintf(&b, "\nIt waits for: %s. The commands: starter status %s", strings.ReplaceAll(n.WaitingFor, " ", " or "), n.Migration)
	}
	if n.Runbook != "" {
		b.WriteString("\nRunbook: " + n.Runbook)
	}
	if n.Link != "" {
		b.WriteString("\n" + n.Link)
	}
	return slack.Replace(b.String())
}

// slack escapes what would be markup: nothing that stands in a cause may call a whole channel.
var slack = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
