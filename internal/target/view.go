package target

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrStub says that an answer was a stub, which shows too little to judge a record by.
var ErrStub = errors.New("the record is a stub")

// Value is one field as Nutshell shows it.
type Value struct {
	Canon string // comparison form (nutshell contract 7.9); a scalar without value is no field at all
	Alt   string // a second form that also counts as equal: a note's markup, a display name, an amount without currency; mostly ""
	Wire  any    // the value in the form the API takes as input
}

// View is a record as a flat map. It is read only after FromWire.
type View struct {
	Type    string // Contacts, Accounts, Leads, Notes, Tasks, Activities
	ID      int64
	Rev     string
	Deleted bool
	Fields  map[Path]Value
	Primary map[string]Path // list -> its primary entry: email, phone, url, address
	lists   map[string][]entry
}

// entry is a member of a list in the form in which the list is sent back.
type entry struct {
	path  Path
	label string // "" under a decimal key
	wire  any
}

// DecodeJSON reads a JSON object with its numbers as they are written.
func DecodeJSON(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil || raw == nil {
		return nil, errors.New("decode the record: not a JSON object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode the record: text after the JSON object")
	}
	return raw, nil
}

// Decode reads a record from its JSON text.
func Decode(entityType string, body []byte, defs Defs) (View, error) {
	raw, err := DecodeJSON(body)
	if err != nil {
		return View{}, fmt.Errorf("%s: %w", entityType, err)
	}
	return FromWire(entityType, raw, defs)
}

// FromWire reads a full record, decoded with json.Decoder.UseNumber, in any shape of the contract: absent or null keys, empty maps in every
// form, any decimal key, both record shapes. Values of an unexpected JSON type are kept as their text, so that no change goes
// unseen. It fails for a record without id, for an unknown entity type, and with ErrStub for a stub, listed notes excepted.
func FromWire(entityType string, raw map[string]any, defs Defs) (View, error) {
	fields, ok := schema[entityType]
	if !ok {
		return View{}, fmt.Errorf("entity type %q has no view", entityType)
	}
	v := View{
		Type: entityType, ID: idOf(raw["id"]), Rev: textOf(raw["rev"]), Deleted: textOf(raw["deletedTime"]) != "",
		Fields: make(map[Path]Value, len(raw)+8), Primary: map[string]Path{}, lists: map[string][]entry{},
	}
	if v.ID == 0 {
		return View{}, fmt.Errorf("%s: the record has no id", entityType)
	}
	if stub, _ := raw["stub"].(bool); stub && entityType != "Notes" {
		return View{}, fmt.Errorf("%s %d: %w", entityType, v.ID, ErrStub)
	}
	for i := range fields {
		f := &fields[i]
		if shown, ok := raw[f.path]; ok && shown != nil || f.shape == shapeLogNote {
			v.read(f, shown, raw)
		}
	}
	switch entityType {
	case "Notes":
		v.readNote(raw)
	case "Contacts", "Accounts", "Leads":
		v.readCustom(raw["customFields"], defs)
	}
	return v, nil
}

func (v *View) read(f *field, shown any, raw map[string]any) {
	p := Path(f.path)
	switch f.shape {
	case shapeText:
		v.put(p, textOf(shown), "", shown)
	case shapeTime:
		canon := canonicalTime(shown)
		v.put(p, canon, "", canon)
	case shapeNumber:
		v.put(p, canonicalNumber(shown), "", shown)
	case shapeCount:
		if canon := canonicalNumber(shown); canon != "0" {
			v.put(p, canon, "", shown)
		}
	case shapeFlag:
		if canonicalBool(shown) == "true" {
			v.put(p, "true", "", true)
		}
	case shapeStatus:
		canon := canonicalNumber(shown)
		if v.Type == "Activities" && canon == "-1" { // overdue is the server's name for a scheduled one whose time has passed
			canon = "0"
		}
		v.put(p, canon, "", shown)
	case shapeMoney:
		canon, alt := canonicalMoney(shown)
		v.put(p, canon, alt, shown)
	case shapeRef:
		v.readRef(p, f.ref, shown)
	case shapeName:
		n := nameWire(shown)
		v.put(p, n.canon(), n.display, n.wire())
	case shapeLocation:
		canon, alt := canonicalLocation(shown)
		wire := canon
		if alt != "" {
			wire = alt
		}
		v.put(p, canon, alt, wire)
	case shapeLogNote:
		v.readLogNote(p, shown, raw["logDescription"])
	case shapeDictionary:
		v.readDictionary(f.path, shown)
	case shapeTags:
		v.readTags(shown)
	case shapeLinks:
		v.readLinks(f, shown)
	}
}

// put stores a value; a scalar without value is no field (null = absent = "").
func (v *View) put(p Path, canon, alt string, wire any) {
	if canon != "" {
		v.Fields[p] = Value{canon, alt, wire}
	}
}

func (v *View) readRef(p Path, fallback string, shown any) {
	entityType, id := refOf(shown, fallback)
	if id != 0 {
		v.put(p, refCanon(entityType, id), "", refWire(entityType, id))
	}
}

func (v *View) readNote(raw map[string]any) {
	note, markup := textOf(raw["note"]), textOf(raw["noteMarkup"])
	if note == "" {
		note, markup = markup, ""
	}
	v.put("note", note, markup, note)
	for _, parent := range noteParents {
		if shown := raw[parent.key]; shown != nil {
			v.readRef("entity", parent.entityType, shown)
			return
		}
	}
}

func (v *View) readLogNote(p Path, shown, description any) {
	var text string
	if m, ok := shown.(map[string]any); ok {
		if text = textOf(m["note"]); text == "" {
			text = textOf(m["noteMarkup"])
		}
	} else {
		text = textOf(shown)
	}
	if text == "" {
		text = textOf(description)
	}
	v.put(p, text, "", map[string]any{"note": text})
}

// Get is the canonical value of a field, "" when it has none.
func (v View) Get(p Path) string { return v.Fields[p].Canon }

// Has tells whether a field has a value, or a list the entry.
func (v View) Has(p Path) bool {
	_, ok := v.Fields[p]
	return ok
}

// Entries are the paths of a list's entries, sorted.
func (v View) Entries(list string) []Path {
	out := make([]Path, 0, len(v.lists[list]))
	for _, e := range v.lists[list] {
		out = append(out, e.path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Values are the canonical values of a list's entries, sorted: e-mails in lower case, URLs without scheme.
func (v View) Values(list string) []string {
	paths := v.Entries(list)
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = v.Fields[p].Canon
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Linked are the ids at the other end of a list of links, ascending.
func (v View) Linked(list string) []int64 {
	out := make([]int64, 0, len(v.lists[list]))
	for _, e := range v.lists[list] {
		if _, id, ok := e.path.Linked(); ok {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Paths are all paths of the record, sorted.
func (v View) Paths() []Path {
	out := make([]Path, 0, len(v.Fields))
	for p := range v.Fields {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Differ lists the paths whose values are not the same in two views, sorted.
func Differ(a, b View) []Path {
	out := map[Path]bool{}
	for p, x := range a.Fields {
		if y, ok := b.Fields[p]; !ok || x.Canon != y.Canon {
			out[p] = true
		}
	}
	for p := range b.Fields {
		if _, ok := a.Fields[p]; !ok {
			out[p] = true
		}
	}
	return sortedPaths(out)
}

// refOf reads a link: a stub, an input form, or an id alone.
func refOf(shown any, fallback string) (entityType string, id int64) {
	m, ok := shown.(map[string]any)
	if !ok {
		return fallback, idOf(shown)
	}
	if entityType = textOf(m["entityType"]); entityType == "" {
		entityType = fallback
	}
	return entityType, idOf(m["id"])
}

func refCanon(entityType string, id int64) string { return entityType + "/" + itoa(id) }

func refWire(entityType string, id int64) map[string]any {
	return map[string]any{"entityType": entityType, "id": id}
}
