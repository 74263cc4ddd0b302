package mapping

import (
	"fmt"
	"maps"
	"slices"
)

// TrialLine is what one line of a map would do to a staged extract.
type TrialLine struct {
	What  string // the source's side: a property, a status, a built-in field
	Does  string // what becomes of it, and why
	N     int64  // values, rows; 0 where they are not counted
	Stops bool   // the run would park on it
}

// Trial tells, line by line, what the map would do to an extract, given the plan that PlanFields made of it and all findings about it:
// custom properties first, then words, then the built-in fields, then what stops or loses something.
func (m *Map) Trial(inv *Inventory, plan FieldPlan, findings []Finding) []TrialLine {
	var out []TrialLine
	for _, s := range []struct{ section, object string }{{sectionPerson, objectContact}, {sectionCompany, objectCompany}} {
		var seen map[string]*Property
		if o := inv.Objects[s.object]; o != nil {
			seen = o.Properties
		}
		out = append(out, m.tryProperties(s.section, s.object, seen, plan)...)
	}
	out = append(out, tryWords("lead status", inv.Words[WordsLeadStatus], func(w string) (string, bool) { s, ok := m.LeadStatus(w); return string(s), ok })...)
	out = append(out, tryWords("interaction type", inv.Words[WordsInteraction], func(w string) (string, bool) { return m.InteractionType(w), true })...)
	for _, f := range plan.Fields {
		if f.BuiltIn {
			out = append(out, TrialLine{What: f.Entity + " " + f.Key, Does: into(f)})
		}
	}
	for _, f := range findings {
		what := f.Entity
		if f.Name != "" {
			what += " " + f.Name
		}
		if f.Code == FindingStatusUnmapped {
			continue // its word has a line of its own
		}
		out = append(out, TrialLine{What: what, Does: f.Text, N: f.N, Stops: f.Code == FindingLimit || f.Code == FindingFieldBlocked})
	}
	return out
}

func into(f PlannedField) string {
	how := "to be defined"
	if f.Exists {
		how = "exists"
	}
	return fmt.Sprintf("custom field %q of %s, %s, %s: %s", f.Name, f.Entity, f.Type, how, f.Reason)
}

func (m *Map) tryProperties(section, object string, seen map[string]*Property, plan FieldPlan) []TrialLine {
	var out []TrialLine
	names := slices.Collect(maps.Keys(seen))
	for name := range m.Properties[object] {
		if seen[name] == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		line := TrialLine{What: section + " property " + name}
		p := seen[name]
		f, planned := plan.Property(object, name)
		switch {
		case p == nil:
			line.Does = "the extract has no such property: the line does nothing"
		case planned:
			line.Does, line.N = into(f), p.Values
		case m.Properties[object][name].Off:
			line.Does, line.N = "switched off: the values stay in the archive", p.Values
		case p.Values == 0:
			line.Does = "no value was met: no field"
		default:
			line.Does, line.N = "no destination: the values stay in the archive", p.Values
		}
		out = append(out, line)
	}
	return out
}

func tryWords(what string, words *WordInventory, to func(string) (string, bool)) []TrialLine {
	if words == nil {
		return nil
	}
	var out []TrialLine
	for _, word := range slices.Sorted(maps.Keys(words.Seen)) {
		line := TrialLine{What: fmt.Sprintf("%s %q", what, word), N: words.Seen[word]}
		if target, ok := to(word); ok {
			line.Does = target
		} else {
			line.Does, line.Stops = "no line in the map: the run would park before the load", true
		}
		out = append(out, line)
	}
	return out
}
