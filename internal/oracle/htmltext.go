package oracle

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	tagForm    = regexp.MustCompile(`</?([A-Za-z][A-Za-z0-9]*)[\s/>]`)
	entityForm = regexp.MustCompile(`&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);`)
	// looseForm is what some readers take for an entity, others not.
	looseForm = regexp.MustCompile(`&(#[0-9]|[A-Za-z])|</?[A-Za-z!]`)
)

// isHTML tells whether a text holds a known tag or an entity. certain is false where readers differ.
func isHTML(s string) (is, certain bool) {
	for _, m := range tagForm.FindAllStringSubmatch(s, -1) {
		if atom.Lookup([]byte(strings.ToLower(m[1]))) != 0 && element[strings.ToLower(m[1])] {
			return true, true
		}
	}
	for _, m := range entityForm.FindAllString(s, -1) {
		if html.UnescapeString(m) != m {
			return true, true
		}
	}
	return looseForm.MatchString(s), false
}

// element are the tags that text of a CRM holds.
var element = func() map[string]bool {
	m := map[string]bool{}
	for t := range strings.FieldsSeq(`a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption
		center cite code col colgroup dd del details dfn div dl dt em embed fieldset figcaption figure font footer form frame frameset
		h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark meta nav noscript object ol
		option p param picture pre q s samp script section select small source span strike strong style sub summary sup svg table tbody
		td textarea tfoot th thead time title tr tt u ul var video wbr`) {
		m[t] = true
	}
	return m
}()

// block are elements that stand on lines of their own.
var block = func() map[string]bool {
	m := map[string]bool{}
	for t := range strings.FieldsSeq(`address article aside blockquote body br caption center dd details div dl dt fieldset figcaption
		figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody td tfoot th thead tr
		ul title option`) {
		m[t] = true
	}
	return m
}()

// plainText is the first reading of an HTML text, the text itself when it is none.
func plainText(s string) string {
	if is, certain := isHTML(s); !is || !certain {
		return s
	}
	return readings(s)[0]
}

// readings are the lawful plain texts of an HTML text, white space laid out. They differ in what the map leaves open: whether a link
// whose text is its address shows it once, and whether a table's cells and other blocks end a word.
func readings(s string) []string {
	var out []string
	for _, once := range []bool{false, true} {
		for _, glue := range []bool{false, true} {
			out = append(out, laid(visible(read(s, once, glue))))
		}
	}
	return out
}

// read walks the tokens of an HTML text. once drops the address of a link that shows it already; glue ends words at lines only where
// the map names them: block elements and <br>, but not at cells of a table.
func read(s string, once, glue bool) string {
	var out, link strings.Builder
	href, inLink, dropped := "", false, ""
	write := func(t string) {
		if inLink {
			link.WriteString(t)
		} else {
			out.WriteString(t)
		}
	}
	closeLink := func() {
		if !inLink {
			return
		}
		inLink = false
		shown := link.String()
		link.Reset()
		out.WriteString(shown)
		if href == "" || once && sameLink(shown, href) {
			return
		}
		if !blank(shown) {
			out.WriteString(" ")
		}
		out.WriteString("(" + href + ")")
	}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			closeLink()
			return out.String()
		}
		t := z.Token()
		if dropped != "" {
			if kind == html.EndTagToken && t.Data == dropped {
				dropped = ""
			}
			continue
		}
		switch kind {
		case html.TextToken:
			write(t.Data)
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			switch {
			case t.Data == "script" || t.Data == "style":
				if kind == html.StartTagToken {
					dropped = t.Data
				}
			case t.Data == "a":
				closeLink()
				if kind == html.StartTagToken {
					inLink, href = true, attribute(t, "href")
				}
			case block[t.Data] && !(glue && (t.Data == "td" || t.Data == "th")):
				write("\n")
			}
		}
	}
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

func sameLink(shown, href string) bool {
	clean := func(s string) string {
		s = strings.TrimSuffix(strings.TrimSpace(s), "/")
		return strings.TrimPrefix(strings.TrimPrefix(bareURL(s), "mailto:"), "www.")
	}
	return clean(shown) == clean(href)
}
