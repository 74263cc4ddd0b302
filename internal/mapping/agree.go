package mapping

import (
	"encoding/json"
	"strings"
	"time"
)

// The types of a custom field (nutshell contract 4.5).
const (
	Text     = "text"
	TextArea = "textarea"
	Number   = "number"
	Currency = "currency"
	Date     = "date"
	DateTime = "datetime"
	Boolean  = "boolean"
	Select   = "select"
)

// typedTypes are the types whose values must have a form; any value that is not too long agrees with the others.
var typedTypes = []string{Number, Date, DateTime, Boolean}

var typeWords = map[string]string{
	"text": Text, "longtext": TextArea, "textarea": TextArea, "number": Number, "currency": Currency, "date": Date,
	"datetime": DateTime, "boolean": Boolean, "enum": Select, "decision": Select, "select": Select, "enummultiple": Select,
}

// CanonicalType is the type behind a word on the wire, compared without case, blanks, "_" and "-"; "" for a word that nutshell
// contract 4.5 does not have.
func CanonicalType(word string) string {
	return typeWords[strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(word))]
}

// PropertyText is the text form of a custom property value: text as stored, numbers in their shortest decimal form, true and
// false, arrays and objects as compact JSON. It is "" for an empty value, and ok is false for what is no JSON.
func PropertyText(raw json.RawMessage) (text string, ok bool) {
	compact, err := CompactJSON(raw)
	if err != nil {
		return "", false
	}
	switch {
	case compact == "null" || compact == "[]" || compact == "{}":
		return "", true
	case compact[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", false
		}
		if blank(s) {
			return "", true
		}
		return s, true
	}
	return compact, true
}

// agrees reports whether writing the value to a field of the type and reading it back gives the same text; for a JSON number,
// the same number.
func agrees(fieldType string, raw json.RawMessage, text string) bool {
	first := strings.TrimLeft(string(raw[:min(len(raw), 64)]), " \t\r\n")
	quoted := strings.HasPrefix(first, `"`)
	switch fieldType {
	case Number:
		n, ok := nutshellNumber(text)
		return ok && (n == text || !quoted)
	case Date:
		return quoted && isDate(text)
	case DateTime:
		t, err := time.Parse("2006-01-02T15:04:05Z", text)
		return quoted && err == nil && t.Year() >= 1000
	case Boolean:
		return text == "true" || text == "false"
	}
	return true
}

func isDate(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 1000
}
