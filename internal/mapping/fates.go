package mapping

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// rank orders fates: a value that two fields take has the better one.
var rank = map[string]int{Refused: 0, Archived: 1, Truncated: 2, Transformed: 3, Carried: 4}

// fateBook collects what becomes of the fields of one source record.
type fateBook map[string]string

func (b fateBook) mark(fate string, fields ...string) {
	for _, f := range fields {
		if old, known := b[f]; !known || rank[fate] > rank[old] {
			b[f] = fate
		}
	}
}

// close gives every value of the record one fate: the marked one, else archived; refused when the record is quarantined.
func (b fateBook) close(object string, raw json.RawMessage, refused bool) []Fate {
	leaves := SourceFields(raw)
	out := make([]Fate, 0, len(leaves))
	for _, field := range leaves {
		fate := b[field]
		switch {
		case refused:
			fate = Refused
		case fate == "":
			fate = Archived
		}
		out = append(out, Fate{Object: object, Field: field, Fate: fate, N: 1})
	}
	return out
}

// SourceFields lists the fields of a source record that have a value, sorted; fields of nested objects are written with dots, a
// custom property counts as one value whatever it holds.
func SourceFields(raw json.RawMessage) []string {
	var out []string
	appendFields(&out, "", raw)
	return out
}

func appendFields(out *[]string, prefix string, raw json.RawMessage) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		switch {
		case emptyJSON(v):
		case v[0] == '{' && prefix != "custom_properties.":
			appendFields(out, prefix+k+".", v)
		default:
			*out = append(*out, prefix+k)
		}
	}
}

// emptyJSON reports whether a value is null, [], {} or nothing but white space.
func emptyJSON(v json.RawMessage) bool {
	switch v[0] {
	case 'n':
		return true
	case '[', '{':
		return len(strings.TrimSpace(string(v[1:len(v)-1]))) == 0
	case '"':
		if len(v) > 2 && v[1] > ' ' && v[1] < 0x80 && v[1] != '\\' {
			return false
		}
		var s string
		return json.Unmarshal(v, &s) == nil && blank(s)
	}
	return false
}

// AddFates adds up fates by object, field and fate.
func AddFates(sum map[Fate]int64, fates []Fate) {
	for _, f := range fates {
		n := f.N
		f.N = 0
		sum[f] += n
	}
}
