package oracle

import (
	"maps"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// definitions checks the custom fields of the account: all built-in ones, one for each property met, the old ones, nothing else.
func (j *judge) definitions() {
	rows := map[string]bool{entAccounts: len(j.u.companies) > 0, entContacts: len(j.u.contacts) > 0, entLeads: len(j.u.leads) > 0}
	for _, entity := range []string{entContacts, entAccounts, entLeads} {
		have := map[string]nutshelltest.FieldRecord{}
		for _, f := range j.Dest.CustomFields[entity] {
			have[f.Name] = f
		}
		asked := map[string]bool{}
		for _, f := range j.Before.CustomFields[entity] {
			asked[f.Name] = true
			if now := have[f.Name]; now.Type != f.Type || now.Multiple != f.Multiple || !sameSet(now.Choices, f.Choices) {
				j.field(entity, f.Name, "the definition as it was", now.Type, ruleUntouched)
			}
		}
		if rows[entity] {
			for _, name := range slices.Sorted(maps.Keys(builtIns[entity])) {
				asked[name] = true
				j.defined(entity, name, have, j.wordFor(entity, name), ruleBuiltIns)
			}
			if entity == entLeads && j.Dest.IgnoresClosedTime {
				asked[closedField] = true
				j.defined(entity, closedField, have, j.wordFor(entity, closedField), ruleClosed)
			}
		}
		if p := j.plans[entity]; p != nil {
			for _, source := range slices.Sorted(maps.Keys(p.fields)) {
				f := p.fields[source]
				asked[f.name] = true
				if f.prior {
					continue
				}
				j.defined(entity, f.name, have, wordOf[f.kind], ruleProperties)
				for choice := range f.choices {
					if !slices.Contains(have[f.name].Choices, choice) {
						j.field(entity, f.name, "the choice "+choice, strings.Join(have[f.name].Choices, ", "), ruleProperties)
					}
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(have)) {
			if !asked[name] {
				j.field(entity, name, "", have[name].Type, ruleNothingElse)
			}
		}
	}
	for entity, tags := range j.Dest.Tags {
		if !sameSet(tags, j.Before.Tags[entity]) {
			j.field(entity, "tags", strings.Join(j.Before.Tags[entity], ", "), strings.Join(tags, ", "), ruleNothingElse)
		}
	}
}

// wordFor is the type of a built-in field in this account: one that it refuses to define becomes text.
func (j *judge) wordFor(entity, name string) string {
	word := builtIns[entity][name]
	if name == closedField {
		word = "DateTime"
	}
	for kind, w := range wordOf {
		if w == word && len(j.Dest.FieldTypes) > 0 && !slices.Contains(j.Dest.FieldTypes, kind) {
			return "Text"
		}
	}
	return word
}

func (j *judge) defined(entity, name string, have map[string]nutshelltest.FieldRecord, word, rule string) {
	f, ok := have[name]
	if !ok {
		j.field(entity, name, word, "", rule)
	} else if f.Type != word || f.Multiple {
		j.field(entity, name, word, f.Type, rule)
	}
}

func (j *judge) field(entity, name, want, have, rule string) {
	j.problem(Problem{"fields", "", entity, name, want, have, rule})
}
