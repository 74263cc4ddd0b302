package mapping

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Propose writes a mapping file from what extraction found: a line for each custom property and each word that is not mapped yet,
// every line with a confidence and a reason for the person who approves it. Parse takes it as it stands, unless it holds a lead
// status whose line only a person can decide: that line has no value and is refused until it has one. existing are the fields of the
// account by entity: one that is like a property, by name and values, is named, and proposed when the names differ by case, blanks and
// marks alone.
func (m *Map) Propose(inv *Inventory, plan FieldPlan, existing map[string][]ExistingField) []byte {
	w := &yamlWriter{}
	fmt.Fprint(w, "# Proposed map: check every line, fill in what is empty, delete what the default already says.\n")
	w.line(0, "version", "1")
	w.open(0, whereProps)
	for _, s := range []struct{ section, object, entity string }{{sectionPerson, objectContact, Contacts}, {sectionCompany, objectCompany, Accounts}} {
		var props map[string]*Property
		if o := inv.Objects[s.object]; o != nil {
			props = o.Properties
		}
		m.proposeProperties(w, s.section, s.object, props, plan, existing[s.entity])
	}
	proposeWords(w, "lead_status", inv.Words[WordsLeadStatus], func(word string) (string, string) {
		if to, ok := m.LeadStatus(word); ok {
			return yamlText(string(to)), "confidence high: a line of the map"
		}
		if to, ok := m.LeadStatus(strings.ToLower(strings.TrimSpace(word))); ok {
			return yamlText(string(to)), "confidence medium: equal to a known status but for case and white space"
		}
		return "", "decide: open, pending, won or lost"
	})
	proposeWords(w, "activity_types", inv.Words[WordsInteraction], func(word string) (string, string) {
		if to, ok := m.Interactions[word]; ok {
			return yamlText(to), "confidence high: a line of the map"
		}
		return yamlText(interactionsAsNote), "confidence low: no activity type is known for it"
	})
	return w.Bytes()
}

func (m *Map) proposeProperties(w *yamlWriter, section, object string, props map[string]*Property, plan FieldPlan, existing []ExistingField) {
	var lines []string
	taken := map[string]bool{}
	for _, f := range plan.Fields {
		taken[f.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		p := props[name]
		if blank(name) {
			continue
		}
		f, planned := plan.Property(object, name)
		if !planned {
			if p.Values == 0 {
				continue
			}
			f = PlannedField{Name: strings.TrimSpace(name), Type: textType(p.Longest), Reason: "no field is planned"}
		}
		confidence, hint := p.confidence(f)
		if a, ok := p.alike(f.Name, existing, taken); ok && !f.Exists {
			hint = strings.TrimPrefix(hint+"; "+a.String(), "; ")
			if confidence == "high" {
				confidence = "medium"
			}
			if a.Name == 1 {
				f.Name, f.Type = a.Field.Name, CanonicalType(a.Field.Type)
				hint += ", so it is proposed"
				taken[f.Name] = true
			}
		}
		lines = append(lines, fmt.Sprintf("    %s: {name: %s, type: %s} # confidence %s: %s; %d values, longest %d%s\n",
			yamlKey(name), yamlText(f.Name), f.Type, confidence, oneLine(cmp.Or(hint, f.Reason)), p.Values, p.Longest, shapes(p.Shapes)))
	}
	if len(lines) == 0 {
		w.line(1, section, "{}")
		return
	}
	w.open(1, section)
	for _, l := range lines {
		w.WriteString(l)
	}
}

// confidence says how sure a field's type is, and which other type every value would agree with.
func (p *Property) confidence(f PlannedField) (confidence, hint string) {
	if f.Type == Text || f.Type == TextArea {
		for _, t := range typedTypes {
			if p.Values >= 20 && p.Agree[t] == p.Values {
				return "medium", "every value would also be a " + t
			}
		}
	}
	switch {
	case f.Exists, p.Defined && definedTypes[p.DataType] == f.Type:
		return "high", ""
	case !p.Defined:
		return "medium", ""
	}
	return "low", ""
}

func shapes(s []string) string {
	if len(s) == 0 {
		return ""
	}
	quoted := make([]string, len(s))
	for i, x := range s {
		quoted[i] = oneLine(x)
	}
	return ", like " + strings.Join(quoted, " | ")
}

func proposeWords(w *yamlWriter, section string, words *WordInventory, to func(word string) (value, why string)) {
	if words == nil || len(words.Seen) == 0 {
		w.line(0, section, "{}")
		return
	}
	w.open(0, section)
	for _, word := range slices.Sorted(maps.Keys(words.Seen)) {
		if blank(word) {
			continue
		}
		value, why := to(word)
		fmt.Fprintf(w, "  %s: %s # %s; seen %d times\n", yamlKey(word), value, why, words.Seen[word])
	}
}
