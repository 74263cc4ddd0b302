package rezora

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

// spec is a compiled field spec (rezora contract 7.1): `=constant`, a template with `{path}`, or `path|transform`.
type spec struct {
	constant  *string
	template  []string // literal, path, literal, path, ...
	path      string
	transform func(canon.Node) canon.Node
	lookup    *lookup
	prefix    string // of the transform prefix, to find the source's own id again
}

// lookup replaces a value by a field of the row that it names in another collection.
type lookup struct{ collection, key, field string }

var (
	placeholder = regexp.MustCompile(`\{([^{}]+)\}`)
	callForm    = regexp.MustCompile(`^([a-z0-9]+)(?:\((.*)\))?$`)
)

// compile reads a field spec; clock reads its times.
func compile(text string, clock canon.Clock) (spec, error) {
	if rest, ok := strings.CutPrefix(text, "="); ok {
		return spec{constant: &rest}, nil
	}
	if placeholder.MatchString(text) {
		s, last := spec{}, 0
		for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
			s.template = append(s.template, text[last:m[0]], text[m[2]:m[3]])
			last = m[1]
		}
		s.template = append(s.template, text[last:])
		return s, nil
	}
	path, call, piped := strings.Cut(text, "|")
	s := spec{path: strings.TrimSpace(path)}
	if s.path == "" {
		return spec{}, fmt.Errorf("field spec %q has no path", text)
	}
	if !piped {
		return s, nil
	}
	m := callForm.FindStringSubmatch(strings.TrimSpace(call))
	if m == nil {
		return spec{}, fmt.Errorf("field spec %q has a malformed transform", text)
	}
	args := strings.Split(m[2], ",")
	if m[1] == "lookup" {
		if len(args) != 3 {
			return spec{}, fmt.Errorf("field spec %q: lookup needs a collection, a key and a field", text)
		}
		s.lookup = &lookup{collection: args[0], key: args[1], field: args[2]}
		return s, nil
	}
	if s.transform = transform(m[1], m[2], args, clock); m[1] == "prefix" {
		s.prefix = m[2]
	}
	if s.transform == nil {
		return spec{}, fmt.Errorf("field spec %q has an unknown transform", text)
	}
	return s, nil
}

func transform(name, arg string, args []string, clock canon.Clock) func(canon.Node) canon.Node {
	switch name {
	case "id":
		return bareID
	case "prefix":
		return func(n canon.Node) canon.Node {
			if n = bareID(n); n.IsNull() {
				return n
			}
			return canon.String(arg + n.Text())
		}
	case "bool01":
		return func(n canon.Node) canon.Node {
			if v, ok := canon.Boolean(n.Text()); ok {
				return canon.Literal(fmt.Sprint(v))
			}
			if strings.TrimSpace(n.Text()) == "" {
				return canon.Null
			}
			return n // the converter counts it
		}
	case "time":
		return func(n canon.Node) canon.Node {
			switch t, form := clock.Time(n.Text()); form {
			case canon.FormNull:
				return canon.Null
			case canon.FormBad:
				return n
			default:
				return canon.String(canon.CanonicalTime(t))
			}
		}
	case "int", "num":
		return func(n canon.Node) canon.Node { return n } // the converter types it by the schema
	case "text", "trim":
		return func(n canon.Node) canon.Node {
			if n.IsNull() || n.Members != nil || n.Items != nil {
				return n
			}
			if name == "trim" {
				return canon.String(strings.TrimSpace(n.Text()))
			}
			return canon.String(n.Text())
		}
	case "enum":
		return enumOf(args)
	case "ifset":
		if len(args) != 2 {
			return nil
		}
		return func(n canon.Node) canon.Node {
			if _, form := clock.Time(n.Text()); n.IsNull() || form == canon.FormNull {
				return canon.String(args[1])
			}
			return canon.String(args[0])
		}
	}
	return nil
}

func enumOf(args []string) func(canon.Node) canon.Node {
	names := map[string]string{}
	for _, pair := range args {
		code, name, ok := strings.Cut(pair, "=")
		if !ok {
			return nil
		}
		names[strings.TrimSpace(code)] = strings.TrimSpace(name)
	}
	return func(n canon.Node) canon.Node {
		if name, ok := names[n.Text()]; ok && !n.IsNull() {
			return canon.String(name)
		}
		return n
	}
}

// bareID turns an id into text; 0, "" and null mean that there is none.
func bareID(n canon.Node) canon.Node {
	text := n.Text()
	if n.IsNumber() {
		if digits, ok := canon.Integer(text); ok {
			text = digits
		}
	}
	if text == "" || text == "0" {
		return canon.Null
	}
	return canon.String(text)
}

// lookups finds values of secondary collections: collection, key field, key, field.
type lookups func(l lookup, key string) canon.Node

// value evaluates a spec on a source row; the zero node when the row lacks the field altogether.
func (s spec) value(row canon.Node, find lookups) canon.Node {
	switch {
	case s.constant != nil:
		return canon.String(*s.constant)
	case s.template != nil:
		var b strings.Builder
		for i, part := range s.template {
			if i%2 == 0 {
				b.WriteString(part)
				continue
			}
			v := row.Path(part)
			if v.IsNull() || v.Text() == "" {
				return canon.Null
			}
			b.WriteString(v.Text())
		}
		return canon.String(b.String())
	}
	v := row.Path(s.path)
	switch {
	case s.lookup != nil && find != nil:
		return find(*s.lookup, v.Text())
	case s.transform != nil && v.Kind() != 0:
		return s.transform(v)
	}
	return v
}

// mapping is a compiled field map of a resource.
type mapping struct {
	kind     record.Kind
	identity bool // rows are canonical items already
	fields   []mapped
}

type mapped struct {
	path string
	spec spec
}

// compileMap compiles field maps, later ones overriding earlier ones. Every path must be a canonical field.
func compileMap(kind record.Kind, clock canon.Clock, maps ...FieldMap) (mapping, error) {
	all := FieldMap{}
	for _, m := range maps {
		for path, text := range m {
			all[path] = text
		}
	}
	out := mapping{kind: kind, identity: len(all) == 0}
	for path, text := range all {
		top, _, _ := strings.Cut(path, ".")
		if f := record.Schema(kind).Get(top); f == nil || f.Type != record.JSON && f.Type != record.Map && record.Schema(kind).Find(path) == nil {
			return mapping{}, fmt.Errorf("resources.%s.fields: %q is no field of the contract", kind, path)
		}
		s, err := compile(text, clock)
		if err != nil {
			return mapping{}, fmt.Errorf("resources.%s: %w", kind, err)
		}
		out.fields = append(out.fields, mapped{path: path, spec: s})
	}
	slices.SortFunc(out.fields, func(a, b mapped) int { return strings.Compare(a.path, b.path) })
	return out, nil
}

// apply builds the canonical item of a source row. Fields that the row lacks stay absent; null in a text that cannot be null is "".
func (m mapping) apply(row canon.Node, find lookups) canon.Node {
	if m.identity {
		return row
	}
	out := canon.Node{Members: []canon.Member{}}
	for _, f := range m.fields {
		v := f.spec.value(row, find)
		if v.Kind() == 0 && v.Members == nil && v.Items == nil {
			continue
		}
		if field := record.Schema(m.kind).Find(f.path); v.IsNull() && field != nil && !field.Optional &&
			(field.Type == record.Text || field.Type == record.Enum) {
			v = canon.String("")
		}
		out.Set(f.path, v)
	}
	m.prune(&out)
	return out
}

// prune makes optional objects null when all their members are.
func (m mapping) prune(item *canon.Node) {
	for i, member := range item.Members {
		field := record.Schema(m.kind).Get(member.Name)
		if field == nil || field.Type != record.Object || !field.Optional || field.List || member.Value.Members == nil {
			continue
		}
		if !slices.ContainsFunc(member.Value.Members, func(x canon.Member) bool { return x.Value.Text() != "" }) {
			item.Members[i].Value = canon.Null
		}
	}
}
