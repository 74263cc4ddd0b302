package nutshell

import (
	"context"
	"net/http"
	"sort"
	"strings"
)

// FieldType is the type of a custom field, one word for all its words on the wire.
type FieldType string

// The types of nutshell contract 4.5.
const (
	FieldText     FieldType = "text"
	FieldTextarea FieldType = "textarea"
	FieldNumber   FieldType = "number"
	FieldCurrency FieldType = "currency"
	FieldDate     FieldType = "date"
	FieldDateTime FieldType = "datetime"
	FieldBoolean  FieldType = "boolean"
	FieldSelect   FieldType = "select"
)

// wireWords are the words of a type in the order in which they are tried.
var wireWords = map[FieldType][]string{
	FieldText:     {"Text"},
	FieldTextarea: {"LongText", "Textarea"},
	FieldNumber:   {"Number"},
	FieldCurrency: {"Currency"},
	FieldDate:     {"Date"},
	FieldDateTime: {"DateTime"},
	FieldBoolean:  {"Boolean"},
	FieldSelect:   {"Enum", "Decision", "Select"},
}

// Words are the words to try, first to last, in CreateCustomField: the next
// one only after a definite 400.
func (t FieldType) Words() []string { return append([]string(nil), wireWords[t]...) }

var typesByWord = func() map[string]FieldType {
	m := map[string]FieldType{}
	for t, words := range wireWords {
		for _, w := range words {
			m[normalWord(w)] = t
		}
	}
	return m
}()

var wordNoise = strings.NewReplacer(" ", "", "_", "", "-", "")

func normalWord(w string) string { return strings.ToLower(wordNoise.Replace(strings.TrimSpace(w))) }

// ParseFieldType reads a word of the wire in any case, with blanks, _ and -.
// multiple is true for "enum-multiple". An unknown word answers "": such a
// field is never written to.
func ParseFieldType(word string) (t FieldType, multiple bool) {
	n := normalWord(word)
	if n == "enummultiple" {
		return FieldSelect, true
	}
	return typesByWord[n], false
}

// FieldDef is the definition of a custom field.
type FieldDef struct {
	ID   int64  // 0 where the answer has none
	Name string // the key of its values; "" is a fault of the account
	Type FieldType
	// Word is the type as the server wrote it, "" when it wrote none; in
	// CreateCustomField the word to send, "" for the first of the type.
	Word     string
	Multiple bool
	Choices  []string // a set
	Position int
}

// DecodeFieldDef reads a definition in each of the forms of nutshell contract
// 3.8 and 5.1.
func DecodeFieldDef(v any) (FieldDef, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return FieldDef{}, false
	}
	d := FieldDef{Name: orText(Text(m["name"]), Text(m["title"])), Word: Text(m["type"])}
	d.ID, _ = ID(m["id"])
	d.Type, d.Multiple = ParseFieldType(d.Word)
	d.Multiple = d.Multiple || Bool(m["isMultiple"])
	if n, ok := Number(m["position"]); ok {
		d.Position = int(n)
	}
	for _, key := range []string{"enumElements", "choices", "enum"} {
		if d.Choices = choicesIn(m[key]); len(d.Choices) > 0 {
			break
		}
	}
	return d, true
}

// choicesIn reads a map of element ids to labels in the order of the ids, or a
// list of labels.
func choicesIn(v any) []string {
	var out []string
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			if s := Text(e); s != "" {
				out = append(out, s)
			}
		}
	case map[string]any:
		ids := make([]string, 0, len(x))
		for id := range x {
			ids = append(ids, id)
		}
		sort.Slice(ids, func(i, j int) bool {
			if len(ids[i]) != len(ids[j]) {
				return len(ids[i]) < len(ids[j])
			}
			return ids[i] < ids[j]
		})
		for _, id := range ids {
			if s := Text(x[id]); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// CustomFields reads all definitions. A category that is absent has none.
func (c *Client) CustomFields(ctx context.Context) (map[EntityType][]FieldDef, error) {
	v, err := c.call(ctx, rpc{method: "findCustomFields", kind: KindRead, usable: isMap})
	if err != nil {
		return nil, err
	}
	out := map[EntityType][]FieldDef{}
	for category, defs := range Object(v) {
		out[EntityType(category)] = fieldDefs(defs)
	}
	return out, nil
}

func fieldDefs(v any) []FieldDef {
	rows := List(v)
	if m, ok := v.(map[string]any); ok {
		for _, row := range m {
			rows = append(rows, row)
		}
	}
	var defs []FieldDef
	for _, row := range rows {
		if d, ok := DecodeFieldDef(row); ok {
			defs = append(defs, d)
		}
	}
	sort.SliceStable(defs, func(i, j int) bool { return defs[i].Position < defs[j].Position })
	return defs
}

// CreateCustomField defines a field on contacts, accounts or leads by REST.
// Whatever was answered, the field exists when CustomFields shows it:
// success proves nothing, and IsExists is as good (nutshell contract 5.1, 7.14).
func (c *Client) CreateCustomField(ctx context.Context, t EntityType, d FieldDef) error {
	word := d.Word
	if words := wireWords[d.Type]; word == "" && len(words) > 0 {
		word = words[0]
	}
	body := map[string]any{"name": d.Name, "type": word}
	if d.Type == FieldSelect {
		body["choices"], body["isMultiple"] = d.Choices, d.Multiple
	}
	k := c.rest("customField", KindCreate, http.MethodPost, "/rest/"+t.Collection()+"/customfield")
	raw, err := encode(body)
	if err != nil {
		return k.fail(NotSent, "definition cannot be written as JSON", nil)
	}
	k.contentType = "application/json"
	k.setBody(raw)
	k.accept = func(status int, body []byte) *Error {
		if success(status) {
			return nil
		}
		_, e := k.readRestValue(status, body)
		return e
	}
	return c.do(ctx, k)
}

// FieldAttributes reads the definitions that REST shows of one type, in either
// wrapping. Types are to be read from CustomFields. IsNotFound: REST is off.
func (c *Client) FieldAttributes(ctx context.Context, t EntityType) ([]FieldDef, error) {
	k := c.rest("attributes", KindRead, http.MethodGet, "/rest/"+t.Collection()+"/customfields/attributes")
	var defs []FieldDef
	k.accept = func(status int, body []byte) *Error {
		v, e := k.readRestValue(status, body)
		if e != nil {
			return e
		}
		if m, ok := v.(map[string]any); ok {
			v = m["customFields"]
		}
		if !isList(v) {
			return k.broken(status, "answer without definitions")
		}
		defs = fieldDefs(v)
		return nil
	}
	err := c.do(ctx, k)
	return defs, err
}
