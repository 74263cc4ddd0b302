package mapping

import (
	"bytes"
	"encoding/json"
	"slices"
)

// SourceFields lists the fields of a source record that have a value, sorted; fields of nested objects are written with dots, a
// custom property counts as one value whatever it holds. Text that is no JSON object has no fields.
func SourceFields(raw json.RawMessage) []string {
	w := fieldWalk{b: raw, out: make([]string, 0, 48)}
	w.blanks()
	if w.at >= len(raw) || raw[w.at] != '{' {
		return nil
	}
	w.object(nil)
	slices.Sort(w.out)
	return slices.Compact(w.out)
}

var customProperties = []byte("custom_properties.")

// fieldWalk reads valid JSON once, front to back; it stops at what is none.
type fieldWalk struct {
	b   []byte
	at  int
	out []string
}

func (w *fieldWalk) blanks() {
	for w.at < len(w.b) && w.b[w.at] <= ' ' {
		w.at++
	}
}

// object lists the fields of the object that starts at the current byte.
func (w *fieldWalk) object(prefix []byte) {
	w.at++
	for {
		w.blanks()
		if w.at >= len(w.b) {
			return
		}
		switch w.b[w.at] {
		case '}':
			w.at++
			return
		case ',':
			w.at++
			continue
		case '"':
		default:
			w.at = len(w.b)
			return
		}
		path := append(prefix[:len(prefix):len(prefix)], key(w.value())...)
		w.blanks()
		w.at++ // the colon
		w.blanks()
		if w.at >= len(w.b) {
			return
		}
		if w.b[w.at] == '{' && !bytes.Equal(prefix, customProperties) {
			w.object(append(path, '.'))
			continue
		}
		if v := w.value(); len(v) > 0 && !emptyJSON(v) {
			w.out = append(w.out, string(path))
		}
	}
}

// value takes the value that starts at the current byte, with all that it nests.
func (w *fieldWalk) value() []byte {
	start, depth := w.at, 0
	for w.at < len(w.b) {
		switch c := w.b[w.at]; c {
		case '"':
			w.at++
			for w.at < len(w.b) && w.b[w.at] != '"' {
				if w.b[w.at] == '\\' {
					w.at++
				}
				w.at++
			}
			w.at = min(w.at+1, len(w.b))
			if depth == 0 {
				return w.b[start:w.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return w.b[start:w.at]
			}
			if c == '}' || c == ']' {
				if depth--; depth == 0 {
					w.at++
					return w.b[start:w.at]
				}
			}
		}
		w.at++
	}
	return w.b[start:]
}

func key(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && len(quoted) >= 2 {
		return quoted[1 : len(quoted)-1]
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return nil
	}
	return []byte(s)
}

// emptyJSON reports whether a value is null, [], {} or nothing but white space.
func emptyJSON(v []byte) bool {
	switch v[0] {
	case 'n':
		return true
	case '[', '{':
		return len(v) < 2 || len(bytes.TrimSpace(v[1:len(v)-1])) == 0
	case '"':
		if len(v) <= 2 {
			return true
		}
		if v[1] > ' ' && v[1] < 0x80 && v[1] != '\\' {
			return false
		}
		var s string
		return json.Unmarshal(v, &s) == nil && blank(s)
	}
	return false
}
