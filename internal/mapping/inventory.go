package mapping

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"rezora2nutshell/internal/record"
)

// distinctKept is how many distinct values of a property are remembered: one more than a select may have choices.
const distinctKept = maxChoices + 1

// maxChoices and maxChoice bound a select (nutshell contract 5.1).
const (
	maxChoices = 500
	maxChoice  = 255
)

const shapesKept = 5

// Inventory is what extraction saw of custom properties and of the words that the map must decide on. Its JSON is its whole
// state; its size is bounded by the number of properties. The zero value is ready.
type Inventory struct {
	Objects map[string]*ObjectInventory `json:"objects,omitempty"` // by source object: contact, company, lead, ...
	Words   map[string]*WordInventory   `json:"words,omitempty"`   // by list: leads.status, interactions.type, ...
}

// ObjectInventory is what was seen of one source object.
type ObjectInventory struct {
	Rows       int64                `json:"rows"`
	Properties map[string]*Property `json:"properties,omitempty"` // by name as served
}

// Property is what was seen of one custom property.
type Property struct {
	Defined    bool             `json:"defined,omitempty"`
	DataType   string           `json:"data_type,omitempty"`
	Options    []string         `json:"options,omitempty"`
	Values     int64            `json:"values"`               // non-empty values that Nutshell could take as text
	Refused    int64            `json:"refused,omitempty"`    // values that no field takes
	Structured int64            `json:"structured,omitempty"` // arrays and objects among the values
	Agree      map[string]int64 `json:"agree,omitempty"`      // values that agree with a type
	Longest    int              `json:"longest"`              // characters of the longest text form
	Distinct   []string         `json:"distinct,omitempty"`   // sorted; complete unless More
	More       bool             `json:"more,omitempty"`       // more distinct values than are kept
	LongChoice bool             `json:"long_choice,omitempty"`
	Shapes     []string         `json:"shapes,omitempty"` // forms of values: a letter each letter, 9 each digit
}

// WordInventory counts the values of an open enumeration.
type WordInventory struct {
	Seen map[string]int64 `json:"seen"`
	More int64            `json:"more,omitempty"` // values beyond those kept
}

func (v *Inventory) object(object string) *ObjectInventory {
	if v.Objects == nil {
		v.Objects = map[string]*ObjectInventory{}
	}
	o := v.Objects[object]
	if o == nil {
		o = &ObjectInventory{Properties: map[string]*Property{}}
		v.Objects[object] = o
	}
	if o.Properties == nil {
		o.Properties = map[string]*Property{}
	}
	return o
}

func (v *Inventory) property(object, name string) *Property {
	o := v.object(object)
	p := o.Properties[name]
	if p == nil {
		p = &Property{Agree: map[string]int64{}}
		o.Properties[name] = p
	}
	if p.Agree == nil {
		p.Agree = map[string]int64{}
	}
	return p
}

// Rows adds n rows of an object.
func (v *Inventory) Rows(object string, n int64) { v.object(object).Rows += n }

// Define adds a definition.
func (v *Inventory) Define(d record.CustomProperty) {
	p := v.property(d.Object, d.Name)
	p.Defined, p.DataType = true, d.DataType
	for _, o := range d.Options {
		if i, found := slices.BinarySearch(p.Options, o); !found && !blank(o) {
			p.Options = slices.Insert(p.Options, i, o)
		}
	}
}

// Add adds one value of a custom property.
func (v *Inventory) Add(object, name string, raw json.RawMessage) {
	text, ok := PropertyText(raw)
	if ok && text == "" {
		return
	}
	p := v.property(object, name)
	if !ok || !sendable(text, maxTextArea) {
		p.Refused++
		return
	}
	p.Values++
	if isStructured(raw) {
		p.Structured++
	}
	n := chars(text)
	p.Longest = max(p.Longest, n)
	for _, t := range typedTypes {
		if agrees(t, raw, text) {
			p.Agree[t]++
		}
	}
	if n > maxChoice {
		p.LongChoice = true
	} else if i, found := slices.BinarySearch(p.Distinct, text); !found {
		if len(p.Distinct) >= distinctKept {
			p.More = true
		} else {
			p.Distinct = slices.Insert(p.Distinct, i, text)
		}
	}
	if len(p.Shapes) < shapesKept {
		if s := shape(text); !slices.Contains(p.Shapes, s) {
			p.Shapes = append(p.Shapes, s)
		}
	}
}

// Word adds one value of an open enumeration, for example list "leads.status".
func (v *Inventory) Word(list, value string) {
	if v.Words == nil {
		v.Words = map[string]*WordInventory{}
	}
	w := v.Words[list]
	if w == nil {
		w = &WordInventory{}
		v.Words[list] = w
	}
	if w.Seen == nil {
		w.Seen = map[string]int64{}
	}
	if _, known := w.Seen[value]; known || len(w.Seen) < distinctKept {
		w.Seen[value]++
	} else {
		w.More++
	}
}

func isStructured(raw json.RawMessage) bool {
	s := strings.TrimLeft(string(raw[:min(len(raw), 64)]), " \t\r\n")
	return strings.HasPrefix(s, "[") || strings.HasPrefix(s, "{")
}

// shape is the form of a value without its content.
func shape(s string) string {
	s, _ = Shorten(s, 24)
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return 'A'
		case unicode.IsLetter(r):
			return 'a'
		case unicode.IsDigit(r):
			return '9'
		}
		return r
	}, s)
}
