package mapping

import (
	"errors"
	"html"
	"io"
	"regexp"
	"strings"

	xhtml "golang.org/x/net/html"
)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

var (
	// blockTags start and end on a line of their own.
	blockTags = words(`address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
		footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav ol optgroup option p plaintext
		pre search section summary table tbody tfoot thead title tr ul xmp`)
	// inlineTags stay within their line.
	inlineTags = words(`a abbr acronym applet area audio b base basefont bdi bdo big blink br button canvas cite code col colgroup data
		datalist del dfn em embed font frame i iframe img input ins kbd label link map mark marquee meta meter nobr noembed noframes
		noscript object output param picture progress q rp rt ruby s samp script select slot small source span strike strong style sub
		sup svg td template textarea th time track tt u var video wbr`)
)

// bareAttributes are those that stand without a value. A "tag" with other words in it is text between two signs.
var bareAttributes = words(`allowfullscreen async autofocus autoplay checked compact controls defer disabled hidden ismap loop multiple muted
	nohref noshade novalidate nowrap open readonly required reversed selected`)

// isMarkup reports whether the words after a tag's name can be attributes.
func isMarkup(attributes string) bool {
	attributes = strings.Trim(attributes, " \t\r\n\f/>")
	if strings.Contains(attributes, "=") {
		return true
	}
	for _, w := range strings.Fields(attributes) {
		if !bareAttributes[strings.ToLower(w)] {
			return false
		}
	}
	return true
}

func knownTag(name string) bool { return blockTags[name] || inlineTags[name] }

var (
	tagForm    = regexp.MustCompile(`</?([A-Za-z][A-Za-z0-9]*)(\s[^<>]*)?/?>`)
	entityForm = regexp.MustCompile(`&(?:#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);`)
)

// IsHTML reports whether a body holds a known tag or an entity.
func IsHTML(body string) bool { return holdsTag(body, knownTag) || holdsEntity(body) }

func holdsTag(body string, known func(string) bool) bool {
	for at := 0; ; {
		m := tagForm.FindStringSubmatchIndex(body[at:])
		if m == nil {
			return false
		}
		if known(strings.ToLower(body[at+m[2]:at+m[3]])) && (m[4] < 0 || isMarkup(body[at+m[4]:at+m[5]])) {
			return true
		}
		at += m[1]
	}
}

func holdsEntity(body string) bool {
	for _, e := range entityForm.FindAllString(body, -1) {
		if text := html.UnescapeString(e); text != e && (!strings.HasSuffix(text, ";") || e == "&semi;" || strings.HasPrefix(e, "&#")) {
			return true
		}
	}
	return false
}

// PlainBody is a body as it stands in a note: HTML as readable text, anything else as it is. It reports whether it was HTML.
func PlainBody(body string) (string, bool) {
	if !IsHTML(body) {
		return body, false
	}
	return HTMLToText(body), true
}

// HTMLToText writes HTML as plain text: block elements and <br> are line breaks, a link is "text (url)", entities are decoded,
// scripts and styles are dropped. White space folds as in a browser where the text has line breaks of HTML; without any, its own
// line ends are the line breaks and stay. A tag that HTML does not know is text and stays.
func HTMLToText(body string) string {
	w := textWriter{keepLines: !holdsTag(body, func(n string) bool { return n == "br" || blockTags[n] })}
	z := xhtml.NewTokenizer(strings.NewReader(body))
	z.SetMaxBuf(0)
	for {
		switch z.Next() {
		case xhtml.ErrorToken:
			if errors.Is(z.Err(), io.EOF) && !w.dropped() {
				w.text(html.UnescapeString(string(z.Raw()))) // a tag that the text ends in the middle of
			}
			return w.String()
		case xhtml.TextToken:
			if !w.dropped() {
				w.text(string(z.Text()))
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			raw := string(z.Raw())
			name, attrs := z.TagName()
			w.start(string(name), raw, func() string { return attribute(z, attrs, "href") })
		case xhtml.EndTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			w.end(string(name), raw)
		}
	}
}

func attribute(z *xhtml.Tokenizer, more bool, want string) string {
	for more {
		var key, val []byte
		key, val, more = z.TagAttr()
		if string(key) == want {
			return strings.TrimSpace(string(val))
		}
	}
	return ""
}
