package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rezora2nutshell/internal/mapping"
)

// Property is one custom property as the source has it: what the inventory saw, and where its values go.
type Property struct {
	Object   string           `json:"object"` // contact or company
	Name     string           `json:"name"`
	Defined  bool             `json:"defined"` // the source has a definition of it
	DataType string           `json:"data_type,omitempty"`
	Options  int              `json:"options,omitempty"` // of the definition
	Rows     int64            `json:"rows"`              // records of the object
	Values   int64            `json:"values"`            // records that have a value
	FillRate float64          `json:"fill_rate"`         // values of rows, 0 to 1
	Longest  int              `json:"longest"`           // characters
	Distinct int              `json:"distinct"`          // different values, counted up to a bound
	More     bool             `json:"distinct_more,omitempty"`
	Agree    map[string]int64 `json:"agree,omitempty"`   // values that would agree with a type
	Refused  int64            `json:"refused,omitempty"` // values that no field takes
	Field    string           `json:"field,omitempty"`   // custom field that takes it, "" = the archive alone
	Type     string           `json:"type,omitempty"`    // of that field
}

// Properties lists every custom property that has a definition or a value.
func Properties(inv mapping.Inventory, plan mapping.FieldPlan) []Property {
	var out []Property
	for object, seen := range inv.Objects {
		for name, p := range seen.Properties {
			x := Property{
				Object: object, Name: name, Defined: p.Defined, DataType: p.DataType, Options: len(p.Options), Rows: seen.Rows, Values: p.Values + p.Refused,
				Longest: p.Longest, Distinct: len(p.Distinct), More: p.More || p.LongChoice, Agree: maps.Clone(p.Agree), Refused: p.Refused,
			}
			if seen.Rows > 0 {
				x.FillRate = float64(x.Values) / float64(seen.Rows)
			}
			if f, planned := plan.Property(object, name); planned {
				x.Field, x.Type = f.Name, f.Type
			}
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b Property) int { return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Name, b.Name)) })
	return out
}

func (p PreMigration) propertiesInto(v *preView) {
	v.Properties = newGrid("Custom property", "Of", "Type in Rezora", "#Filled", "#Longest", "#Different values", "Field")
	for _, x := range p.Properties {
		kind, distinct, field := cmp.Or(x.DataType, "not defined"), num(x.Distinct), "archive only"
		if x.More {
			distinct = "more than " + distinct
		}
		if x.Field != "" {
			field = x.Field + ", " + x.Type
		}
		v.Properties.add(x.Name, x.Object, kind, fmt.Sprintf("%s (%s)", num(x.Values), percent(x.FillRate)), num(x.Longest), distinct, field)
	}
	v.Dangling = newGrid("Records", "Field", "Names", "#Times", "For example")
	for _, d := range p.Dangling {
		v.Dangling.add(kindWord(ObjectOf(d.Resource)), code(d.Field), kindWord(ObjectOf(d.Names))+" that Rezora does not serve", d.Count, firstFew(d.Records))
	}
}

func firstFew(ids []string) string {
	text := ""
	for i, id := range ids {
		if i == 3 {
			return text + ", …"
		}
		if i > 0 {
			text += ", "
		}
		text += id
	}
	return text
}
