package oracle

import (
	"slices"
	"strings"
	"unicode"
)

// body is the text that stands below a header.
type body struct {
	// exact are the lawful texts, compared but for white space at their ends; empty when the body is blank.
	exact []string
	// html are the lawful readings of an HTML body, compared but for the layout of white space.
	html []string
}

// bodyOf is the body of a source text: as it stands, or readable text of its HTML. before are lines that come first.
func bodyOf(source string, before ...string) body {
	var out body
	lead := ""
	if len(before) > 0 {
		lead = strings.Join(before, "\n") + "\n"
	}
	if blank(source) {
		if !blank(lead) {
			out.exact = []string{lead}
		}
		return out
	}
	html, certain := isHTML(source)
	if !html || !certain {
		out.exact = append(out.exact, lead+source)
		if lead != "" {
			out.exact = append(out.exact, lead+"\n"+source)
		}
	}
	if html {
		for _, reading := range readings(source) {
			out.html = append(out.html, laid(lead+" "+reading))
		}
	}
	return out
}

func (b body) none() bool {
	return len(b.exact) == 0 && !slices.ContainsFunc(b.html, func(s string) bool { return s != "" })
}

// want is a lawful text, for messages.
func (b body) want() string { return first(append(slices.Clone(b.exact), b.html...)...) }

// holds tells whether a text is the body.
func (b body) holds(have string) bool {
	if b.none() {
		return blank(have)
	}
	if slices.ContainsFunc(b.exact, func(s string) bool { return trimmed(s) == trimmed(have) }) {
		return true
	}
	return slices.Contains(b.html, laid(visible(have)))
}

func trimmed(s string) string { return strings.TrimSpace(s) }

// holdsAll tells whether the parts together are the body: nothing but white space may be lost between them.
func (b body) holdsAll(parts []string) bool {
	have := dense(strings.Join(parts, ""))
	is := func(s string) bool { return dense(s) == have }
	return slices.ContainsFunc(b.exact, is) || slices.ContainsFunc(b.html, is)
}

// dense leaves white space and control characters out.
func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// visible leaves control characters other than white space out: a reader of HTML may drop them.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// size is the shortest length in characters of header, empty line and body.
func (b body) size(header string) int {
	least := -1
	for _, s := range b.exact {
		if n := chars(trimmed(s)); least < 0 || n < least {
			least = n
		}
	}
	for _, s := range b.html {
		if n := chars(s); least < 0 || n < least {
			least = n
		}
	}
	return chars(header) + 2 + max(least, 0)
}
