package rezoratest

import "slices"

// LegacyRows returns what the legacy API holds of a resource, for all agents,
// in canonical form: the fields that legacy carries, ids as legacy writes
// them, unsubscribed as legacy says. The order is that of the ids. Resources
// without a legacy counterpart have no rows.
func (s *Server) LegacyRows(resource string) []map[string]any {
	cfg := s.config()
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	v := newLegacyView(s.store, &cfg, "")
	var out []map[string]any
	for _, r := range v.rows(resource, func(r *row) bool { return v.shown(resource, r) }) {
		m := decode(r.body)
		kept := map[string]any{"id": v.shift(r.id)}
		for _, f := range legacyFields[resource] {
			kept[f] = m[f]
		}
		for _, f := range []string{"group_id", "contact_id", "team_id", "agent_id"} {
			if ref, ok := kept[f]; ok {
				kept[f] = v.shift(text(ref))
			}
		}
		if resource == contacts {
			if kept["unsubscribed"] = v.unsubscribed(r, m); cfg.LegacyNoUnsubscribe {
				delete(kept, "unsubscribed")
			}
			if kept["kind"] = "normal"; m["is_self"] == true {
				kept["kind"] = "self"
			}
		}
		if resource == distributionGroups && text(m["kind"]) != "primary_sphere" {
			kept["kind"] = "standard"
		}
		out = append(out, kept)
	}
	return out
}

// shown reports whether some credential, given out or not, reaches the row.
func (v legacyView) shown(resource string, r *row) bool {
	switch resource {
	case agents, teams:
		return true
	case contacts:
		return r.keys[0] != ""
	case distributionGroups:
		return r.keys[1] == "agent" && r.keys[0] != ""
	case teamMemberships:
		return v.get(teams, r.keys[0]) != nil && v.get(agents, r.keys[1]) != nil
	case groupMemberships:
		list, c := v.get(distributionGroups, r.keys[0]), v.get(contacts, r.keys[1])
		return list != nil && c != nil && list.keys[1] == "agent" && list.keys[0] == c.keys[0]
	}
	return false
}

var legacyFields = map[string][]string{
	agents: {
		"email", "first_name", "last_name", "status", "phones", "work_email", "website", "photo_url", "tagline", "bio", "employee_id", "created_at",
	},
	teams:              {"name", "created_at"},
	teamMemberships:    {"team_id", "agent_id", "created_at"},
	contacts:           {"owner_agent_id", "name", "email", "contact_type", "title", "company_name", "phones", "addresses", "created_at", "is_self"},
	distributionGroups: {"owner_agent_id", "name", "scope", "kind", "created_at"},
	groupMemberships:   {"group_id", "contact_id", "added_at"},
}

// LegacyOnly lists the canonical ids of the rows that only legacy knows.
func (s *Server) LegacyOnly(resource string) []string {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	var ids []string
	if t := s.store.legacy[resource]; t != nil {
		for _, r := range t.byID() {
			ids = append(ids, r.id)
		}
	}
	return slices.Clip(ids)
}
