package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// union is the live set of both APIs (rezora contract 6), decoded.
type union struct {
	companies   []record.Company
	agents      map[string]record.Agent
	definitions []record.CustomProperty
	contacts    []record.Contact
	groups      map[string]record.DistributionGroup
	members     []record.GroupMembership
	campaigns   map[string]record.Campaign
	recipients  []record.CampaignRecipient
	events      []record.Activity
	leads       []record.Lead
	notes       []record.Note
	tasks       []record.Task
	talks       []record.Interaction
	files       []record.Attachment

	// gone are the ids with a tombstone, by resource.
	gone map[record.Kind]map[string]bool
	// unsubscribed are the contacts that either API calls unsubscribed.
	unsubscribed map[string]bool
}

// live decodes the live rows of a resource in the order of their ids.
func live[T any](u *union, kind record.Kind, rows []json.RawMessage) ([]T, error) {
	type stamp struct {
		ID      string `json:"id"`
		Deleted bool   `json:"deleted"`
	}
	type row struct {
		id   string
		item T
	}
	var out []row
	gone := map[string]bool{}
	for _, raw := range rows {
		var s stamp
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("decode a row of %s: %w", kind, err)
		}
		if s.Deleted {
			gone[s.ID] = true
			continue
		}
		r := row{id: s.ID}
		if err := json.Unmarshal(raw, &r.item); err != nil {
			return nil, fmt.Errorf("decode %s %s: %w", kind, s.ID, err)
		}
		out = append(out, r)
	}
	u.gone[kind] = gone
	slices.SortStableFunc(out, func(a, b row) int { return strings.Compare(a.id, b.id) })
	items := make([]T, len(out))
	for i, r := range out {
		items[i] = r.item
	}
	return items, nil
}

// take decodes into a field and keeps the first error.
func take[T any](u *union, s Source, kind record.Kind, into *[]T, err *error) {
	if *err == nil {
		*into, *err = live[T](u, kind, s.Rows[kind])
	}
}

func byID[T any](list []T, id func(T) string) map[string]T {
	m := make(map[string]T, len(list))
	for _, item := range list {
		m[id(item)] = item
	}
	return m
}

func unite(s Source) (*union, error) {
	u := &union{gone: map[record.Kind]map[string]bool{}, unsubscribed: map[string]bool{}}
	var (
		err       error
		agents    []record.Agent
		groups    []record.DistributionGroup
		campaigns []record.Campaign
	)
	take(u, s, record.Companies, &u.companies, &err)
	take(u, s, record.Agents, &agents, &err)
	take(u, s, record.CustomProperties, &u.definitions, &err)
	take(u, s, record.Contacts, &u.contacts, &err)
	take(u, s, record.DistributionGroups, &groups, &err)
	take(u, s, record.GroupMemberships, &u.members, &err)
	take(u, s, record.Campaigns, &campaigns, &err)
	take(u, s, record.CampaignRecipients, &u.recipients, &err)
	take(u, s, record.Activities, &u.events, &err)
	take(u, s, record.Leads, &u.leads, &err)
	take(u, s, record.Notes, &u.notes, &err)
	take(u, s, record.Tasks, &u.tasks, &err)
	take(u, s, record.Interactions, &u.talks, &err)
	take(u, s, record.Attachments, &u.files, &err)
	if err != nil {
		return nil, err
	}
	for _, c := range u.contacts {
		if c.Unsubscribed {
			u.unsubscribed[c.ID] = true
		}
	}
	if s.Legacy != nil {
		if agents, groups, err = u.addLegacy(s, agents, groups); err != nil {
			return nil, err
		}
	}
	u.agents = byID(agents, func(a record.Agent) string { return a.ID })
	u.groups = byID(groups, func(g record.DistributionGroup) string { return g.ID })
	u.campaigns = byID(campaigns, func(c record.Campaign) string { return c.ID })
	return u, nil
}
