package oracle

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// builtIns are the fields of the map's section 1 with their types as a snapshot words them.
var builtIns = map[string]map[string]string{
	entContacts: {keyField: "Text", "Rezora_Created_At__c": "DateTime", "Rezora_Contact_Type__c": "Text", "Rezora_Company_Name__c": "Text",
		"Rezora_Owner__c": "Text", "Unsubscribed__c": "Boolean", "Unsubscribed_At__c": "DateTime", "Opt_In_At__c": "DateTime",
		"Email_Status__c": "Text", "Distribution_Groups__c": "LongText", "Campaign_Archive__c": "LongText",
		"Engagement_History__c": "LongText", "Engagement_Score__c": "Number", "Custom_Listing_IDs__c": "LongText"},
	entAccounts: {keyField: "Text", "Rezora_Created_At__c": "DateTime", "Parent_Company__c": "Text", "Rezora_Company_Kind__c": "Text"},
	entLeads: {keyField: "Text", "Rezora_Created_At__c": "DateTime", "Engagement_Score__c": "Number", "Rezora_Lead_Status__c": "Text",
		"Rezora_Source__c": "Text"},
}

// closedField is defined where the account keeps no closing time (nutshell contract 8, P15).
const closedField = "Rezora_Closed_At__c"

// plan is what became of the custom properties of an entity.
type plan struct {
	fields map[string]field // by the property's name as the source writes it
}

// field is the custom field of one property.
type field struct {
	name    string
	kind    string // text textarea number date boolean select, or a type of nutshell contract 4.5 that the account had before
	choices map[string]bool
	prior   bool // was in the account before
}

// wordOf are the words of a snapshot by type.
var wordOf = map[string]string{"text": "Text", "textarea": "LongText", "number": "Number", "date": "Date", "datetime": "DateTime",
	"boolean": "Boolean", "select": "Enum", "currency": "Currency"}

// planFields derives the fields of an entity's properties from every value of the set.
func planFields(entity string, u *union, prior []nutshelltest.FieldRecord, types []string) *plan {
	values, defined := observed(entity, u)
	out := &plan{map[string]field{}}
	taken := map[string]bool{}
	for name := range builtIns[entity] {
		taken[strings.ToLower(name)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		want := derive(values[name], defined[name], types)
		base := strings.TrimSpace(name)
		for n := 0; ; n++ {
			want.name = base
			switch {
			case n == 1:
				want.name = "Rezora " + base
			case n > 1:
				want.name = "Rezora " + base + " " + strconv.Itoa(n)
			}
			if taken[strings.ToLower(want.name)] {
				continue
			}
			i := slices.IndexFunc(prior, func(f nutshelltest.FieldRecord) bool { return strings.EqualFold(f.Name, want.name) })
			if i < 0 {
				break
			}
			if had := fieldOf(prior[i]); had.takesAll(values[name]) {
				want = had
				break
			}
		}
		taken[strings.ToLower(want.name)] = true
		out.fields[name] = want
	}
	return out
}

// observed lists every value that says something, by property, and the definitions.
func observed(entity string, u *union) (map[string][]json.RawMessage, map[string]record.CustomProperty) {
	values, defined := map[string][]json.RawMessage{}, map[string]record.CustomProperty{}
	add := func(p record.Properties) {
		for name, v := range p {
			if says(v) && !blank(name) {
				values[name] = append(values[name], v)
			}
		}
	}
	object := "contact"
	if entity == entAccounts {
		object = "company"
		for _, c := range u.companies {
			add(c.CustomProperties)
		}
	} else {
		for _, c := range u.contacts {
			add(c.CustomProperties)
		}
	}
	for _, d := range u.definitions {
		if d.Object == object {
			defined[d.Name] = d
		}
	}
	return values, defined
}

// says tells whether a raw value is not empty in the map's sense.
func says(v json.RawMessage) bool {
	switch s := strings.TrimSpace(string(v)); s {
	case "", "null", "[]", "{}":
		return false
	default:
		return s[0] != '"' || !blank(text(v))
	}
}

// text is the text form of a value: texts as they stand, numbers in their shortest decimal form, lists and objects as compact JSON.
func text(v json.RawMessage) string {
	switch s := strings.TrimSpace(string(v)); s[0] {
	case '"':
		var t string
		_ = json.Unmarshal(v, &t)
		return t
	case '{', '[':
		return compact(v)
	case 't', 'f':
		return s
	default:
		if r, ok := number(s); ok {
			return decimal(r)
		}
		return s
	}
}

func compact(v json.RawMessage) string {
	var b strings.Builder
	dec := json.NewDecoder(strings.NewReader(string(v)))
	dec.UseNumber()
	write(dec, &b)
	return b.String()
}

// write copies one JSON value in compact form, the order of keys kept.
func write(dec *json.Decoder, b *strings.Builder) {
	t, err := dec.Token()
	if err != nil {
		return
	}
	d, nested := t.(json.Delim)
	if !nested {
		b.WriteString(encoded(t))
		return
	}
	b.WriteString(d.String())
	for i := 0; dec.More(); i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if d == '{' {
			write(dec, b)
			b.WriteByte(':')
		}
		write(dec, b)
	}
	t, _ = dec.Token()
	if d, ok := t.(json.Delim); ok {
		b.WriteString(d.String())
	}
}

func isText(v json.RawMessage) bool   { return strings.HasPrefix(strings.TrimSpace(string(v)), `"`) }
func isNumber(v json.RawMessage) bool { _, ok := number(strings.TrimSpace(string(v))); return ok }

// derive chooses the type of a property by its definition and values.
func derive(values []json.RawMessage, d record.CustomProperty, types []string) field {
	plain := field{kind: "text"}
	for _, v := range values {
		if chars(text(v)) > maxShort {
			plain.kind = "textarea"
		}
	}
	want := map[string]string{"number": "number", "date": "date", "bool": "boolean", "enum": "select"}[d.DataType]
	if want == "" || len(types) > 0 && !slices.Contains(types, want) {
		return plain
	}
	out := field{kind: want}
	if want == "select" {
		out.choices = map[string]bool{}
		for _, o := range d.Options {
			if !blank(o) {
				out.choices[o] = true
			}
		}
		for _, v := range values {
			out.choices[text(v)] = true
		}
		for c := range out.choices {
			if chars(c) > maxShort {
				return plain
			}
		}
		if len(out.choices) > 500 {
			return plain
		}
	}
	if !out.takesAll(values) {
		return plain
	}
	return out
}

func fieldOf(f nutshelltest.FieldRecord) field {
	out := field{name: f.Name, prior: true}
	for kind, word := range wordOf {
		if word == f.Type {
			out.kind = kind
		}
	}
	if out.kind == "select" {
		out.choices = map[string]bool{}
		for _, c := range f.Choices {
			out.choices[c] = true
		}
	}
	return out
}

// takesAll tells whether writing every value and reading it back gives the same text, or the same number.
func (f field) takesAll(values []json.RawMessage) bool {
	return !slices.ContainsFunc(values, func(v json.RawMessage) bool { return !f.takes(v) })
}

func (f field) takes(v json.RawMessage) bool {
	s := text(v)
	switch f.kind {
	case "text":
		return chars(s) <= maxShort
	case "textarea":
		return chars(s) <= maxLong
	case "number":
		return isNumber(v) && fieldNumber(s) != "" || isText(v) && fieldNumber(s) == s
	case "date":
		return isText(v) && date(s) == s
	case "boolean":
		return s == "true" || s == "false"
	case "select":
		return f.choices[s]
	}
	return false
}

// shows is a value as the snapshot shows it, "" when the field refuses it.
func (f field) shows(v json.RawMessage) string {
	switch s := text(v); {
	case !f.takes(v):
		return ""
	case f.kind == "number":
		return fieldNumber(s)
	default:
		return s
	}
}

// properties checks the custom properties of a record.
func (x *check) properties(entity string, values record.Properties) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		if !says(v) {
			continue
		}
		f, planned := x.j.plans[entity].fields[name]
		if !planned { // met after the approval: flagged, not guessed
			continue
		}
		want := f.shows(v)
		if f.kind == "text" || f.kind == "textarea" {
			x.customJSON(f.name, ruleProperties, want)
		} else {
			x.custom(f.name, ruleProperties, want)
		}
	}
}
