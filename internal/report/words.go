package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"rezora2nutshell/internal/target"
)

// labels are the verdicts in plain words.
var labels = map[string]string{
	target.Equal: "same", target.Transformed: "other form", target.Truncated: "not wholly there", target.Missing: "missing", target.Mismatch: "different",
	"quarantined": "not in Nutshell", "unexpected": "unexpected", "duplicated": "second copy",
}

func label(verdict string) string {
	if l, ok := labels[verdict]; ok {
		return l
	}
	return verdict
}

// objects are the words for one record of an object.
var objects = map[string]string{
	"companies": "Company", "people": "Person", "leads": "Lead", "notes": "Note", "tasks": "Task", "activities": "Activity", "attachments": "File",
}

// one is the word for one record of an object, or of a kind of the source.
func one(object string) string {
	if w, ok := objects[object]; ok {
		return w
	}
	return strings.TrimSuffix(kindWord(object), "s")
}

// objectWord is the word for many records.
func objectWord(object string) string {
	if object == "attachments" {
		return "Files"
	}
	return kindWord(object)
}

// kindWord is a kind of the source for eyes.
func kindWord(kind string) string {
	s := strings.ReplaceAll(kind, "_", " ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// num groups the digits of a count.
func num(n any) string {
	switch v := n.(type) {
	case int:
		return humanize.Comma(int64(v))
	case int64:
		return humanize.Comma(v)
	}
	return fmt.Sprint(n)
}

// plural is "1 record", "2 records".
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(int64(n)) + " " + many
}

// percent is a share of 1 for eyes; what is not nothing is never shown as nothing.
func percent(share float64) string {
	switch p := share * 100; {
	case p == 0:
		return "0 %"
	case p < 0.01:
		return "less than 0.01 %"
	case p < 1:
		return fmt.Sprintf("%.2f %%", p)
	default:
		return fmt.Sprintf("%.1f %%", p)
	}
}

func sizeWords(bytes int64) string {
	if bytes < 0 {
		return ""
	}
	return humanize.IBytes(uint64(bytes))
}

func hoursWords(h float64) string {
	minutes := int64(math.Ceil(h * 60))
	switch {
	case minutes <= 1:
		return "a minute or less"
	case minutes < 90:
		return plural(minutes, "minute", "minutes")
	case h < 48:
		s := plural(minutes/60, "hour", "hours")
		if rest := minutes % 60; rest >= 5 && h < 12 {
			s += " " + plural(rest, "minute", "minutes")
		}
		return s
	}
	return fmt.Sprintf("%.1f days", h/24)
}

// clip shortens a text for the eye, at a character.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func chars(s string) int { return utf8.RuneCountInString(s) }

// dict passes several values to a template.
func dict(pairs ...any) map[string]any {
	out := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return out
}
