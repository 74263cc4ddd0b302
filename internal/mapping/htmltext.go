package mapping

import "strings"

// textWriter builds readable text from the tokens of an HTML body.
type textWriter struct {
	out       strings.Builder
	keepLines bool   // line ends of the source are line breaks
	raw       string // script or style whose content is being dropped
	pre       int    // depth of <pre>
	space     bool   // white space is due before the next text of the line
	line      bool   // the line has text
	href      string // of the link that the text is in
}

const htmlSpace = " \t\n\r\f"

func (w *textWriter) dropped() bool { return w.raw != "" }

// text adds text; its white space folds into one blank unless it is kept.
func (w *textWriter) text(s string) {
	if w.pre > 0 || w.keepLines {
		w.verbatim(s)
		return
	}
	for s != "" {
		trimmed := strings.TrimLeft(s, htmlSpace)
		if len(trimmed) < len(s) {
			w.space, s = true, trimmed
			continue
		}
		n := strings.IndexAny(s, htmlSpace)
		if n < 0 {
			n = len(s)
		}
		w.word(s[:n])
		s = s[n:]
	}
}

func (w *textWriter) word(s string) {
	if w.space && w.line {
		w.out.WriteByte(' ')
	}
	w.space, w.line = false, true
	w.out.WriteString(s)
}

func (w *textWriter) verbatim(s string) {
	if s == "" {
		return
	}
	if w.space && w.line {
		w.out.WriteByte(' ')
	}
	w.space = false
	w.out.WriteString(s)
	w.line = !strings.HasSuffix(s, "\n")
}

// newLine ends the line, even an empty one.
func (w *textWriter) newLine() {
	w.out.WriteByte('\n')
	w.space, w.line = false, false
}

// freshLine ends the line unless it is empty.
func (w *textWriter) freshLine() {
	if w.line {
		w.newLine()
	}
	w.space = false
}

// afterName is what follows the name in a tag. The name as it was read may be longer than it stands there: what is no text was replaced in it.
func afterName(raw string) string {
	if i := strings.IndexAny(raw, " \n\r\t\f/>"); i > 0 {
		return raw[i:]
	}
	return ""
}

func (w *textWriter) start(name, raw string, href func() string) {
	switch {
	case w.dropped():
	case !knownTag(name) && !strings.Contains(name, ":"), !isMarkup(afterName(raw)):
		w.text(raw)
	case name == "script" || name == "style":
		w.raw = name
	case name == "br":
		w.newLine()
	case blockTags[name]:
		w.freshLine()
		if name == "pre" {
			w.pre++
		}
	case name == "td" || name == "th":
		w.space = true
	case name == "a":
		w.endLink() // a link ends where the next one starts
		w.href = href()
	}
}

func (w *textWriter) end(name, raw string) {
	switch {
	case w.dropped():
		if name == w.raw {
			w.raw = ""
		}
	case name == "br":
		w.newLine()
	case blockTags[name]:
		w.freshLine()
		if name == "pre" && w.pre > 0 {
			w.pre--
		}
	case name == "td" || name == "th":
		w.space = true
	case name == "a":
		w.endLink()
	case !knownTag(name) && !strings.Contains(name, ":"):
		w.text(raw)
	}
}

func (w *textWriter) endLink() {
	href := w.href
	w.href = ""
	if href == "" || strings.HasPrefix(strings.ToLower(href), "javascript:") {
		return
	}
	due := w.space
	w.space = true
	w.word("(" + href + ")")
	w.space = due
}

// String is the text without white space at the ends of its lines and of the whole.
func (w *textWriter) String() string {
	w.endLink()
	lines := strings.Split(w.out.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, htmlSpace)
	}
	return strings.Trim(strings.Join(lines, "\n"), htmlSpace)
}
