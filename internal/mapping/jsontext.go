package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// appendJSONString appends s as a JSON string with the fewest escapes: UTF-8 as it is, nothing escaped for HTML.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// CompactJSON writes a JSON value without white space, keys in the order given, text unescaped as far as JSON allows and
// numbers in their shortest decimal form.
func CompactJSON(raw json.RawMessage) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	type level struct {
		object bool
		n      int
	}
	var out []byte
	var open []level
	for {
		tok, err := dec.Token()
		if err == io.EOF && len(open) == 0 && len(out) > 0 {
			return string(out), nil
		}
		if err != nil {
			return "", fmt.Errorf("compact JSON: %w", err)
		}
		if d, ok := tok.(json.Delim); ok && (d == ']' || d == '}') {
			open = open[:len(open)-1]
			out = append(out, byte(d))
			continue
		}
		if len(open) > 0 {
			l := &open[len(open)-1]
			switch {
			case l.object && l.n%2 == 1:
				out = append(out, ':')
			case l.n > 0:
				out = append(out, ',')
			}
			l.n++
		} else if len(out) > 0 {
			return "", fmt.Errorf("compact JSON: more than one value")
		}
		switch v := tok.(type) {
		case json.Delim:
			open = append(open, level{object: v == '{'})
			out = append(out, byte(v))
		case string:
			out = appendJSONString(out, v)
		case json.Number:
			n, ok := plainNumber(v.String())
			if !ok {
				n = v.String()
			}
			out = append(out, n...)
		case bool:
			out = fmt.Appendf(out, "%t", v)
		case nil:
			out = append(out, "null"...)
		}
	}
}

// jsonArray joins encoded elements; what does not fit into limit characters is dropped from the end. It returns the text that
// fits, the number of elements dropped, and the whole array when something was dropped. No element: "".
func jsonArray(elements [][]byte, limit int) (text string, dropped int, whole json.RawMessage) {
	if len(elements) == 0 {
		return "", 0, nil
	}
	used, fit := 2, 0
	for i, e := range elements {
		n := utf8.RuneCount(e)
		if i > 0 {
			n++
		}
		if used+n > limit {
			break
		}
		used, fit = used+n, fit+1
	}
	join := func(e [][]byte) []byte {
		out := append([]byte{'['}, bytes.Join(e, []byte{','})...)
		return append(out, ']')
	}
	if fit > 0 {
		text = string(join(elements[:fit]))
	}
	if dropped = len(elements) - fit; dropped > 0 {
		whole = join(elements)
	}
	return text, dropped, whole
}
