package target

// addressParts are the keys of an address that hold what people wrote, in the order of its canonical form (nutshell contract 3.1).
var addressParts = [...]string{"name", "address_1", "address_2", "address_3", "city", "state", "postalCode", "country"}

// AddressParts is an address as it is sent; empty parts are left out.
type AddressParts struct {
	Name, Line1, Line2, Line3, City, State, PostalCode, Country string
}

func (a AddressParts) list() [len(addressParts)]string {
	return [...]string{a.Name, a.Line1, a.Line2, a.Line3, a.City, a.State, a.PostalCode, a.Country}
}

func (a AddressParts) wire() map[string]any { return addressInput(a.list()) }

func addressWire(raw any) [len(addressParts)]string {
	var parts [len(addressParts)]string
	m, ok := raw.(map[string]any)
	if !ok {
		parts[1] = textOf(raw)
		return parts
	}
	for i, key := range addressParts {
		parts[i] = textOf(m[key])
	}
	return parts
}

// canonicalAddress is "" for an address without any part.
func canonicalAddress(parts [len(addressParts)]string) string {
	last := 0
	for i, p := range parts {
		if p != "" {
			last = i + 1
		}
	}
	if last == 0 {
		return ""
	}
	return joinParts(parts[:last]...)
}

// addressInput is a shown address in the form the API takes: what people wrote, without coordinates and time zone.
func addressInput(parts [len(addressParts)]string) map[string]any {
	out := map[string]any{}
	for i, value := range parts {
		if value != "" {
			out[addressParts[i]] = value
		}
	}
	return out
}

// canonicalLocation reads an activity's place, which comes as text or as an address object whose first line is the text (nutshell contract
// 3.6). The first line stands beside it where a person added other parts.
func canonicalLocation(raw any) (canon, alt string) {
	if _, ok := raw.(map[string]any); !ok {
		return textOf(raw), ""
	}
	parts := addressWire(raw)
	line := parts[1]
	rest := parts
	rest[1] = ""
	if canonicalAddress(rest) == "" {
		return line, ""
	}
	return canonicalAddress(parts), line
}
