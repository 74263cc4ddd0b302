package projection

import (
	"context"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func (a *Assembler) tasks(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	inputs := make([]mapping.TaskInput, len(page))
	var contacts []string
	for i, s := range page {
		inputs[i].Raw = s.Canon
		if err := s.Decode(&inputs[i].Task); err != nil {
			return nil, err
		}
		contacts = append(contacts, inputs[i].ContactID)
	}
	p, err := a.parentsOf(ctx, map[string][]string{"contact": present(contacts)})
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for i, s := range page {
		inputs[i].Person = p.person(inputs[i].ContactID)
		out[s.ID] = a.Map.Task(a.Env, inputs[i])
	}
	return out, nil
}

func (a *Assembler) interactions(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	inputs := make([]mapping.InteractionInput, len(page))
	var contacts []string
	for i, s := range page {
		inputs[i].Raw = s.Canon
		if err := s.Decode(&inputs[i].Interaction); err != nil {
			return nil, err
		}
		contacts = append(contacts, inputs[i].ContactID)
	}
	p, err := a.parentsOf(ctx, map[string][]string{"contact": present(contacts)})
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for i, s := range page {
		inputs[i].Person = p.person(inputs[i].ContactID)
		out[s.ID] = a.Map.Interaction(a.Env, inputs[i])
	}
	return out, nil
}

func (a *Assembler) leads(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	inputs := make([]mapping.LeadInput, len(page))
	var contacts, campaigns []string
	for i, s := range page {
		inputs[i].Raw = s.Canon
		if err := s.Decode(&inputs[i].Lead); err != nil {
			return nil, err
		}
		contacts = append(contacts, inputs[i].ContactID)
		campaigns = append(campaigns, inputs[i].CampaignID)
	}
	served, err := load(ctx, a, record.Campaigns, a.campaigns, present(campaigns))
	if err != nil {
		return nil, err
	}
	decided, err := readLeads(ctx, a, page)
	if err != nil {
		return nil, err
	}
	named, err := a.Run.GetMany(ctx, record.Contacts, present(contacts))
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for i, s := range page {
		in := &inputs[i]
		if c := served[in.CampaignID]; c != nil {
			in.CampaignName = c.Name
		}
		if c, ok := named[in.ContactID]; ok && !c.Deleted {
			in.Contact = &record.Contact{}
			if err := c.Decode(in.Contact); err != nil {
				return nil, err
			}
		}
		d := decided[s.ID]
		in.Person, in.Company, in.Ambiguous = d.Person, d.Company, d.Ambiguous
		out[s.ID] = a.Map.Lead(a.Env, *in)
	}
	return out, nil
}

// present are the distinct ids that are not empty.
func present(ids []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, id := range ids {
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
