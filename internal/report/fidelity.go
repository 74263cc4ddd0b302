package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// Fate counts what became of the values of one source field: source = carried + transformed + truncated + archived + refused (mapping
// page, section 7).
type Fate struct {
	Object      string `json:"object"`   // as in every report; of a resource without a record of its own in Nutshell: ObjectOf
	Resource    string `json:"resource"` // of the source
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

// ObjectOf names a resource of the source in reports and in the archive: the object it becomes, else itself. The events of people are
// called events, for activities are what calls, e-mails and meetings become.
func ObjectOf(kind record.Kind) string {
	switch kind {
	case record.Contacts:
		return mapping.People
	case record.Interactions:
		return mapping.Activities
	case record.Activities:
		return "events"
	}
	return string(kind)
}

// Fidelity adds up fates by object and field. Its size is bounded by the number of source fields. The zero value is ready; its JSON is its
// whole state. Not for concurrent use.
type Fidelity struct {
	rows map[[2]string]*Fate
}

// Record counts the values of a source record, and what became of them. The two are told apart, so that Check finds a value that no fate
// tells of.
func (f *Fidelity) Record(rec record.Record, fates []mapping.Fate) {
	all, unread := mapping.Values(rec)
	for _, field := range all {
		f.row(string(rec.Kind), field).Source++
	}
	for _, field := range unread {
		f.Add(mapping.Fate{Object: string(rec.Kind), Field: field, Fate: mapping.Archived, N: 1})
	}
	for _, fate := range fates {
		f.Add(fate)
	}
}

// Add counts what became of values.
func (f *Fidelity) Add(fate mapping.Fate) {
	row := f.row(fate.Object, fate.Field)
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

func (f *Fidelity) row(resource, field string) *Fate {
	if f.rows == nil {
		f.rows = map[[2]string]*Fate{}
	}
	key := [2]string{resource, field}
	row := f.rows[key]
	if row == nil {
		row = &Fate{Object: ObjectOf(record.Kind(resource)), Resource: resource, Field: field}
		f.rows[key] = row
	}
	return row
}

// Merge adds the counts of another one.
func (f *Fidelity) Merge(o Fidelity) {
	for _, row := range o.rows {
		f.row(row.Resource, row.Field).add(*row)
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
			sums[row.Object] = &Fate{Object: row.Object, Resource: row.Resource}
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
		f.row(cmp.Or(row.Resource, row.Object), row.Field).add(row) // a table of an earlier version names the resource alone
	}
	return nil
}
