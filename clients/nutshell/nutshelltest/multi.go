package nutshelltest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// multi is a multi-value dictionary of nutshell contract 3.1. A nil one is empty.
type multi[T comparable] struct {
	items   []entry[T] // unlabelled first, then by label
	primary int
}

type entry[T comparable] struct {
	label string // "" is unlabelled
	value T
}

func (m *multi[T]) first() (v T, ok bool) {
	if m == nil {
		return v, false
	}
	return m.items[m.primary].value, true
}

const primaryKey = "--primary"

// valueReader reads one value; ok is false for an empty one, which is dropped.
type valueReader[T comparable] struct {
	single func(object) bool // the object is one value, not a dictionary
	read   func(field string, v any) (value T, ok bool, err *Error)
}

func readMulti[T comparable](field string, v any, rd valueReader[T]) (*multi[T], *Error) {
	m := &multi[T]{}
	add := func(label string, v any) *Error {
		value, ok, err := rd.read(field, v)
		if err == nil && ok {
			m.items = append(m.items, entry[T]{label, value})
		}
		return err
	}
	var err *Error
	switch v := v.(type) {
	case nil:
	case []any:
		for _, one := range v {
			if err = add("", one); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if rd.single(v) {
			err = add("", v)
			break
		}
		if err = m.readLabelled(field, v, rd, add); err != nil {
			return nil, err
		}
	default:
		err = add("", v)
	}
	if err != nil || len(m.items) == 0 {
		return nil, err
	}
	m.items = slices.Clip(m.items)
	return m, nil
}

func (m *multi[T]) readLabelled(field string, in object, rd valueReader[T], add func(string, any) *Error) *Error {
	var numbers, labels []string
	for k := range in {
		switch {
		case k == primaryKey:
		case decimal(k):
			numbers = append(numbers, k)
		case utf8.RuneCountInString(k) > maxLabel:
			return invalid(field, "label longer than "+strconv.Itoa(maxLabel)+" characters")
		default:
			labels = append(labels, k)
		}
	}
	slices.SortFunc(numbers, compareDecimal)
	slices.Sort(labels)
	for _, k := range numbers {
		if err := add("", in[k]); err != nil {
			return err
		}
	}
	for _, k := range labels {
		if err := add(k, in[k]); err != nil {
			return err
		}
	}
	primary, ok, err := rd.read(field, in[primaryKey])
	if err != nil || !ok {
		return err
	}
	m.primary = slices.IndexFunc(m.items, func(e entry[T]) bool { return e.value == primary })
	if m.primary < 0 {
		m.primary = len(m.items)
		m.items = append(m.items, entry[T]{"", primary})
	}
	return nil
}

func decimal(k string) bool {
	for i := range len(k) {
		if k[i] < '0' || k[i] > '9' {
			return false
		}
	}
	return k != ""
}

func compareDecimal(a, b string) int {
	x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	return strings.Compare(x, y)
}

func never(object) bool { return false }

func (p *parser) emails() valueReader[string] {
	return valueReader[string]{never, func(field string, v any) (string, bool, *Error) {
		s, err := asText(field, v)
		switch {
		case err != nil || s == "":
			return "", false, err
		case utf8.RuneCountInString(s) > maxEmail:
			return "", false, tooLong(field, maxEmail)
		case p.cfg.EmailValidation && !validEmail(s):
			return "", false, invalid(field, "not an e-mail address")
		}
		return s, true, nil
	}}
}

func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") && strings.IndexFunc(s, unicode.IsSpace) < 0
}

func (p *parser) urls() valueReader[string] {
	return valueReader[string]{never, func(field string, v any) (string, bool, *Error) {
		s, err := asText(field, v)
		if err != nil || s == "" {
			return "", false, err
		}
		if utf8.RuneCountInString(s) > maxURL {
			return "", false, tooLong(field, maxURL)
		}
		if p.cfg.URLScheme && !strings.Contains(s, "://") {
			s = "http://" + s
		}
		return s, true, nil
	}}
}

// asText takes a JSON string; null is "".
func asText(field string, v any) (string, *Error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number, bool:
	}
	return "", invalid(field, "not a string")
}

// write prints the dictionary as members of the open object's key k.
func writeMulti[T comparable](w *view, k string, m *multi[T], put func(T)) {
	if m == nil {
		w.emptyMap(k)
		return
	}
	w.key(k)
	w.open('{')
	n := w.cfg.UnlabelledFrom
	for _, e := range m.items {
		if e.label == "" {
			w.key(strconv.Itoa(n))
			n++
		} else {
			w.textKey(e.label)
		}
		put(e.value)
	}
	w.key(primaryKey)
	put(m.items[m.primary].value)
	w.close('}')
}
