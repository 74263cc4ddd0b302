package mapping

import "encoding/json"

// ExistingField is a definition that the account has.
type ExistingField struct {
	Name     string
	Type     string // a word of nutshell contract 4.5 in any spelling
	Multiple bool
	Choices  []string
}

// PlannedField is a custom field that the migration writes to.
type PlannedField struct {
	Entity   string   `json:"entity"` // Contacts, Accounts or Leads
	Name     string   `json:"name"`   // as it stands in the account, or as it will be defined
	Type     string   `json:"type"`
	Choices  []string `json:"choices,omitempty"` // of a select: sorted by bytes
	Multiple bool     `json:"multiple,omitempty"`
	BuiltIn  bool     `json:"built_in,omitempty"`
	Key      string   `json:"key,omitempty"`      // of a built-in field: its name on the mapping page
	Object   string   `json:"object,omitempty"`   // of a custom property: contact or company
	Property string   `json:"property,omitempty"` // its name as served
	Exists   bool     `json:"exists,omitempty"`   // needs no definition
	Instead  bool     `json:"instead,omitempty"`  // text, for the account defines no field of the type that is wanted
	Reason   string   `json:"reason"`
}

// BlockedField is a built-in field that cannot be used: the run parks with it.
type BlockedField struct {
	Entity string `json:"entity"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// FieldPlan says into which custom field every value goes. The zero plan knows the built-in fields under their own names.
type FieldPlan struct {
	Fields  []PlannedField `json:"fields"`
	Blocked []BlockedField `json:"blocked,omitempty"`

	byProperty map[[2]string]int
	byKey      map[[2]string]int
}

// UnmarshalJSON reads a plan and makes its look-ups fast.
func (p *FieldPlan) UnmarshalJSON(b []byte) error {
	type plain FieldPlan
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	p.index()
	return nil
}

func (p *FieldPlan) index() {
	p.byProperty, p.byKey = map[[2]string]int{}, map[[2]string]int{}
	for i, f := range p.Fields {
		if f.BuiltIn {
			p.byKey[[2]string{f.Entity, f.Key}] = i
		} else {
			p.byProperty[[2]string{f.Object, f.Property}] = i
		}
	}
}

// Property is the field of a custom property; false when the plan has none, so that its values stay in the archive.
func (p *FieldPlan) Property(object, name string) (PlannedField, bool) {
	if p.byProperty == nil {
		for _, f := range p.Fields {
			if !f.BuiltIn && f.Object == object && f.Property == name {
				return f, true
			}
		}
		return PlannedField{}, false
	}
	i, ok := p.byProperty[[2]string{object, name}]
	if !ok {
		return PlannedField{}, false
	}
	return p.Fields[i], true
}

// BuiltIn is the field behind a key of the mapping page; false when the map switches it off or the plan of this run has no such field:
// it was made for another account, or by an older version. An entity that the plan has no built-in field of is taken as planned by the page.
func (p *FieldPlan) BuiltIn(m *Map, entity, key string) (PlannedField, bool) {
	rule := m.CustomFields[entity][key]
	if rule.Off {
		return PlannedField{}, false
	}
	if p.byKey != nil {
		if i, ok := p.byKey[[2]string{entity, key}]; ok {
			return p.Fields[i], true
		}
		if _, planned := p.byKey[[2]string{entity, FieldID}]; planned {
			return PlannedField{}, false
		}
	} else {
		planned := false
		for _, f := range p.Fields {
			if f.BuiltIn && f.Entity == entity && f.Key == key {
				return f, true
			}
			planned = planned || f.BuiltIn && f.Entity == entity
		}
		if planned {
			return PlannedField{}, false
		}
	}
	name := rule.Name
	if name == "" {
		name = key
	}
	return PlannedField{Entity: entity, Name: name, Type: builtInType(entity, key), BuiltIn: true, Key: key}, true
}

// Missing counts the fields of an entity that have to be defined.
func (p *FieldPlan) Missing(entity string) int {
	n := 0
	for _, f := range p.Fields {
		if f.Entity == entity && !f.Exists {
			n++
		}
	}
	return n
}
