package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// Finding is one thing that a report has to tell about the map and the data; it names fields and properties, never values.
type Finding struct {
	Code   string `json:"code"`
	Entity string `json:"entity,omitempty"`
	Object string `json:"object,omitempty"`
	Name   string `json:"name,omitempty"`
	Text   string `json:"text"`
	N      int64  `json:"n,omitempty"`
}

// Codes of findings.
const (
	FindingTypeDisagrees   = "type_disagrees"      // values do not agree with the definition: the field is text
	FindingTypeRefused     = "type_refused"        // the account does not define the type: the field is text
	FindingTypeUnknown     = "type_unknown"        // the definition has a type that the map does not know
	FindingTooManyChoices  = "too_many_choices"    // a select would need too many or too long choices: the field is text
	FindingRenamed         = "renamed"             // the property got another name
	FindingNameRefused     = "name_refused"        // the property has no name that Nutshell takes: archived
	FindingValuesRefused   = "values_refused"      // values that no field takes: archived
	FindingLimit           = "field_limit"         // the account allows fewer custom fields
	FindingFieldBlocked    = "field_blocked"       // a built-in name exists with another type
	FindingStatusUnmapped  = "status_unmapped"     // a lead status without a line
	FindingInteractionNote = "interaction_as_note" // an interaction type without a line: notes
)

// definedTypes are the types of definitions (rezora contract 4.5).
var definedTypes = map[string]string{"string": Text, "number": Number, "date": Date, "bool": Boolean, "enum": Select}

// planner plans the fields of one entity.
type planner struct {
	m         *Map
	entity    string
	existing  map[string]ExistingField // by folded name
	definable func(string) bool
	without   []builtIn       // the account needs none of these
	taken     map[string]bool // folded names
	plan      *FieldPlan
	findings  []Finding
}

// FieldsOf is what an account says about custom fields.
type FieldsOf struct {
	Existing  map[string][]ExistingField  // definitions by entity
	Definable func(fieldType string) bool // whether it defines a type; nil: all
	Limit     int                         // custom fields an entity may have, 0 for none
	ClosesNow bool                        // it keeps no closing time, so that a field has to
}

// PlanFields decides into which custom field every built-in value and every custom property goes. It plans all built-in fields
// of each kind that has rows, and one field for each property that has a value.
func PlanFields(m *Map, inv *Inventory, rows map[record.Kind]bool, account FieldsOf) (FieldPlan, []Finding) {
	definable := account.Definable
	if definable == nil {
		definable = func(string) bool { return true }
	}
	var without []builtIn
	if !account.ClosesNow {
		without = []builtIn{closedAt}
	}
	var plan FieldPlan
	var findings []Finding
	for _, e := range []struct {
		entity, object string
		kind           record.Kind
	}{{Contacts, objectContact, record.Contacts}, {Accounts, objectCompany, record.Companies}, {Leads, "", record.Leads}} {
		p := planner{m: m, entity: e.entity, definable: definable, without: without, taken: map[string]bool{}, existing: map[string]ExistingField{}, plan: &plan}
		for _, f := range account.Existing[e.entity] {
			p.existing[foldCase(f.Name)] = f
		}
		p.builtIns(rows[e.kind])
		if e.object != "" && inv != nil && inv.Objects[e.object] != nil {
			p.properties(e.object, inv.Objects[e.object].Properties)
		}
		if n, limit := len(account.Existing[e.entity])+plan.Missing(e.entity), account.Limit; limit > 0 && n > limit {
			p.find(FindingLimit, "", "", int64(n-limit), fmt.Sprintf("%d custom fields are needed, the account allows %d", n, limit))
		}
		findings = append(findings, p.findings...)
	}
	plan.index()
	return plan, findings
}

func (p *planner) find(code, object, name string, n int64, text string) {
	p.findings = append(p.findings, Finding{Code: code, Entity: p.entity, Object: object, Name: name, N: n, Text: text})
}

// fallback is the type of a field whose own type the account refuses; "" when it defines no text either.
func (p *planner) fallback(longest int) string {
	order := []string{Text, TextArea}
	if longest > maxChoice {
		order = []string{TextArea, Text}
	}
	for _, t := range order {
		if p.definable(t) {
			return t
		}
	}
	return ""
}

func (p *planner) builtIns(rows bool) {
	for _, b := range builtIns {
		if b.entity != p.entity || slices.Contains(p.without, b) {
			continue
		}
		rule := p.m.CustomFields[b.entity][b.key]
		name := cmp.Or(rule.Name, b.key)
		p.taken[foldCase(b.key)], p.taken[foldCase(name)] = true, true
		if !rows || rule.Off {
			continue
		}
		f := PlannedField{Entity: b.entity, Name: name, Type: b.fieldType, BuiltIn: true, Key: b.key, Reason: "built-in field"}
		second := ""
		if !p.definable(b.fieldType) {
			second = p.fallback(longestBuiltIn(b.fieldType))
		}
		old, exists := p.existing[foldCase(name)]
		oldType := CanonicalType(old.Type)
		switch {
		case exists && !old.Multiple && (oldType == b.fieldType || second != "" && oldType == second):
			f.Name, f.Type, f.Exists, f.Reason = old.Name, oldType, true, "built-in field, exists in the account"
		case exists:
			p.block(name, fmt.Sprintf("the account has a field %q of type %q, the map needs type %s", old.Name, old.Type, b.fieldType))
			continue
		case p.definable(b.fieldType):
		case second == "":
			p.block(name, "the account defines neither its type nor text")
			continue
		default:
			f.Type, f.Instead = second, true
			f.Reason = fmt.Sprintf("built-in field; the account defines no %s, so it is %s", b.fieldType, second)
			p.find(FindingTypeRefused, "", name, 0, f.Reason)
		}
		p.plan.Fields = append(p.plan.Fields, f)
	}
}

func longestBuiltIn(fieldType string) int {
	if fieldType == TextArea {
		return maxTextArea
	}
	return 0
}

func (p *planner) block(name, reason string) {
	p.plan.Blocked = append(p.plan.Blocked, BlockedField{Entity: p.entity, Name: name, Reason: reason})
	p.find(FindingFieldBlocked, "", name, 0, reason)
}

// candidate is a custom property on its way to a field.
type candidate struct {
	source, name string
	*Property
	rule PropertyRule
}

func (p *planner) properties(object string, props map[string]*Property) {
	var all []candidate
	for source, prop := range props {
		rule := p.m.Properties[object][source]
		if prop.Refused > 0 {
			p.find(FindingValuesRefused, object, source, prop.Refused, "values that no field takes stay in records/")
		}
		if prop.Values == 0 || rule.Off {
			continue
		}
		c := candidate{source: source, name: cmp.Or(rule.Name, strings.TrimSpace(source)), Property: prop, rule: rule}
		if c.name == "" || !sendable(c.name, maxFieldName-len(renamePrefix)-4) {
			p.find(FindingNameRefused, object, source, prop.Values, "the property has no name that Nutshell takes; its values stay in records/")
			continue
		}
		all = append(all, c)
	}
	slices.SortFunc(p.findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Name, b.Name)) })
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.source, b.source)) })
	var renamed []candidate
	var planned []PlannedField
	for _, c := range all {
		if f, ok := p.place(object, c, c.name); ok {
			planned = append(planned, f)
		} else {
			renamed = append(renamed, c)
		}
	}
	for _, c := range renamed {
		for n := 1; ; n++ {
			name := renamePrefix + c.name
			if n > 1 {
				name = fmt.Sprintf("%s %d", name, n)
			}
			f, ok := p.place(object, c, name)
			if !ok {
				continue
			}
			p.find(FindingRenamed, object, c.source, c.Values, fmt.Sprintf("the property becomes %q: its own name is taken", f.Name))
			planned = append(planned, f)
			break
		}
	}
	slices.SortFunc(planned, func(a, b PlannedField) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Property, b.Property))
	})
	p.plan.Fields = append(p.plan.Fields, planned...)
}

// place gives a property the name, unless it is taken or stands in the account for a field that does not take every value.
func (p *planner) place(object string, c candidate, name string) (PlannedField, bool) {
	key := foldCase(name)
	if p.taken[key] {
		return PlannedField{}, false
	}
	f := PlannedField{Entity: p.entity, Name: name, Object: object, Property: c.source}
	if old, exists := p.existing[key]; exists {
		if !takesAll(old, c.Property) {
			return PlannedField{}, false
		}
		f.Name, f.Type, f.Exists, f.Multiple, f.Reason = old.Name, CanonicalType(old.Type), true, old.Multiple, "the account's field takes every value"
		if f.Type == Select {
			f.Choices = slices.Sorted(slices.Values(old.Choices))
		}
	} else {
		p.decideType(&f, object, c)
	}
	p.taken[key] = true
	return f, true
}
