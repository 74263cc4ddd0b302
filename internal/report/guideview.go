package report

import (
	"fmt"
	"io"
	"strings"
)

// HTML writes rebuild-guide.html.
func (g RebuildGuide) HTML(w io.Writer) error {
	return render(w, "Rebuild guide: "+g.Migration, "guide", g.view())
}

type guideView struct {
	Migration string
	Say       statement
	Sequences []sequenceView
	Groups    *grid
	Agents    *grid
	Templates *grid
}

type sequenceView struct {
	SequenceGuide
	Verdict, Class string
	Enrollment     string
	At             []string
	Parts          []piecesOf
}

// piecesOf is the start, or a step, with its pieces.
type piecesOf struct {
	Title  string
	Pieces []Piece
}

func (g RebuildGuide) view() guideView {
	v := guideView{Migration: g.Migration, Say: g.say()}
	for _, s := range g.Sequences {
		v.Sequences = append(v.Sequences, viewOfSequence(s))
	}
	v.Groups = newGrid("Group", "Of", "#People", "Saved filter")
	for _, x := range g.Groups {
		v.Groups.add(fmt.Sprintf("%s (%s)", x.Name, x.ID), strings.TrimSpace(x.Owner), x.Members, code(x.Filter))
	}
	v.Agents = newGrid("Agent", "In Rezora", "Teams", "Nutshell user", "What to do")
	for _, a := range g.Agents {
		user := a.User
		if user == "" {
			user = "none"
		}
		name := a.Name
		if name == "" {
			name = a.ID
		}
		v.Agents.add(name, a.Role+", "+a.Status, strings.Join(a.Teams, ", "), user, a.Suggestion)
	}
	v.Templates = newGrid("Template", "Subject", "File", "To replace by hand")
	for _, t := range g.Templates {
		file := cell{Text: "no text was served"}
		if t.File != "" {
			file = cell{Text: t.File, Href: t.File}
		}
		v.Templates.add(fmt.Sprintf("%s (%s)", t.Name, t.ID), t.Subject, file, code(strings.Join(t.Unknown, " ")))
	}
	return v
}

func (g RebuildGuide) say() statement {
	whole, pieces, possible := 0, 0, 0
	for _, s := range g.Sequences {
		if s.Whole() {
			whole++
		}
		for _, p := range s.Pieces() {
			pieces++
			if p.Verdict == Rebuildable {
				possible++
			}
		}
	}
	s := statement{Title: "What is set up by hand in Nutshell", Class: "note"}
	if len(g.Sequences) > 0 {
		s.Lines = append(s.Lines, fmt.Sprintf("%s, %s of which can be rebuilt as they are: %s of %s have an equivalent in Nutshell Pro.",
			plural(len(g.Sequences), "drip sequence", "drip sequences"), num(whole), num(possible), plural(pieces, "piece", "pieces")))
	}
	s.Lines = append(s.Lines, fmt.Sprintf("%s, %s and %s.", plural(len(g.Groups), "distribution group", "distribution groups"), plural(len(g.Agents), "agent", "agents"), plural(len(g.Templates), "template", "templates")))
	return s
}

func viewOfSequence(s SequenceGuide) sequenceView {
	v := sequenceView{SequenceGuide: s, Verdict: "can be rebuilt", Class: "equal"}
	missing := 0
	for _, p := range s.Pieces() {
		if p.Verdict != Rebuildable {
			missing++
		}
	}
	if missing > 0 {
		v.Verdict, v.Class = plural(missing, "piece without equivalent", "pieces without equivalent"), "truncated"
	}
	var states []string
	for _, state := range sortedKeys(s.Enrolled) {
		states = append(states, fmt.Sprintf("%s %s", num(s.Enrolled[state]), state))
	}
	v.Enrollment = strings.Join(states, ", ")
	for _, step := range s.Steps {
		if n := s.ActiveAt[step.ID]; n > 0 {
			v.At = append(v.At, fmt.Sprintf("%s before or at step %s", plural(n, "person", "people"), step.Position))
		}
	}
	start := piecesOf{"Start", []Piece{s.Trigger.Piece}}
	if s.Listing != nil {
		start.Pieces = append(start.Pieces, *s.Listing)
	}
	v.Parts = append(v.Parts, start)
	for _, step := range s.Steps {
		title := "Step " + step.Position
		if step.Name != "" {
			title += ": " + step.Name
		}
		v.Parts = append(v.Parts, piecesOf{title, step.Pieces})
	}
	return v
}
