package mapping

import (
	"slices"
	"strings"

	"rezora2nutshell/internal/target"
)

// beside starts a further projection of the same source record, which hangs on another record.
func (b *build) beside(role, verb, entityType string, parent Ref) *Projection {
	return &Projection{
		Object: b.p.Object, SourceID: b.p.SourceID, Role: role, Parent: parent.String(), Part: 1, Parts: 1, Type: entityType, Verb: verb,
	}
}

// noteParts makes the notes that carry a text on a record; base gives everything but text, part and demands.
func (b *build) noteParts(base Projection, on Ref, header, body, source string) []Projection {
	texts := SplitText(header, body, b.env.Limits.Note)
	out := make([]Projection, len(texts))
	for i, text := range texts {
		out[i] = b.noteOf(base, on, header, text, source, i+1, len(texts))
	}
	return out
}

func (b *build) noteOf(p Projection, on Ref, header, text, source string, part, parts int) Projection {
	p.Header, p.Text, p.NoteOn, p.Part, p.Parts = header, text, on, part, parts
	reason := "under its header line"
	if parts > 1 {
		reason = "a part of the text, under its header line"
	}
	if part > 1 {
		p.Flags = nil
		p.Wants = slices.DeleteFunc(slices.Clone(p.Wants), func(w target.Want) bool { return w.Path == "" })
	}
	p.Wants = append(p.Wants[:len(p.Wants):len(p.Wants)],
		target.Text("note", text).From(source).As(target.Transformed, reason), refTo("entity", on))
	return p
}

// description demands a text as the description of a task or activity; its further parts are notes on the person, and stay in the
// archive without one.
func (b *build) description(header, body, source, field string, person *Ref) []Projection {
	texts := SplitText(header, body, b.env.Limits.Description)
	b.p.Header, b.p.Text, b.p.Parts, b.p.Carries = header, texts[0], len(texts), []string{field}
	reason := "under its header line"
	if len(texts) > 1 {
		reason = "the first part of the text, under its header line; further parts are notes on the person"
	}
	w := target.Text("description", texts[0]).From(source).As(target.Transformed, reason)
	if len(texts) > 1 && person == nil {
		w = w.As(target.Truncated, "the first part of the text, under its header line; further parts are in records/")
		b.fates[field] = Truncated
		b.flagN(FlagPartsArchived, "further parts of the text are in records/, for there is no person to write them on", int64(len(texts)-1))
	}
	b.p.Wants = append(b.p.Wants, w)
	if person == nil {
		return nil
	}
	var out []Projection
	for i, text := range texts[1:] {
		p := b.beside(RoleNote, VerbCreate, "Notes", *person)
		p.Carries = []string{field}
		out = append(out, b.noteOf(*p, *person, header, text, source, i+2, len(texts)))
	}
	return out
}

// plain is a body as readable text. One with a character that Nutshell refuses is left out.
func (b *build) plain(body, field string) string {
	if blank(body) {
		return ""
	}
	text, wasHTML := PlainBody(body)
	switch {
	case strings.ContainsRune(text, 0):
		b.refuse(field, body, "holds a character that Nutshell refuses", field)
		return ""
	case wasHTML:
		b.fates.mark(Transformed, field)
	default:
		b.fates.mark(Carried, field)
	}
	return text
}

// line is a value that becomes a line of a text; "" when it is empty or refused.
func (b *build) line(value, field, fate string) string {
	switch {
	case blank(value):
		return ""
	case strings.ContainsRune(value, 0):
		b.refuse(field, value, "holds a character that Nutshell refuses", field)
		return ""
	}
	b.fates.mark(fate, field)
	return value
}
