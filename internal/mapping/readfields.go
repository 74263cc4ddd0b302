package mapping

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (r *reader) readCustomFields(n ast.Node) {
	r.entries(n, "custom_fields", func(section string, at, value ast.Node) {
		entity, known := sections[section]
		if !known {
			r.unknownKey(at, "custom_fields", section)
			return
		}
		where := "custom_fields." + section
		r.entries(value, where, func(key string, at, v ast.Node) {
			if builtInType(entity, key) == "" {
				r.unknownKey(at, where, key)
				return
			}
			rule := FieldRule{Name: key}
			if b, isBool := v.(*ast.BoolNode); isBool {
				rule.Off = !b.Value
			} else if name, ok := r.fieldName(v, where+"."+key); ok {
				rule.Name = name
			} else {
				return
			}
			if key == FieldID && (rule.Off || rule.Name != key) {
				r.problem(v, "%s.%s: the key of every record cannot be switched off or renamed", where, key)
				return
			}
			r.m.CustomFields[entity][key] = rule
			if rule.Name != key {
				r.names = append(r.names, namedField{entity, rule.Name, where + "." + key, v})
			}
		})
	})
}

func (r *reader) readProperties(n ast.Node) {
	r.entries(n, whereProps, func(section string, at, value ast.Node) {
		object := map[string]string{sectionPerson: objectContact, sectionCompany: objectCompany}[section]
		if object == "" {
			r.unknownKey(at, whereProps, section)
			return
		}
		where := whereProps + "." + section
		r.words(value, where, func(property string, at, v ast.Node, place string) {
			var rule PropertyRule
			switch v := v.(type) {
			case *ast.BoolNode:
				rule.Off = !v.Value
			case *ast.MappingNode, *ast.MappingValueNode:
				r.entries(v, place, func(k string, at, part ast.Node) {
					switch k {
					case "name":
						rule.Name, _ = r.fieldName(part, place+".name")
					case "type":
						rule.Type, _ = r.oneOf(part, place+".type", Text, TextArea, Number, Date, DateTime, Boolean, Select)
					default:
						r.unknownKey(at, place, k)
					}
				})
			default:
				rule.Name, _ = r.fieldName(v, place)
			}
			r.m.Properties[object][property] = rule
			if rule.Name != "" {
				r.names = append(r.names, namedField{objectEntity[object], rule.Name, place, v})
			}
		})
	})
}

// fieldName reads the name of a custom field as Nutshell takes it (nutshell contract 5.1).
func (r *reader) fieldName(n ast.Node, where string) (string, bool) {
	name, ok := r.text(n, where)
	switch {
	case !ok:
	case blank(name):
		r.problem(n, "%s has no destination: the name is empty", where)
		ok = false
	case name != strings.TrimSpace(name):
		r.problem(n, "%s: a name has no white space at its ends", where)
		ok = false
	case !sendable(name, maxFieldName):
		r.problem(n, "%s: a name has at most %d characters", where, maxFieldName)
		ok = false
	}
	return name, ok
}

// check looks at what several lines decide together: no two lines may lead to one custom field.
func (r *reader) check() {
	type place struct{ entity, name string }
	owner := map[place]string{}
	for entity, rules := range r.m.CustomFields {
		for key, rule := range rules {
			if rule.Name == key {
				owner[place{entity, foldCase(key)}] = "the built-in field " + key
			}
		}
	}
	for _, f := range r.names {
		at := place{f.entity, foldCase(f.name)}
		if first, taken := owner[at]; taken {
			r.problem(f.node, "%s: the name %q is already that of %s", f.key, f.name, first)
			continue
		}
		owner[at] = f.key
	}
}
