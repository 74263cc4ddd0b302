package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"rezora2nutshell/internal/mapping"
)

// Fate counts what became of the values of one source field: source = carried + transformed + truncated + archived + refused (mapping
// page, section 7).
type Fate struct {
	Object      string `json:"object"` // resource of the source
	Field       string `json:"field"`
	Source      int64  `json:"source"`
	Carried     int64  `json:"carried"`
	Transformed int64  `json:"transformed"`
	Truncated   int64  `json:"truncated"`
	Archived    int64  `json:"archived"`
	Refused     int64  `json:"refused"`
}

func (f *Fate) add(o Fate) {
	f.Source += o.Source
	f.Carried += o.Carried
	f.Transformed += o.Transformed
	f.Truncated += o.Truncated
	f.Archived += o.Archived
	f.Refused += o.Refused
}

func (f Fate) sum() int64 { return f.Carried + f.Transformed + f.Truncated + f.Archived + f.Refused }

// Fidelity adds up fates by object and field. Its size is bounded by the number of source fields. The zero value is ready; its JSON is its
// whole state. Not for concurrent use.
type Fidelity struct {
	rows map[[2]string]*Fate
}

// Add counts the values of a fate. A fate of an unknown kind is counted at the source only, so that Check finds it.
func (f *Fidelity) Add(fate mapping.Fate) {
	row := f.row(fate.Object, fate.Field)
	row.Source += fate.N
	switch fate.Fate {
	case mapping.Carried:
		row.Carried += fate.N
	case mapping.Transformed:
		row.Transformed += fate.N
	case mapping.Truncated:
		row.Truncated += fate.N
	case mapping.Archived:
		row.Archived += fate.N
	case mapping.Refused:
		row.Refused += fate.N
	}
}

func (f *Fidelity) row(object, field string) *Fate {
	if f.rows == nil {
		f.rows = map[[2]string]*Fate{}
	}
	key := [2]string{object, field}
	row := f.rows[key]
	if row == nil {
		row = &Fate{Object: object, Field: field}
		f.rows[key] = row
	}
	return row
}

// Merge adds the counts of another one.
func (f *Fidelity) Merge(o Fidelity) {
	for _, row := range o.rows {
		f.row(row.Object, row.Field).add(*row)
	}
}

// Rows are the counts by object and field, sorted.
func (f Fidelity) Rows() []Fate {
	out := make([]Fate, 0, len(f.rows))
	for _, row := range f.rows {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b Fate) int { return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Field, b.Field)) })
	return out
}

// Totals are the sums by object, sorted.
func (f Fidelity) Totals() []Fate {
	sums := map[string]*Fate{}
	for _, row := range f.rows {
		if sums[row.Object] == nil {
			sums[row.Object] = &Fate{Object: row.Object}
		}
		sums[row.Object].add(*row)
	}
	out := make([]Fate, 0, len(sums))
	for _, object := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, *sums[object])
	}
	return out
}

// Check reports the first field whose values are not conserved (I3).
func (f Fidelity) Check() error {
	for _, row := range f.Rows() {
		if row.Source != row.sum() {
			return fmt.Errorf("fidelity of %s %s: %d values at the source, %d accounted for", row.Object, row.Field, row.Source, row.sum())
		}
	}
	return nil
}

// MarshalJSON writes the rows.
func (f Fidelity) MarshalJSON() ([]byte, error) { return json.Marshal(f.Rows()) }

// UnmarshalJSON reads the rows.
func (f *Fidelity) UnmarshalJSON(b []byte) error {
	var rows []Fate
	if err := json.Unmarshal(b, &rows); err != nil {
		return fmt.Errorf("read a fidelity table: %w", err)
	}
	f.rows = make(map[[2]string]*Fate, len(rows))
	for _, row := range rows {
		f.row(row.Object, row.Field).add(row)
	}
	return nil
}
