package mapping

import "maps"

func emptyMap() *Map {
	m := &Map{
		CustomFields: map[string]map[string]FieldRule{}, StandardOff: map[string]map[string]bool{}, LeadStatuses: map[string]Status{},
		Interactions: map[string]string{}, Owners: map[string]string{}, MergeFieldNames: map[string]string{}, FreeMail: map[string]bool{},
		Properties: map[string]map[string]PropertyRule{objectContact: {}, objectCompany: {}},
	}
	for _, entity := range sections {
		m.CustomFields[entity] = map[string]FieldRule{}
	}
	for _, s := range standardFields {
		m.StandardOff[s.section] = map[string]bool{}
	}
	return m
}

func (m *Map) clone() *Map {
	c := *m
	c.CustomFields, c.StandardOff, c.Properties = cloneDeep(m.CustomFields), cloneDeep(m.StandardOff), cloneDeep(m.Properties)
	c.LeadStatuses, c.Interactions, c.Owners = maps.Clone(m.LeadStatuses), maps.Clone(m.Interactions), maps.Clone(m.Owners)
	c.MergeFieldNames, c.FreeMail = maps.Clone(m.MergeFieldNames), maps.Clone(m.FreeMail)
	return &c
}

func cloneDeep[V any](in map[string]map[string]V) map[string]map[string]V {
	out := make(map[string]map[string]V, len(in))
	for k, v := range in {
		out[k] = maps.Clone(v)
	}
	return out
}
