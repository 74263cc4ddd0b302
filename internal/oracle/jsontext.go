package oracle

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
)

// pair is a member of a JSON object in the order of the map.
type pair struct {
	key   string
	value any // string, nil, or json.RawMessage
}

// object prints members as the map wants JSON: compact, keys in the order given, no HTML escaping.
func object(members ...pair) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(encoded(m.key) + ":" + encoded(m.value))
	}
	b.WriteByte('}')
	return b.String()
}

func encoded(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return "null"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// array prints elements that are JSON already, dropping from the end what makes it longer than a field holds; "" when there are none.
func array(elements []string) string {
	if len(elements) == 0 {
		return ""
	}
	size := 2 + len(elements) - 1
	for _, e := range elements {
		size += chars(e)
	}
	for len(elements) > 0 && size > maxLong {
		size -= chars(elements[len(elements)-1]) + 1
		elements = elements[:len(elements)-1]
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// sameJSON tells whether two compact texts differ only in escapes that JSON leaves to the writer.
func sameJSON(have, want string) bool {
	for _, escape := range []string{`\u003c`, `\u003e`, `\u0026`, `\u003C`, `\u003E`} {
		if strings.Contains(have, escape) {
			return false
		}
	}
	h, ok := tokens(have)
	w, okToo := tokens(want)
	return ok && okToo && h == w
}

// tokens prints a JSON text in one way; ok is false when it is none, or not compact.
func tokens(s string) (string, bool) {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(s)) != nil || compact.String() != s {
		return "", false
	}
	var out strings.Builder
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	for {
		t, err := dec.Token()
		if err != nil {
			return out.String(), true
		}
		switch v := t.(type) {
		case json.Delim:
			out.WriteString(v.String())
		case json.Number:
			out.WriteString(v.String() + " ")
		default:
			out.WriteString(encoded(v) + " ")
		}
	}
}

// rate is a/b with at most 4 decimals as JSON, null when b is 0 or missing.
func rate(a, b string) json.RawMessage {
	x, ok := number(a)
	y, okToo := number(b)
	if !okToo || y.Sign() == 0 {
		return json.RawMessage("null")
	}
	if !ok {
		x = new(big.Rat)
	}
	return json.RawMessage(rounded(new(big.Rat).Quo(x, y), 4))
}
