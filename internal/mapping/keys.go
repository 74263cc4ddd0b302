package mapping

import (
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
)

// EmailKey is the form in which two e-mail addresses are compared: trimmed, case ignored.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// DomainOfEmail is the lower-case domain of an address, "" when the text is no address that Nutshell takes.
func DomainOfEmail(email string) string {
	e := strings.TrimSpace(email)
	if !validEmail(e) {
		return ""
	}
	return asciiHost(e[strings.IndexByte(e, '@')+1:])
}

// Host is the host of a website or a bare domain: lower case, without port, a trailing dot and a leading "www."; "" when
// there is none.
func Host(website string) string {
	w := strings.TrimSpace(website)
	if w == "" {
		return ""
	}
	if !strings.Contains(w, "://") {
		w = "//" + strings.TrimPrefix(w, "//")
	}
	u, err := url.Parse(w)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(asciiHost(u.Hostname()), "www.")
}

func asciiHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for i := range len(host) {
		if host[i] >= 0x80 {
			if a, err := idna.Lookup.ToASCII(host); err == nil {
				return a
			}
			break
		}
	}
	return host
}

// NameKey is the form in which two company names are compared: trimmed, case folded, inner white space folded to one blank.
func NameKey(name string) string {
	return foldCase(strings.Join(strings.FieldsFunc(name, unicode.IsSpace), " "))
}

func foldCase(s string) string { return cases.Fold().String(s) }

// validEmail is the rule of nutshell contract 3.1: exactly one @, both sides non-empty, no white space.
func validEmail(e string) bool {
	at := strings.IndexByte(e, '@')
	return at > 0 && at < len(e)-1 && strings.Count(e, "@") == 1 && strings.IndexFunc(e, unicode.IsSpace) < 0 && !strings.ContainsRune(e, 0)
}
