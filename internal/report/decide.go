package report

import "rezora2nutshell/internal/api"

// decision is the box of a page that tells an approver how to decide.
type decision struct {
	Title, Intro, Workflow, Digest string
	Approvers                      []string
	Choices                        []choice
}

type choice struct {
	Title, Effect, Payload string
	No                     bool
	Ways                   []api.Way
}

func newDecision(migration, digest string, approvers []string, intro, yes, no string) decision {
	d := decision{Title: "Your decision", Intro: intro, Workflow: api.MigrationIDPrefix + migration, Digest: digest, Approvers: approvers}
	for _, c := range []choice{{Title: "Approve", Effect: yes}, {Title: "Reject", Effect: no, No: true}} {
		c.Payload = api.Payload(api.Confirm, digest, !c.No)
		c.Ways = api.Commands(api.Confirm, migration, digest, !c.No)
		d.Choices = append(d.Choices, c)
	}
	return d
}

// statement is the first thing a page says.
type statement struct {
	Class string // "" = good, note = nothing to judge, cut = something to know, bad = something to mend
	Title string
	Lines []string
}

// stack is a bar of parts and its legend.
type stack struct {
	Label string
	Parts []part
}

type part struct {
	Class, Name string
	N, X, W     int64
}

// stacked lays parts out on 1,000 units; a part that is not empty can be seen.
func stacked(label string, parts ...part) stack {
	total, visible := int64(0), int64(0)
	for _, p := range parts {
		total += p.N
		if p.N > 0 {
			visible++
		}
	}
	const width, least = 1000, 6
	s := stack{Label: label}
	x := int64(0)
	for _, p := range parts {
		if p.N == 0 {
			continue
		}
		p.X, p.W = x, least+p.N*(width-least*visible)/total
		x += p.W
		s.Parts = append(s.Parts, p)
	}
	if n := len(s.Parts); n > 0 {
		s.Parts[n-1].W = width - s.Parts[n-1].X
	}
	return s
}
