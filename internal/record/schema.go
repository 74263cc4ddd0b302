package record

import (
	"fmt"
	"strings"
)

// Type is the JSON type of a canonical field (rezora contract 3.8 and 4).
type Type int

// The types of canonical fields.
const (
	Text    Type = iota // JSON string
	ID                  // JSON string, opaque
	Instant             // RFC 3339 text in UTC, whole seconds
	Date                // YYYY-MM-DD
	Bool                // true, false
	Integer             // JSON number without fraction
	Number              // JSON number
	Money               // decimal text
	Enum                // JSON string, open: other values pass
	Object              // JSON object with Fields
	Map                 // JSON object with free names
	JSON                // any JSON
)

// Field is one canonical field of a resource.
type Field struct {
	Name     string
	Type     Type
	Optional bool // null or missing is a legal state; a text that is not optional is "" when empty
	List     bool
	Ref      Kind     // the resource that an ID names, "" for plain ids
	Values   []string // known values of an Enum
	Fields   *Fields  // members of an Object
}

// Fields are the fields of a resource or of a nested object, in the order of the contract.
type Fields struct {
	list   []*Field
	byName map[string]*Field
}

// All lists the fields in the order of the contract.
func (f *Fields) All() []*Field { return f.list }

// Get finds a field by name, nil when the contract does not know it.
func (f *Fields) Get(name string) *Field { return f.byName[name] }

// Find follows a dotted path such as "phones.home", nil when the contract does not know it.
func (f *Fields) Find(path string) *Field {
	head, rest, nested := strings.Cut(path, ".")
	field := f.byName[head]
	if field == nil || !nested {
		return field
	}
	if field.Fields == nil {
		return nil
	}
	return field.Fields.Find(rest)
}

func (f *Fields) add(field *Field) *Field {
	if have := f.byName[field.Name]; have != nil {
		return have
	}
	f.list = append(f.list, field)
	f.byName[field.Name] = field
	return field
}

func newFields() *Fields { return &Fields{byName: map[string]*Field{}} }

// Schema returns the fields of a resource, those common to all included; nil for an unknown resource.
func Schema(kind Kind) *Fields { return schemas[kind] }

// Qualifier names the field that is part of the key beside the id, "" for resources keyed by id alone (rezora contract 4.1).
func Qualifier(kind Kind) string {
	switch kind {
	case Activities:
		return "type"
	case SocialPosts:
		return "network"
	}
	return ""
}

// SplitKey undoes Key: the qualifier and the id that the source knows.
func SplitKey(kind Kind, id string) (qualifier, bare string) {
	if Qualifier(kind) == "" {
		return "", id
	}
	qualifier, bare, ok := strings.Cut(id, "/")
	if !ok {
		return "", id
	}
	return qualifier, bare
}

var schemas = func() map[Kind]*Fields {
	out := make(map[Kind]*Fields, len(Kinds))
	for _, kind := range Kinds {
		fields := newFields()
		for _, spec := range strings.Fields(commonTable + " " + tables[kind]) {
			fields.parse(spec)
		}
		out[kind] = fields
	}
	return out
}()

// parse reads one entry of a table, `path[?]:type[[]]`; dots nest, a path element with [] is a list of objects.
func (f *Fields) parse(spec string) {
	path, typ, ok := strings.Cut(spec, ":")
	if !ok {
		panic(fmt.Sprintf("schema entry %q has no type", spec))
	}
	at := f
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		group := at.add(&Field{Type: Object, Fields: newFields(), Name: strings.TrimRight(part, "[]?"),
			List: strings.Contains(part, "[]"), Optional: strings.HasSuffix(part, "?")})
		at = group.Fields
	}
	last := parts[len(parts)-1]
	field := &Field{Name: strings.TrimSuffix(last, "?"), Optional: strings.HasSuffix(last, "?")}
	if rest, list := strings.CutSuffix(typ, "[]"); list {
		typ, field.List = rest, true
	}
	name, arg, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "(")
	switch field.Type, ok = typeNames[name], true; name {
	case "ref":
		field.Ref = Kind(arg)
	case "enum":
		field.Values = strings.Split(arg, ",")
	default:
		_, ok = typeNames[name]
	}
	if !ok {
		panic(fmt.Sprintf("schema entry %q has an unknown type", spec))
	}
	at.add(field)
}

var typeNames = map[string]Type{
	"text": Text, "id": ID, "ref": ID, "time": Instant, "date": Date, "bool": Bool, "int": Integer, "num": Number, "money": Money,
	"enum": Enum, "map": Map, "json": JSON,
}
