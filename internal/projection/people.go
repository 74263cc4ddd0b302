package projection

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func (a *Assembler) people(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	ids := idsOf(page)
	decided, err := decide.Read[decide.Contact](ctx, a.Run, record.Contacts, ids)
	if err != nil {
		return nil, err
	}
	names, err := a.CompanyNames(ctx, companiesOf(decided))
	if err != nil {
		return nil, err
	}
	gathered, err := a.gather(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for _, s := range page {
		in := gathered[s.ID]
		in.Raw = s.Canon
		if err := s.Decode(&in.Contact); err != nil {
			return nil, err
		}
		in.Unsubscribed = in.Contact.Unsubscribed
		d := decided[s.ID]
		if in.Ambiguous = d.Ambiguous; d.Company != "" {
			in.Company = &mapping.CompanyRef{SourceID: d.Company, Name: names[d.Company]}
		}
		p := a.Map.Person(a.Env, *in)
		if d.How == decide.Linked {
			p = p.LinksOnly()
		}
		out[s.ID] = []mapping.Projection{p}
	}
	return out, nil
}

func companiesOf(decided map[string]decide.Contact) []string {
	seen := map[string]bool{}
	var out []string
	for _, d := range decided {
		if d.Company != "" && !seen[d.Company] {
			seen[d.Company] = true
			out = append(out, d.Company)
		}
	}
	return out
}

// gather reads what other rows say about people: groups, campaigns received, engagement.
func (a *Assembler) gather(ctx context.Context, ids []string) (map[string]*mapping.PersonInput, error) {
	out := make(map[string]*mapping.PersonInput, len(ids))
	for _, id := range ids {
		out[id] = &mapping.PersonInput{}
	}
	if err := a.gatherGroups(ctx, ids, out); err != nil {
		return nil, err
	}
	return out, a.gatherCampaigns(ctx, ids, out)
}

func (a *Assembler) gatherGroups(ctx context.Context, ids []string, out map[string]*mapping.PersonInput) error {
	memberOf := map[string][]string{}
	err := a.Run.Refs(ctx, record.GroupMemberships, "contact", ids, func(contact string, s ledger.Staged) error {
		var m record.GroupMembership
		if err := s.Decode(&m); err != nil {
			return err
		}
		memberOf[contact] = append(memberOf[contact], m.GroupID)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	groups, err := load(ctx, a, record.DistributionGroups, a.groups, flat(memberOf))
	if err != nil {
		return err
	}
	for contact, list := range memberOf {
		for _, id := range list {
			if g := groups[id]; g != nil {
				out[contact].Groups = append(out[contact].Groups, g)
			} else {
				out[contact].GroupsLost++
			}
		}
	}
	return nil
}

// engagement are the events that say something about a person in Nutshell; the others are archived.
var engagement = map[string]bool{"open": true, "click": true, "property_view": true}

func (a *Assembler) gatherCampaigns(ctx context.Context, ids []string, out map[string]*mapping.PersonInput) error {
	recipients := map[string][]record.CampaignRecipient{}
	err := a.Run.Refs(ctx, record.CampaignRecipients, "contact", ids, func(contact string, s ledger.Staged) error {
		var r record.CampaignRecipient
		if err := s.Decode(&r); err != nil {
			return err
		}
		recipients[contact] = append(recipients[contact], r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read recipients: %w", err)
	}
	events := map[string][]record.Activity{}
	err = a.Run.Refs(ctx, record.Activities, "contact", ids, func(contact string, s ledger.Staged) error {
		var e record.Activity
		if err := s.Decode(&e); err != nil {
			return err
		}
		if engagement[e.Type] {
			events[contact] = append(events[contact], e)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return a.join(ctx, out, recipients, events)
}

func (a *Assembler) join(ctx context.Context, out map[string]*mapping.PersonInput, recipients map[string][]record.CampaignRecipient, events map[string][]record.Activity) error {
	seen := map[string]bool{}
	for _, list := range recipients {
		for _, r := range list {
			seen[r.CampaignID] = true
		}
	}
	for _, list := range events {
		for _, e := range list {
			seen[e.CampaignID] = true
		}
	}
	campaigns, err := load(ctx, a, record.Campaigns, a.campaigns, keys(seen))
	if err != nil {
		return err
	}
	name := func(id string) (string, bool) {
		if c := campaigns[id]; c != nil {
			return c.Name, true
		}
		return "", false
	}
	for contact, in := range out {
		in.Events = make([]mapping.Event, 0, len(events[contact]))
		for _, e := range events[contact] {
			in.Events = append(in.Events, mapping.EventOf(e, name))
		}
		for _, id := range mapping.Received(recipients[contact], in.Events) {
			if c := campaigns[id]; c != nil {
				in.Received = append(in.Received, c)
			} else {
				in.CampaignsLost++
			}
		}
	}
	return nil
}

// load reads live records by id through a cache; one that is not served is nil.
func load[T any](ctx context.Context, a *Assembler, kind record.Kind, c *cache[*T], ids []string) (map[string]*T, error) {
	out := make(map[string]*T, len(ids))
	var missing []string
	for _, id := range ids {
		if v, ok := c.get(id); ok {
			out[id] = v
		} else if id != "" {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	staged, err := a.Run.GetMany(ctx, kind, missing)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	for _, id := range missing {
		var v *T
		if s, ok := staged[id]; ok && !s.Deleted {
			v = new(T)
			if err := s.Decode(v); err != nil {
				return nil, err
			}
		}
		out[id] = v
		c.put(id, v)
	}
	return out, nil
}

func flat(m map[string][]string) []string {
	seen := map[string]bool{}
	for _, list := range m {
		for _, v := range list {
			seen[v] = true
		}
	}
	return keys(seen)
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
