package union

import (
	"strings"

	"rezora2nutshell/internal/record"
)

// ends names the two references of a membership and what they lead to.
type ends struct {
	aField, bField string
	aKind, bKind   record.Kind
}

var membershipEnds = map[record.Kind]ends{
	record.TeamMemberships:  {"team_id", "agent_id", record.Teams, record.Agents},
	record.GroupMemberships: {"group_id", "contact_id", record.DistributionGroups, record.Contacts},
}

// Key is the secondary key of a record of the current API, live or tombstone, by which a store indexes it for an Index; nil when
// the record has none: a tombstone may be bare, an e-mail empty, a group may belong to a team.
func Key(rec record.Record) ([]string, error) {
	switch rec.Kind {
	case record.Agents:
		var a record.Agent
		err := rec.Decode(&a)
		return key(lowered(a.Email)), err
	case record.Teams:
		var t record.Team
		err := rec.Decode(&t)
		return key(strings.TrimSpace(t.Name)), err
	case record.Contacts:
		var c record.Contact
		err := rec.Decode(&c)
		return key(c.OwnerAgentID, lowered(c.Email)), err
	case record.DistributionGroups:
		var g record.DistributionGroup
		err := rec.Decode(&g)
		if g.Scope != "" && g.Scope != "agent" {
			return nil, err
		}
		return key(g.OwnerAgentID, strings.TrimSpace(g.Name)), err
	case record.TeamMemberships:
		var m record.TeamMembership
		err := rec.Decode(&m)
		return key(m.TeamID, m.AgentID), err
	case record.GroupMemberships:
		var m record.GroupMembership
		err := rec.Decode(&m)
		return key(m.GroupID, m.ContactID), err
	}
	return nil, nil
}

// key is nil as soon as a part is empty.
func key(parts ...string) []string {
	for _, p := range parts {
		if p == "" {
			return nil
		}
	}
	return parts
}
