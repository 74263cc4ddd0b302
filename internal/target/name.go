package target

import "strings"

// personName is the name of a contact. A name is one field: it is compared, merged and sent whole.
type personName struct{ given, family, salutation, display string }

// splitName is what the server makes of a name sent as text (nutshell contract 3.2).
func splitName(s string) personName {
	if i := strings.LastIndexByte(s, ' '); i >= 0 {
		return personName{given: s[:i], family: s[i+1:], display: s}
	}
	return personName{given: s, display: s}
}

func nameWire(raw any) personName {
	m, ok := raw.(map[string]any)
	if !ok {
		return splitName(textOf(raw))
	}
	n := personName{textOf(m["givenName"]), textOf(m["familyName"]), textOf(m["salutation"]), textOf(m["displayName"])}
	if n.given == "" && n.family == "" {
		if n.display == "" {
			return personName{}
		}
		salutation := n.salutation
		n = splitName(n.display)
		n.salutation = salutation
	}
	return n
}

// canon leaves the display name out when it only repeats the parts.
func (n personName) canon() string {
	if n.given == "" && n.family == "" {
		return ""
	}
	if n.display == "" || n.derived() {
		return joinParts(n.given, n.family, n.salutation)
	}
	return joinParts(n.given, n.family, n.salutation, n.display)
}

func (n personName) derived() bool {
	g, f, d := n.given, n.family, n.display
	if len(d) == len(g)+1+len(f) && d[len(g)] == ' ' && strings.HasPrefix(d, g) && strings.HasSuffix(d, f) {
		return true
	}
	folded := strings.Join(strings.Fields(d), " ")
	for _, s := range [...]string{"", n.salutation, n.salutation + "."} {
		if folded == strings.Join(strings.Fields(s+" "+g+" "+f), " ") {
			return true
		}
	}
	return false
}

// wire is the name as input, whole.
func (n personName) wire() map[string]any {
	out := make(map[string]any, 4)
	put := func(key, value string) {
		if value != "" {
			out[key] = value
		}
	}
	put("givenName", n.given)
	put("familyName", n.family)
	put("salutation", n.salutation)
	put("displayName", n.display)
	return out
}

// sameName also takes a display name of the server's own making for a name that was sent in parts (nutshell contract 7.9).
func sameName(want, shown string) bool {
	return len(shown) > len(want) && shown[:len(want)] == want && shown[len(want)] == '|'
}
