package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// sides decides on which side of the union a legacy row falls (rezora contract 6, step 3).
type sides struct {
	byID    bool
	liveIDs map[string]bool
	goneIDs map[string]bool
	live    map[string][]string // secondary key to ids
	gone    map[string]bool     // secondary keys of tombstones
}

const (
	isLive = iota
	isGone
	isNew
)

// place returns the side and, for a live row, the id that it has in the current API.
func (s sides) place(id, key string) (int, string) {
	switch {
	case s.byID && s.liveIDs[id]:
		return isLive, id
	case s.byID && s.goneIDs[id]:
		return isGone, ""
	case key != "" && len(s.live[key]) == 1:
		return isLive, s.live[key][0]
	case key != "" && len(s.live[key]) == 0 && s.gone[key]:
		return isGone, ""
	}
	return isNew, ""
}

func sidesOf[T any](u *union, s Source, kind record.Kind, list []T, id, key func(T) string) (sides, error) {
	out := sides{s.MatchByID, map[string]bool{}, u.gone[kind], map[string][]string{}, map[string]bool{}}
	for _, item := range list {
		out.liveIDs[id(item)] = true
		if k := key(item); k != "" {
			out.live[k] = append(out.live[k], id(item))
		}
	}
	for _, raw := range s.Rows[kind] {
		var c record.Common
		if err := json.Unmarshal(raw, &c); err != nil {
			return out, fmt.Errorf("decode a row of %s: %w", kind, err)
		}
		if !c.Deleted {
			continue
		}
		var item T
		if err := json.Unmarshal(raw, &item); err != nil {
			return out, fmt.Errorf("decode tombstone %s %s: %w", kind, c.ID, err)
		}
		if k := key(item); k != "" {
			out.gone[k] = true
		}
	}
	return out, nil
}

func contactKey(c record.Contact) string {
	if blank(c.Email) {
		return ""
	}
	return c.OwnerAgentID + "\x00" + strings.ToLower(strings.TrimSpace(c.Email))
}

func groupKey(g record.DistributionGroup) string {
	if blank(g.Name) {
		return ""
	}
	return g.OwnerAgentID + "\x00" + strings.TrimSpace(g.Name)
}

func pairKey(m record.GroupMembership) string { return m.GroupID + "\x00" + m.ContactID }

// addLegacy adds what only the legacy API knows and carries over its unsubscriptions. Ids of added rows are those of the current
// API's number space, or "legacy:<id>" when the two differ.
func (u *union) addLegacy(s Source, agents []record.Agent, groups []record.DistributionGroup) ([]record.Agent, []record.DistributionGroup, error) {
	own := func(id string) string {
		if s.MatchByID {
			return id
		}
		return "legacy:" + id
	}
	takes := func(side int) bool { return side == isNew || side == isGone && s.Resurrect == "add" }
	agents, err := u.legacyAgents(s, agents, own, takes)
	if err != nil {
		return nil, nil, err
	}
	contactAt, err := u.legacyContacts(s, own, takes)
	if err != nil {
		return nil, nil, err
	}
	groups, groupAt, err := u.legacyGroups(s, groups, own, takes)
	if err != nil {
		return nil, nil, err
	}
	return agents, groups, u.legacyMembers(s, groups, groupAt, contactAt, own, takes)
}

func (u *union) legacyAgents(s Source, agents []record.Agent, own func(string) string, takes func(int) bool) ([]record.Agent, error) {
	id := func(a record.Agent) string { return a.ID }
	key := func(a record.Agent) string { return strings.ToLower(strings.TrimSpace(a.Email)) }
	at, err := sidesOf(u, s, record.Agents, agents, id, key)
	if err != nil {
		return nil, err
	}
	old, err := rowsOf[record.Agent](s.Legacy[record.Agents], record.Agents)
	for _, a := range old {
		if side, _ := at.place(a.ID, key(a)); takes(side) {
			a.ID = own(a.ID)
			agents = append(agents, a)
		}
	}
	return agents, err
}

func (u *union) legacyContacts(s Source, own func(string) string, takes func(int) bool) (map[string]string, error) {
	at, err := sidesOf(u, s, record.Contacts, u.contacts, func(c record.Contact) string { return c.ID }, contactKey)
	if err != nil {
		return nil, err
	}
	old, err := rowsOf[record.Contact](s.Legacy[record.Contacts], record.Contacts)
	now := map[string]string{}
	for _, c := range old {
		if slices.Contains(s.NoCredential, c.OwnerAgentID) {
			continue
		}
		side, id := at.place(c.ID, contactKey(c))
		if takes(side) {
			id = own(c.ID)
			now[c.ID] = id
			c.ID = id
			u.contacts = append(u.contacts, c)
		} else if side == isLive {
			now[c.ID] = id
		}
		if c.Unsubscribed && id != "" {
			u.unsubscribed[id] = true
		}
	}
	slices.SortStableFunc(u.contacts, func(a, b record.Contact) int { return strings.Compare(a.ID, b.ID) })
	return now, err
}

func (u *union) legacyGroups(s Source, groups []record.DistributionGroup, own func(string) string, takes func(int) bool) ([]record.DistributionGroup, map[string]string, error) {
	at, err := sidesOf(u, s, record.DistributionGroups, groups, func(g record.DistributionGroup) string { return g.ID }, groupKey)
	if err != nil {
		return nil, nil, err
	}
	old, err := rowsOf[record.DistributionGroup](s.Legacy[record.DistributionGroups], record.DistributionGroups)
	now := map[string]string{}
	for _, g := range old {
		if slices.Contains(s.NoCredential, g.OwnerAgentID) {
			continue
		}
		side, id := at.place(g.ID, groupKey(g))
		if takes(side) {
			id = own(g.ID)
			now[g.ID] = id
			g.ID = id
			groups = append(groups, g)
		} else if side == isLive {
			now[g.ID] = id
		}
	}
	return groups, now, err
}

// legacyMembers adds memberships whose both ends are in the union.
func (u *union) legacyMembers(s Source, groups []record.DistributionGroup, groupAt, contactAt map[string]string, own func(string) string, takes func(int) bool) error {
	at, err := sidesOf(u, s, record.GroupMemberships, u.members, func(m record.GroupMembership) string { return m.ID }, pairKey)
	if err != nil {
		return err
	}
	groupIn := byID(groups, func(g record.DistributionGroup) string { return g.ID })
	contactIn := byID(u.contacts, func(c record.Contact) string { return c.ID })
	old, err := rowsOf[record.GroupMembership](s.Legacy[record.GroupMemberships], record.GroupMemberships)
	for _, m := range old {
		m.GroupID, m.ContactID = groupAt[m.GroupID], contactAt[m.ContactID]
		_, g := groupIn[m.GroupID]
		_, c := contactIn[m.ContactID]
		if side, _ := at.place(m.ID, pairKey(m)); g && c && takes(side) {
			m.ID = own(m.ID)
			u.members = append(u.members, m)
		}
	}
	return err
}

func rowsOf[T any](rows []json.RawMessage, kind record.Kind) ([]T, error) {
	out := make([]T, len(rows))
	for i, raw := range rows {
		if err := json.Unmarshal(raw, &out[i]); err != nil {
			return nil, fmt.Errorf("decode a legacy row of %s: %w", kind, err)
		}
	}
	return out, nil
}
