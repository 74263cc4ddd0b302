package canon

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"rezora2nutshell/internal/record"
)

// ErrNoKey marks an item without id, or without the qualifier that is part of its key; a source that serves such items is not
// understood.
var ErrNoKey = errors.New("item without key")

// ErrNotObject marks an item that is no JSON object.
var ErrNotObject = errors.New("item is not an object")

// Issue names what was odd about a field.
type Issue string

// The issues of fields. Only field names and issues are kept, never values.
const (
	UnknownField  Issue = "unknown_field"  // kept in the raw item
	UnknownEnum   Issue = "unknown_enum"   // passed through
	BadValue      Issue = "bad_value"      // no form of the field's type: left out of the canonical item, kept in the raw one
	ZonelessTime  Issue = "zoneless_time"  // read in the configured zone
	EpochTime     Issue = "epoch_time"     // a bare number read as time
	DuplicateName Issue = "duplicate_name" // the last one counts
	LongID        Issue = "long_id"        // over 64 bytes
	InvalidUTF8   Issue = "invalid_utf8"   // kept in the raw item as received
	Missing       Issue = "missing"        // a field whose absence means "unknown"
)

// Oddity is a field with what was odd about it.
type Oddity struct {
	Field string `json:"field"`
	Issue Issue  `json:"issue"`
}

// ErrUnknownKind marks a resource that the contract does not have.
var ErrUnknownKind = errors.New("no such resource")

// Converter makes canonical records.
type Converter struct{ Clock Clock }

// Result is a canonical record and what was odd about the item.
type Result struct {
	Record   record.Record
	Oddities []Oddity
}

// Record converts one item. The record shares no memory with the item.
func (c Converter) Record(kind record.Kind, item Node) (Result, error) {
	if item.Members == nil {
		return Result{}, ErrNotObject
	}
	schema := record.Schema(kind)
	if schema == nil {
		return Result{}, ErrUnknownKind
	}
	w := work{clock: c.Clock}
	canonical := w.object(schema, item, "")
	id := canonical.Get("id").Text()
	if id == "" {
		return Result{}, ErrNoKey
	}
	if len(id) > 64 {
		w.note("id", LongID)
	}
	if qualifier := record.Qualifier(kind); qualifier != "" {
		q := canonical.Get(qualifier).Text()
		if q == "" {
			return Result{}, ErrNoKey
		}
		id = record.Key(q, id)
	}
	if !utf8.Valid(item.Raw) {
		w.note("", InvalidUTF8)
		w.changed = true
	}
	out := record.Record{Kind: kind, ID: strings.Clone(id), Canon: canonical.AppendTo(make([]byte, 0, len(item.Raw))),
		Deleted: canonical.Get("deleted").Kind() == 't'}
	out.UpdatedAt, _ = c.Clock.Time(canonical.Get("updated_at").Text())
	if w.changed && len(item.Raw) > 0 {
		out.Raw = bytes.Clone(item.Raw)
	}
	return Result{Record: out, Oddities: w.odd}, nil
}

// work is one conversion.
type work struct {
	clock   Clock
	odd     []Oddity
	changed bool // some value is not what was served
}

func (w *work) note(field string, issue Issue) {
	if o := (Oddity{Field: field, Issue: issue}); !slices.Contains(w.odd, o) {
		w.odd = append(w.odd, o)
	}
}

// shadows reports a name that differs from a canonical one by case alone: readers of JSON might take it for that field.
func shadows(schema *record.Fields, name string) bool {
	return slices.ContainsFunc(schema.All(), func(f *record.Field) bool { return strings.EqualFold(f.Name, name) })
}

// object converts the members that the schema knows, sorted by name. Of the others those at the top stay under their own name;
// those of nested objects, and names that could be mistaken, stay in the raw item only.
func (w *work) object(schema *record.Fields, in Node, prefix string) Node {
	out := Node{Members: make([]Member, 0, len(in.Members))}
	last := make(map[string]int, len(in.Members))
	for i, m := range in.Members {
		last[m.Name] = i
	}
	for i, m := range in.Members {
		if last[m.Name] != i {
			w.note(prefix+m.Name, DuplicateName)
			w.changed = true
			continue
		}
		field := schema.Get(m.Name)
		if field == nil {
			w.note(prefix+m.Name, UnknownField)
			if prefix == "" && !shadows(schema, m.Name) {
				out.Members = append(out.Members, m)
			} else {
				w.changed = true
			}
			continue
		}
		out.Members = append(out.Members, Member{Name: m.Name, Value: w.field(field, m.Value, prefix+m.Name)})
	}
	slices.SortStableFunc(out.Members, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (w *work) field(f *record.Field, in Node, path string) Node {
	if in.IsNull() {
		return Null
	}
	if !f.List {
		return w.value(f, in, path)
	}
	if in.Items == nil {
		return w.bad(path)
	}
	out := Node{Items: make([]Node, 0, len(in.Items))}
	for _, item := range in.Items {
		v := Null
		if !item.IsNull() {
			v = w.value(f, item, path+"[]")
		}
		if v.IsNull() {
			w.changed = true
			continue
		}
		out.Items = append(out.Items, v)
	}
	return out
}

func (w *work) value(f *record.Field, in Node, path string) Node {
	switch f.Type {
	case record.JSON:
		return in
	case record.Map:
		if in.Members == nil {
			return w.bad(path)
		}
		return w.freeMap(in, path)
	case record.Object:
		if in.Members == nil {
			return w.bad(path)
		}
		return w.object(f.Fields, in, path+".")
	}
	if in.Members != nil || in.Items != nil {
		return w.bad(path)
	}
	return w.scalar(f, in, path)
}

// freeMap sorts a map by name and keeps its values as received.
func (w *work) freeMap(in Node, path string) Node {
	out := Node{Members: make([]Member, 0, len(in.Members))}
	seen := make(map[string]bool, len(in.Members))
	for _, m := range slices.Backward(in.Members) {
		if seen[m.Name] {
			w.note(path, DuplicateName)
			w.changed = true
			continue
		}
		seen[m.Name] = true
		out.Members = append(out.Members, m)
	}
	slices.SortFunc(out.Members, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (w *work) scalar(f *record.Field, in Node, path string) Node {
	switch f.Type {
	case record.ID:
		return w.id(in)
	case record.Text, record.Enum, record.Money:
		return w.text(f, in, path)
	case record.Instant:
		return w.time(in, path)
	case record.Date:
		return w.date(in, path)
	case record.Bool:
		if in.Kind() == 't' || in.Kind() == 'f' {
			return in
		}
		w.changed = true
		v, ok := Boolean(in.Text())
		switch {
		case !ok && strings.TrimSpace(in.Text()) == "":
			return Null
		case !ok:
			return w.bad(path)
		case v:
			return Literal("true")
		}
		return Literal("false")
	default:
		return w.number(f, in, path)
	}
}

func (w *work) id(in Node) Node {
	if in.Kind() == '"' {
		return in
	}
	w.changed = true
	if digits, ok := Integer(in.Text()); ok {
		return String(digits)
	}
	return String(in.Text())
}

func (w *work) text(f *record.Field, in Node, path string) Node {
	out := in
	if in.Kind() != '"' {
		w.changed = true
		out = String(in.Text())
	}
	switch text := out.Text(); {
	case f.Type == record.Enum && !slices.Contains(f.Values, text) && (text != "" || !f.Optional):
		w.note(path, UnknownEnum)
	case f.Type == record.Money && text != "" && !plainDecimal.MatchString(text):
		w.note(path, BadValue) // kept as text: the digits are the source's
	}
	return out
}

func (w *work) number(f *record.Field, in Node, path string) Node {
	text := strings.TrimSpace(in.Text())
	if text == "" {
		w.changed = true
		return Null
	}
	if !in.IsNumber() {
		w.changed = true
	}
	if f.Type == record.Integer {
		digits, ok := Integer(text)
		if !ok || len(digits) > maxDigits {
			return w.bad(path)
		}
		if digits != string(in.Raw) {
			w.changed = true
		}
		return Literal(trimZeros(digits))
	}
	if !anyNumber.MatchString(text) {
		return w.bad(path)
	}
	return Literal(trimZeros(text))
}

// maxDigits keeps integers inside 64 bits.
const maxDigits = 18

// trimZeros makes "007" a legal JSON number.
func trimZeros(s string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	return sign + s
}

func (w *work) time(in Node, path string) Node {
	t, form := w.clock.Time(in.Text())
	switch form {
	case FormNull:
		w.changed = true
		return Null
	case FormBad:
		return w.bad(path)
	case FormLocal, FormDate:
		w.note(path, ZonelessTime)
	case FormEpoch, FormEpochMS:
		w.note(path, EpochTime)
	}
	if text := CanonicalTime(t); text != in.Text() || in.Kind() != '"' {
		w.changed = true
		return String(text)
	}
	return in
}

func (w *work) date(in Node, path string) Node {
	text := strings.TrimSpace(in.Text())
	switch _, form := (Clock{}).Time(text); form {
	case FormNull:
		w.changed = true
		return Null
	case FormBad:
		return w.bad(path)
	}
	if day := text[:len("2006-01-02")]; day != in.Text() {
		w.changed = true
		return String(day)
	}
	return in
}

// bad leaves a value out of the canonical item; it stays in the raw one.
func (w *work) bad(path string) Node {
	w.note(path, BadValue)
	w.changed = true
	return Null
}
