package rezoratest

import (
	"strconv"
	"strings"
	"time"
)

// legacyView is the legacy API's sight of the account for one credential:
// the whole company, or one agent. Callers hold the store's lock.
type legacyView struct {
	st    *store
	cfg   *Config
	agent string // empty for the company credential
	zone  *time.Location
}

func (x *exchange) legacyView(agent string) legacyView {
	return newLegacyView(x.s.store, &x.cfg, agent)
}

func newLegacyView(st *store, cfg *Config, agent string) legacyView {
	zone, err := time.LoadLocation(cfg.LegacyZone)
	if err != nil {
		zone = time.UTC
	}
	return legacyView{st, cfg, agent, zone}
}

// serves reports whether legacy knows a row of the current tables.
func serves(r *row) bool {
	return !r.has(currentOnly) && (r.deletedAt == 0 || r.has(servedDeleted))
}

// rows lists what legacy holds of a resource, ids ascending.
func (v legacyView) rows(resource string, match func(*row) bool) []*row {
	all := newTable(resources[resource])
	for _, r := range v.st.tables[resource].order {
		if serves(r) && match(r) {
			all.order = append(all.order, r)
		}
	}
	for _, r := range v.st.legacy[resource].order {
		if match(r) {
			all.order = append(all.order, r)
		}
	}
	return all.byID()
}

// get finds one row by canonical id, in either part of the account.
func (v legacyView) get(resource, id string) *row {
	if r := v.st.tables[resource].get(id, ""); r != nil && serves(r) {
		return r
	}
	return v.st.legacy[resource].get(id, "")
}

func every(*row) bool { return true }

// mine tells rows of the agent; lists of other scopes do not exist here.
func (v legacyView) mine(resource string, r *row) bool {
	return r != nil && r.keys[0] == v.agent && (resource != distributionGroups || r.keys[1] == "agent")
}

var legacyResource = map[string]string{"agents": agents, "groups": teams, "contacts": contacts, "lists": distributionGroups}

// read returns the wire rows of a target; found is false for an unknown id.
func (v legacyView) read(t legacyTarget) (out []map[string]string, found bool) {
	resource := legacyResource[t.resource]
	out = []map[string]string{}
	if t.id == "" {
		match := every
		if !t.company {
			match = func(r *row) bool { return v.mine(resource, r) }
		}
		for _, r := range v.rows(resource, match) {
			out = append(out, v.wire(t.resource, r))
		}
		return out, true
	}
	parent := v.get(resource, v.unshift(t.id))
	if parent == nil || !t.company && !v.mine(resource, parent) {
		return nil, false
	}
	if t.sub == "" {
		if t.resource == "agents" {
			return append(out, v.agentInFull(parent)), true
		}
		return append(out, v.wire(t.resource, parent)), true
	}
	for _, m := range v.members(t.resource, parent) {
		if t.member == "" || m.keys[1] == v.unshift(t.member) {
			out = append(out, v.wire(t.resource+"/"+t.sub, m))
		}
	}
	return out, t.member == "" || len(out) > 0
}

// members lists the memberships of a team or list whose other end legacy
// shows too.
func (v legacyView) members(kind string, parent *row) []*row {
	if kind == "groups" {
		return v.rows(teamMemberships, func(r *row) bool {
			return r.keys[0] == parent.id && v.get(agents, r.keys[1]) != nil
		})
	}
	return v.rows(groupMemberships, func(r *row) bool {
		return r.keys[0] == parent.id && v.mine(contacts, v.get(contacts, r.keys[1]))
	})
}

// shift and unshift move ids between the canonical and the legacy space.
func (v legacyView) shift(id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || v.cfg.LegacyIDShift == 0 {
		return id
	}
	return strconv.FormatInt(n+v.cfg.LegacyIDShift, 10)
}

func (v legacyView) unshift(id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || v.cfg.LegacyIDShift == 0 {
		return id
	}
	return strconv.FormatInt(n-v.cfg.LegacyIDShift, 10)
}

const zeroTime = "0000-00-00 00:00:00"

// time writes a canonical time without its zone.
func (v legacyView) time(val any) string {
	s := text(val)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return zeroTime
	}
	return t.In(v.zone).Format(time.DateTime)
}

// at reads a dotted path of a canonical row as text.
func at(m map[string]any, path string) string {
	for {
		head, rest, more := strings.Cut(path, ".")
		if !more {
			return text(m[head])
		}
		m, _ = m[head].(map[string]any)
		path = rest
	}
}
