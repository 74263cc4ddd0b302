package mapping

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// yamlKey quotes what YAML could take for something else.
func yamlKey(k string) string {
	switch k {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "Y", "N", "True", "False", "Null", "Yes", "No", "On", "Off",
		"TRUE", "FALSE", "NULL", "YES", "NO", "ON", "OFF":
		return yamlText(k)
	}
	if plainKey.MatchString(k) {
		return k
	}
	return yamlText(k)
}

// yamlText is a JSON string, which is a double-quoted YAML scalar.
func yamlText(s string) string { return string(appendJSONString(nil, s)) }

// yamlWriter writes nested mappings with sorted keys.
type yamlWriter struct{ bytes.Buffer }

func (w *yamlWriter) line(depth int, key, value string) {
	fmt.Fprintf(w, "%*s%s: %s\n", 2*depth, "", yamlKey(key), value)
}

func (w *yamlWriter) open(depth int, key string) {
	fmt.Fprintf(w, "%*s%s:\n", 2*depth, "", yamlKey(key))
}

func writeSection[V any](w *yamlWriter, depth int, key string, m map[string]V, value func(V) string) {
	if len(m) == 0 {
		w.line(depth, key, "{}")
		return
	}
	w.open(depth, key)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		w.line(depth+1, k, value(m[k]))
	}
}

// YAML writes the effective map as a mapping file: every line, keys sorted, so that equal maps give equal bytes. Parse reads it
// back to the same map.
func (m *Map) YAML() []byte {
	w := &yamlWriter{}
	w.line(0, "version", "1")
	writeSection(w, 0, "policies", map[string]string{
		"existing": m.Policies.Existing, "on_orphans": m.Policies.OnOrphans, "fallback_owner": m.Policies.FallbackOwner,
		"on_reject": m.Policies.OnReject, "source_deletes": m.Policies.SourceDeletes, "on_discrepancy": m.Policies.OnDiscrepancy,
	}, yamlText)
	w.open(0, "fields")
	for _, s := range standardFields {
		on := map[string]bool{}
		for _, f := range s.fields {
			on[f] = m.standard(s.section, f)
		}
		writeSection(w, 1, s.section, on, strconv.FormatBool)
	}
	w.open(0, "custom_fields")
	for _, section := range []string{sectionPerson, sectionCompany, sectionLead} {
		rules := maps.Clone(m.CustomFields[sections[section]])
		for key, rule := range rules {
			if rule.Name == key {
				rule.Name = ""
			}
			rules[key] = rule
		}
		writeSection(w, 1, section, rules, func(r FieldRule) string {
			if r.Off || r.Name == "" {
				return strconv.FormatBool(!r.Off)
			}
			return yamlText(r.Name)
		})
	}
	w.open(0, whereProps)
	writeSection(w, 1, sectionPerson, m.Properties[objectContact], propertyYAML)
	writeSection(w, 1, sectionCompany, m.Properties[objectCompany], propertyYAML)
	writeSection(w, 0, "lead_status", m.LeadStatuses, func(s Status) string { return yamlText(string(s)) })
	writeSection(w, 0, "activity_types", m.Interactions, yamlText)
	writeSection(w, 0, "owners", m.Owners, yamlText)
	writeSection(w, 0, "merge_fields", m.MergeFieldNames, yamlText)
	writeSection(w, 0, "campaign_notes", map[string]int{"most_people": m.CampaignNotePeople}, strconv.Itoa)
	writeSection(w, 0, "free_mail", m.FreeMail, strconv.FormatBool)
	return w.Bytes()
}

func propertyYAML(r PropertyRule) string {
	switch {
	case r.Off:
		return "false"
	case r.Name != "" && r.Type != "":
		return fmt.Sprintf("{name: %s, type: %s}", yamlText(r.Name), r.Type)
	case r.Name != "":
		return yamlText(r.Name)
	case r.Type != "":
		return fmt.Sprintf("{type: %s}", r.Type)
	}
	return "true"
}
