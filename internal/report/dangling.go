package report

import (
	"cmp"
	"encoding/json"
	"slices"

	"rezora2nutshell/internal/record"
)

// Dangling counts the ids in one field of a resource that name records which the source does not serve. The records arrive all the same;
// what hung on the missing ones is left out by the rules of the map.
type Dangling struct {
	Resource record.Kind `json:"resource"`
	Field    string      `json:"field"`
	Names    record.Kind `json:"names"`
	Count    int64       `json:"count"`
	Records  []string    `json:"records"` // the first of those that hold one
}

// danglingShown bounds the records that are listed of one field.
const danglingShown = 1000

// Danglings adds up dangling references by field. Its JSON is its whole state; the zero value is ready. Not for concurrent use.
type Danglings struct{ by map[[3]string]*Dangling }

// Add counts a reference of a record that leads nowhere.
func (d *Danglings) Add(kind record.Kind, id string, ref record.Reference) {
	x := d.at(kind, ref.Field, ref.Kind)
	if x.Count++; len(x.Records) < danglingShown && !slices.Contains(x.Records, id) {
		x.Records = append(x.Records, id)
	}
}

func (d *Danglings) at(kind record.Kind, field string, names record.Kind) *Dangling {
	if d.by == nil {
		d.by = map[[3]string]*Dangling{}
	}
	key := [3]string{string(kind), field, string(names)}
	if d.by[key] == nil {
		d.by[key] = &Dangling{Resource: kind, Field: field, Names: names}
	}
	return d.by[key]
}

// List is sorted by resource and field.
func (d Danglings) List() []Dangling {
	out := make([]Dangling, 0, len(d.by))
	for _, x := range d.by {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Dangling) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Names, b.Names))
	})
	return out
}

// MarshalJSON writes the list.
func (d Danglings) MarshalJSON() ([]byte, error) { return json.Marshal(d.List()) }

// UnmarshalJSON reads the list.
func (d *Danglings) UnmarshalJSON(b []byte) error {
	var list []Dangling
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	d.by = nil
	for _, x := range list {
		*d.at(x.Resource, x.Field, x.Names) = x
	}
	return nil
}
