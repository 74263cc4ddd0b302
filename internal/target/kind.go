package target

import (
	"encoding/json"
	"strings"
)

// Kind is the type of a custom field (nutshell contract 4.5).
type Kind string

// The types of custom fields. KindUnknown stands for a word the contract does not know: such a field is read and never written.
const (
	KindText     Kind = "text"
	KindTextArea Kind = "textarea"
	KindNumber   Kind = "number"
	KindCurrency Kind = "currency"
	KindDate     Kind = "date"
	KindDateTime Kind = "datetime"
	KindBoolean  Kind = "boolean"
	KindSelect   Kind = "select"
	KindUnknown  Kind = ""
)

var kindWords = map[string]Kind{
	"text": KindText, "longtext": KindTextArea, "textarea": KindTextArea, "number": KindNumber, "currency": KindCurrency,
	"date": KindDate, "datetime": KindDateTime, "boolean": KindBoolean,
	"enum": KindSelect, "decision": KindSelect, "select": KindSelect, "enummultiple": KindSelect,
}

var wordFolder = strings.NewReplacer(" ", "", "_", "", "-", "")

// KindOf reads a type word in any case, with or without blanks, "_" and "-".
func KindOf(word string) Kind { return kindWords[strings.ToLower(wordFolder.Replace(word))] }

// FieldDef says what a custom field holds.
type FieldDef struct {
	Type     Kind
	Multiple bool
}

// Defs are the custom fields of one entity type by name. Values of a field that is missing here are read by their JSON shape.
type Defs map[string]FieldDef

// canonicalCustom is the comparison form of a single value; alt meets demands that leave the currency open.
func canonicalCustom(kind Kind, raw any) (canon, alt string) {
	switch kind {
	case KindNumber:
		return canonicalNumber(raw), ""
	case KindCurrency:
		return canonicalMoney(raw)
	case KindDate:
		return canonicalDate(raw), ""
	case KindDateTime:
		return canonicalTime(raw), ""
	case KindBoolean:
		return canonicalBool(raw), ""
	case KindUnknown:
		return canonicalByShape(raw)
	}
	return textOf(raw), ""
}

func canonicalByShape(raw any) (canon, alt string) {
	switch x := raw.(type) {
	case json.Number, float64, int, int64:
		return canonicalNumber(raw), ""
	case map[string]any:
		if _, ok := x["amount"]; ok {
			return canonicalMoney(raw)
		}
		if _, ok := x["timestamp"]; ok {
			return canonicalDate(raw), ""
		}
	}
	return textOf(raw), ""
}

// customInput is a single value in the form the API takes: numbers and truth values as JSON, dates as text.
func customInput(kind Kind, raw any) any {
	switch kind {
	case KindNumber:
		if n, ok := plainDecimal(textOf(raw)); ok {
			return json.Number(n)
		}
	case KindBoolean:
		switch canonicalBool(raw) {
		case "true":
			return true
		case "false":
			return false
		}
	case KindDate:
		return canonicalDate(raw)
	case KindDateTime:
		return canonicalTime(raw)
	case KindUnknown:
		if m, ok := raw.(map[string]any); ok {
			if _, dated := m["timestamp"]; dated {
				return canonicalDate(raw)
			}
		}
	}
	return raw
}
