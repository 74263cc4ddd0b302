package oracle

import (
	"math/big"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The size limits of nutshell contract 6.4, in characters.
const (
	maxShort    = 255
	maxLong     = 65536
	maxLeadText = 100
	maxPhone    = 50
	maxURL      = 2048
)

// blank is the map's "empty" for text.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

func chars(s string) int { return utf8.RuneCountInString(s) }

// fits returns s when it says something and Nutshell takes its length, else "".
func fits(s string, most int) string {
	if blank(s) || chars(s) > most {
		return ""
	}
	return s
}

// shorten cuts to most characters, the last of them an ellipsis.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// fold makes names comparable: case and white space do not count.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// laid joins runs of white space, for texts whose layout the map leaves open.
func laid(s string) string { return strings.Join(strings.Fields(s), " ") }

func first(list ...string) string {
	for _, s := range list {
		if !blank(s) {
			return s
		}
	}
	return ""
}

// email returns the trimmed address when it has the form of nutshell contract 3.1, else "".
func email(s string) string {
	s = strings.TrimSpace(s)
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") || strings.ContainsFunc(s, unicode.IsSpace) || chars(s) > maxShort {
		return ""
	}
	return s
}

func sameAddress(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

const wireForm = "2006-01-02T15:04:05+0000"

// wire is a time as the account shows it, "" for none.
func wire(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(wireForm)
}

// number is the value of a JSON number or numeric text; ok is false for anything else.
func number(s string) (*big.Rat, bool) {
	if s == "" || strings.Trim(s, "+-0123456789.eE") != "" || strings.HasPrefix(s, "+") {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 4 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// decimal is the shortest decimal form of a number, which must be a finite decimal.
func decimal(r *big.Rat) string {
	digits, exact := r.FloatPrec()
	if !exact {
		return r.RatString()
	}
	return r.FloatString(digits)
}

// rounded is the number with at most n decimals, halves away from zero, in its shortest form.
func rounded(r *big.Rat, n int) string {
	s := r.FloatString(n)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// fieldNumber is a number as a custom field shows it, "" when the field refuses it: at most 15 significant digits and 4 decimals.
func fieldNumber(s string) string {
	r, ok := number(strings.TrimSpace(s))
	if !ok {
		return ""
	}
	text := decimal(r)
	if strings.Contains(text, "/") {
		return ""
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if whole != "0" {
		digits = whole + fraction
	}
	if len(digits) > 15 || len(fraction) > 4 {
		return ""
	}
	return text
}

// date returns s when it is a calendar date of the years that Nutshell takes.
func date(s string) string {
	if t, err := time.Parse(time.DateOnly, s); err != nil || t.Year() < 1000 {
		return ""
	}
	return s
}

// address renders parts as a snapshot does; parts that Nutshell refuses are left out.
func address(parts ...string) string {
	var out []string
	for i := 0; i+1 < len(parts); i += 2 {
		if v := fits(parts[i+1], maxShort); v != "" {
			out = append(out, parts[i]+": "+v)
		}
	}
	return strings.Join(out, "; ")
}
