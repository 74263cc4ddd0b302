package mapping

import "encoding/json"

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
