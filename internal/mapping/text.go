package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unknown stands in header lines for what the source does not say.
const Unknown = "unknown"

// headerNameChars bounds a name within a header line, so that a header always leaves room for its text.
const headerNameChars = 255

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func chars(s string) int { return utf8.RuneCountInString(s) }

// sendable reports whether Nutshell takes a text of at most limit characters as it stands (nutshell contract 1.2, 4.5).
func sendable(s string, limit int) bool { return !strings.ContainsRune(s, 0) && chars(s) <= limit }

// Shorten cuts a text to limit characters, the last of which is then "…". It reports whether it had to.
func Shorten(s string, limit int) (string, bool) {
	if chars(s) <= limit {
		return s, false
	}
	return string([]rune(s)[:max(limit, 1)-1]) + "…", true
}

// oneLine replaces every line break, tab and other control character by a blank.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// headerName is a name as it stands in a header line: on one line, and never so long that the header leaves no room.
func headerName(s string) string {
	s, _ = Shorten(oneLine(s), headerNameChars)
	return s
}

// JoinText puts a body under its header line; an empty body leaves the header alone.
func JoinText(header, body string) string {
	if blank(body) {
		return header
	}
	return header + "\n\n" + body
}

// SplitText makes the texts of at most limit characters that carry header and body. One text is header, empty line, body. A
// longer one is split after the last white space that fits, each part under the header with its number, " (2/3)"; the bodies of
// the parts joined are the whole body.
func SplitText(header, body string, limit int) []string {
	whole := JoinText(header, body)
	if chars(whole) <= limit || blank(body) {
		return []string{whole}
	}
	text := []rune(body)
	for width := 1; ; width++ {
		parts := cutParts(text, func(i int) int {
			return limit - chars(header) - len("\n\n") - len(" (/)") - len(strconv.Itoa(i)) - width
		})
		if len(strconv.Itoa(len(parts))) > width {
			continue
		}
		for i, p := range parts {
			parts[i] = fmt.Sprintf("%s (%d/%d)\n\n%s", header, i+1, len(parts), p)
		}
		return parts
	}
}

// cutParts cuts text into pieces; room tells how many characters fit into the i-th, from 1.
func cutParts(text []rune, room func(i int) int) []string {
	var parts []string
	for len(text) > 0 {
		n := max(room(len(parts)+1), 1)
		if n >= len(text) {
			return append(parts, string(text))
		}
		cut := n
		for cut > 0 && !breakable(text[cut-1]) {
			cut--
		}
		if cut == 0 {
			cut = n
		}
		parts, text = append(parts, string(text[:cut])), text[cut:]
	}
	return parts
}

func breakable(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }
