package mapping

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

const (
	whereFile     = "mapping file"
	whereProps    = "custom_properties"
	maxEmail      = 255
	maxMostPeople = 1_000_000
)

func (r *reader) file(n ast.Node) {
	r.entries(n, whereFile, func(key string, at, value ast.Node) {
		switch key {
		case "version":
			if v, ok := value.(*ast.IntegerNode); !ok || v.GetToken().Value != "1" {
				r.problem(value, "version must be 1")
			}
		case "policies":
			r.readPolicies(value)
		case "fields":
			r.readStandard(value)
		case "custom_fields":
			r.readCustomFields(value)
		case whereProps:
			r.readProperties(value)
		case "lead_status":
			r.words(value, key, func(from string, at, to ast.Node, where string) {
				if s, ok := r.oneOf(to, where, string(Open), string(Pending), string(Won), string(Lost)); ok {
					r.m.LeadStatuses[from] = Status(s)
				}
			})
		case "activity_types":
			r.words(value, key, func(from string, at, to ast.Node, where string) {
				if s, ok := r.oneOf(to, where, "call", "email", "meeting", interactionsAsNote); ok {
					r.m.Interactions[from] = s
				}
			})
		case "owners":
			r.readOwners(value)
		case "merge_fields":
			r.words(value, key, func(from string, at, to ast.Node, where string) {
				if !mergeField.MatchString("##" + from + "##") {
					r.problem(at, "%s: a merge field is upper-case letters, digits and _", where)
				} else if s, ok := r.text(to, where); ok {
					r.m.MergeFieldNames[from] = s
				}
			})
		case "campaign_notes":
			r.entries(value, key, func(k string, at, v ast.Node) {
				if k != "most_people" {
					r.unknownKey(at, key, k)
				} else if n, ok := r.whole(v, key+"."+k, 0, maxMostPeople); ok {
					r.m.CampaignNotePeople = n
				}
			})
		case "free_mail":
			r.words(value, key, func(domain string, at, v ast.Node, where string) {
				if Host(domain) == "" || Host(domain) != domain {
					r.problem(at, "%s: not a domain in lower case", where)
				} else if b, ok := r.boolean(v, where); ok {
					r.m.FreeMail[domain] = b
				}
			})
		default:
			r.unknownKey(at, whereFile, key)
		}
	})
}

// words reads a section whose keys are the source's words.
func (r *reader) words(n ast.Node, section string, fn func(from string, at, to ast.Node, where string)) {
	r.entries(n, section, func(key string, at, value ast.Node) {
		if blank(key) {
			r.problem(at, "%s: an empty key", section)
			return
		}
		fn(key, at, value, section+"."+key)
	})
}

func (r *reader) readPolicies(n ast.Node) {
	p := &r.m.Policies
	choices := map[string]struct {
		to    *string
		words []string
	}{
		"existing":       {&p.Existing, []string{"merge", "skip", "create"}},
		"on_orphans":     {&p.OnOrphans, []string{"wait", "fallback"}},
		"on_reject":      {&p.OnReject, []string{"rollback", "keep"}},
		"source_deletes": {&p.SourceDeletes, []string{"flag", "delete"}},
		"on_discrepancy": {&p.OnDiscrepancy, []string{"ask", "rollback"}},
	}
	r.entries(n, "policies", func(key string, at, value ast.Node) {
		where := "policies." + key
		if key == "fallback_owner" {
			if s, ok := r.text(value, where); ok {
				if s != "" && !acceptableEmail(s) {
					r.problem(value, "%s: not an e-mail address", where)
					return
				}
				p.FallbackOwner = strings.TrimSpace(s)
			}
			return
		}
		c, known := choices[key]
		if !known {
			r.unknownKey(at, "policies", key)
		} else if s, ok := r.oneOf(value, where, c.words...); ok {
			*c.to = s
		}
	})
}

func acceptableEmail(s string) bool {
	s = strings.TrimSpace(s)
	return validEmail(s) && chars(s) <= maxEmail
}

func (r *reader) readStandard(n ast.Node) {
	r.entries(n, "fields", func(section string, at, value ast.Node) {
		i := slices.IndexFunc(standardFields, func(s struct {
			section string
			fields  []string
		}) bool {
			return s.section == section
		})
		if i < 0 {
			r.unknownKey(at, "fields", section)
			return
		}
		where := "fields." + section
		r.entries(value, where, func(field string, at, v ast.Node) {
			if !slices.Contains(standardFields[i].fields, field) {
				r.unknownKey(at, where, field)
				return
			}
			on, ok := r.boolean(v, where+"."+field)
			switch {
			case !ok:
			case !on && section == sectionCompany && field == "name":
				r.problem(v, "%s.%s: a company cannot be made without its name", where, field)
			default:
				r.m.StandardOff[section][field] = !on
			}
		})
		off := r.m.StandardOff[sectionPerson]
		if section == sectionPerson && off["name"] && off["email"] && off["phone"] {
			r.problem(at, "%s: one of name, email and phone must stay on", where)
		}
	})
}

func (r *reader) readOwners(n ast.Node) {
	seen := map[string]bool{}
	r.words(n, "owners", func(from string, at, to ast.Node, where string) {
		if !acceptableEmail(from) {
			r.problem(at, "owners: a key is not an e-mail address")
			return
		}
		if seen[EmailKey(from)] {
			r.problem(at, "owners: an agent stands twice")
			return
		}
		seen[EmailKey(from)] = true
		if s, ok := r.text(to, "owners: the user of an agent"); ok {
			if !acceptableEmail(s) {
				r.problem(to, "owners: the user of an agent is not an e-mail address")
				return
			}
			r.m.Owners[EmailKey(from)] = EmailKey(s)
		}
	})
}
