package nutshelltest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// fieldDef is the definition of a custom field.
type fieldDef struct {
	id, position int64
	entity       kind
	name         string
	fieldType    string // first column of nutshell contract 4.5
	multiple     bool
	choices      []string
	index        valueIndex
}

// fieldValue is one value in canonical text: a currency as "USD500.00", a
// date-time on the wire form, a boolean as true or false.
type fieldValue struct {
	def  *fieldDef
	text string
	list []string // multiple select
}

// texts are the values that a REST filter compares with.
func (v fieldValue) texts() []string {
	if v.list != nil {
		return v.list
	}
	return []string{v.text}
}

// typeWords maps a normalised word on the wire to the type, and the type to the
// word that the simulator prints.
var (
	typeWords = map[string]string{
		"text": "text", "longtext": "textarea", "textarea": "textarea", "number": "number", "currency": "currency", "date": "date",
		"datetime": "datetime", "boolean": "boolean", "enum": "select", "decision": "select", "select": "select", "enummultiple": "select",
	}
	typeNames = map[string]string{"text": "Text", "textarea": "LongText", "number": "Number", "currency": "Currency", "date": "Date",
		"datetime": "DateTime", "boolean": "Boolean", "select": "Enum"}
)

var wordNoise = strings.NewReplacer(" ", "", "_", "", "-", "")

func normalWord(s string) string {
	return strings.ToLower(wordNoise.Replace(s))
}

// customFields merges the sent values into a new slice; the old one is shared.
func (p *parser) customFields(in object, of kind, to *[]fieldValue) *Error {
	sent, ok := in["customFields"]
	if !ok || sent == nil {
		return nil
	}
	if empty, isList := sent.([]any); isList && len(empty) == 0 {
		return nil
	}
	values, ok := sent.(map[string]any)
	if !ok {
		return invalid("customFields", "not an object")
	}
	if len(values) == 0 {
		return nil
	}
	known := 0
	merged := make([]fieldValue, 0, len(*to)+len(values))
	for _, def := range p.db.fields[of] {
		v, sent := values[def.name]
		if !sent {
			if i := slices.IndexFunc(*to, func(f fieldValue) bool { return f.def == def }); i >= 0 {
				merged = append(merged, (*to)[i])
			}
			continue
		}
		known++
		if noValue(v) {
			continue
		}
		value, err := p.fieldValue(def, v)
		if err != nil {
			return err
		}
		merged = append(merged, value)
	}
	if known < len(values) {
		return p.unknownField(values, of)
	}
	*to = merged
	return nil
}

func (p *parser) unknownField(values object, of kind) *Error {
	var unknown []string
	for name := range values {
		if !slices.ContainsFunc(p.db.fields[of], func(d *fieldDef) bool { return d.name == name }) {
			unknown = append(unknown, name)
		}
	}
	name := slices.Min(unknown)
	return invalid("customFields."+name, fmt.Sprintf("'%s' is not a custom field", name))
}

func noValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

func (p *parser) fieldValue(def *fieldDef, v any) (fieldValue, *Error) {
	field := "customFields." + def.name
	out := fieldValue{def: def}
	var reason string
	switch def.fieldType {
	case "text", "textarea":
		n := maxShort
		if def.fieldType == "textarea" {
			n = maxLong
		}
		s, err := p.limited(field, v, n)
		out.text = s
		return out, err
	case "number":
		var ok bool
		if out.text, ok = plainNumber(v, 15, 4); !ok {
			reason = "not a number"
		}
	case "currency":
		m, ok := p.money(v, true)
		if out.text = m.currency + fixed2(m.amount); !ok {
			reason = "not a currency value"
		}
	case "date":
		s, _ := v.(string)
		if out.text = writtenDate(s); out.text == "" {
			reason = "not a date"
		}
	case "datetime":
		s, _ := v.(string)
		t, ok := parseTime(s)
		if out.text = t.text(); !ok {
			reason = "not a date-time"
		}
	case "boolean":
		if out.text = truth(v); out.text == "" {
			reason = "not a boolean"
		}
	case "select":
		if !out.choose(v) {
			reason = "not one of the choices"
		}
	}
	if reason != "" {
		return out, invalid(field, reason)
	}
	return out, nil
}

func (v *fieldValue) choose(in any) bool {
	if s, ok := in.(string); ok {
		if v.def.multiple {
			v.list = []string{s}
		} else {
			v.text = s
		}
		return slices.Contains(v.def.choices, s)
	}
	many, ok := in.([]any)
	if !ok || !v.def.multiple {
		return false
	}
	for _, one := range many {
		s, ok := one.(string)
		if !ok || !slices.Contains(v.def.choices, s) {
			return false
		}
		if !slices.Contains(v.list, s) {
			v.list = append(v.list, s)
		}
	}
	return true
}

func truth(v any) string {
	switch v := v.(type) {
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return truth(v.String())
	case string:
		switch v {
		case "1", "true":
			return "true"
		case "0", "false":
			return "false"
		}
	}
	return ""
}

var dateForm = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$`)

// writtenDate returns the date as written, "" when it is none.
func writtenDate(s string) string {
	m := dateForm.FindStringSubmatch(s)
	if m == nil || m[1] < "1000" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, m[1]); err != nil {
		return ""
	}
	return m[1]
}

// define checks and makes a definition; the route of nutshell contract 5.1.
func (db *store) define(cfg *Config, of kind, in object) (*fieldDef, *Error) {
	refuse := func(field, reason string) (*fieldDef, *Error) {
		return nil, restInvalid("Invalid custom field", field+": "+reason)
	}
	name, ok := in["name"].(string)
	switch n := utf8.RuneCountInString(name); {
	case !ok || n == 0:
		return refuse("name", "required")
	case n > maxName:
		return refuse("name", fmt.Sprintf("longer than %d characters", maxName))
	case strings.TrimSpace(name) != name:
		return refuse("name", "leading or trailing space")
	case strings.IndexByte(name, 0) >= 0:
		return refuse("name", "contains U+0000")
	}
	word, _ := in["type"].(string)
	def := &fieldDef{entity: of, name: name, fieldType: typeWords[normalWord(word)]}
	if def.fieldType == "" || !slices.Contains(cfg.CustomFieldTypes, def.fieldType) {
		return refuse("type", "unknown type")
	}
	switch v := in["isMultiple"].(type) {
	case nil:
	case bool:
		def.multiple = v
	default:
		return refuse("isMultiple", "not a boolean")
	}
	choices, err := list("choices", in["choices"])
	if err != nil {
		return refuse("choices", "not a list")
	}
	if def.fieldType != "select" {
		if len(choices) > 0 {
			return refuse("choices", "only for a select")
		}
		if def.multiple {
			return refuse("isMultiple", "only for a select")
		}
	} else if reason := def.readChoices(choices); reason != "" {
		return refuse("choices", reason)
	}
	def.multiple = def.multiple || normalWord(word) == "enummultiple"
	for _, other := range db.fields[of] {
		if strings.EqualFold(other.name, name) {
			return nil, &Error{Code: 409, Status: 409, Message: "Custom field already exists: " + name}
		}
	}
	if n := cfg.CustomFieldLimit; n > 0 && len(db.fields[of]) >= n {
		return nil, &Error{Code: 403, Status: 403, Message: fmt.Sprintf("Custom field limit reached (%d)", n)}
	}
	db.nextField++
	def.id, def.position = db.nextField, int64(len(db.fields[of])+1)
	db.fields[of] = append(db.fields[of], def)
	return def, nil
}

func (d *fieldDef) readChoices(choices []any) string {
	if len(choices) < 1 || len(choices) > 500 {
		return "a select needs 1-500"
	}
	for _, c := range choices {
		s, ok := c.(string)
		n := utf8.RuneCountInString(s)
		switch {
		case !ok:
			return "not a string"
		case n < 1 || n > maxName || strings.IndexByte(s, 0) >= 0:
			return "each needs 1-255 characters"
		case slices.Contains(d.choices, s):
			return "repeated: " + s
		}
		d.choices = append(d.choices, s)
	}
	return ""
}
