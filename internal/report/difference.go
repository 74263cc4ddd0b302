package report

import (
	"fmt"
	"strings"
	"unicode"

	"rezora2nutshell/internal/target"
)

// textPart is a piece of a value, marked where the two values differ.
type textPart struct {
	Text   string
	Marked bool
}

// differing is a value that is not equal. Of two different texts the parts that differ are marked, and stay in sight when the rest is cut.
func differing(f DiffField, most int) fieldView {
	v := fieldView{Name: fieldName(f.Field), Verdict: f.Verdict, Reason: f.Reason}
	if f.Verdict != target.Mismatch || f.Source == "" || f.Target == "" || f.Source == f.Target {
		v.Source, v.Target = clipped(f.Source, most), clipped(f.Target, most)
		return v
	}
	a, b := []rune(f.Source), []rune(f.Target)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	v.SourceParts, v.TargetParts = around(a, head, tail, most), around(b, head, tail, most)
	return v
}

// around cuts a text into what both have before, the difference, and what both have after.
func around(text []rune, head, tail, most int) []textPart {
	middle := text[head : len(text)-tail]
	before, after := string(text[:head]), string(text[len(text)-tail:])
	if room := most / 3; head > room {
		before = "…" + string(text[head-room:head])
	}
	if room := most / 3; tail > room {
		after = string(text[len(text)-tail:len(text)-tail+room]) + "…"
	}
	mid := clipped(string(middle), most)
	if strings.TrimFunc(mid, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) == "" {
		mid = visible(mid)
	}
	parts := []textPart{{before, false}, {mid, true}, {after, false}}
	if mid == "" {
		parts[1] = textPart{"∅", true}
	}
	return parts
}

// visible shows characters that leave no ink.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == ' ':
			b.WriteString("␣")
		case r == '\n':
			b.WriteString("↵")
		case r == '\t':
			b.WriteString("⇥")
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, "U+%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// clipped shortens a text and says by how much.
func clipped(s string, most int) string {
	n := chars(s)
	if n <= most+20 {
		return s
	}
	return clip(s, most) + fmt.Sprintf(" [%s more characters]", num(n-most))
}
