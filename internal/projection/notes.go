package projection

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func readLeads(ctx context.Context, a *Assembler, page []ledger.Staged) (map[string]decide.Lead, error) {
	return decide.Read[decide.Lead](ctx, a.Run, record.Leads, idsOf(page))
}

func (a *Assembler) notes(ctx context.Context, page []ledger.Staged) (map[string][]mapping.Projection, error) {
	inputs := make([]mapping.NoteInput, len(page))
	byType := map[string][]string{}
	for i, s := range page {
		inputs[i].Raw = s.Canon
		if err := s.Decode(&inputs[i].Note); err != nil {
			return nil, err
		}
		byType[inputs[i].ParentType] = append(byType[inputs[i].ParentType], inputs[i].ParentID)
	}
	for t, list := range byType {
		byType[t] = present(list)
	}
	p, err := a.parentsOf(ctx, byType)
	if err != nil {
		return nil, err
	}
	campaigns, err := load(ctx, a, record.Campaigns, a.campaigns, byType["campaign"])
	if err != nil {
		return nil, err
	}
	out := make(map[string][]mapping.Projection, len(page))
	for i, s := range page {
		in := inputs[i]
		if a.Env.AuthorUnknown(in.Note) {
			if in.ParentOwner, err = p.owner(in.ParentType, in.ParentID); err != nil {
				return nil, err
			}
		}
		if c := campaigns[in.ParentID]; in.ParentType == "campaign" && c != nil {
			in.Campaign = c
			if out[s.ID], err = a.campaignNote(ctx, in); err != nil {
				return nil, err
			}
			continue
		}
		in.On = p.ref(in.ParentType, in.ParentID)
		out[s.ID] = a.Map.Note(a.Env, in)
	}
	return out, nil
}

// campaignNote puts a note on each migrated person who received the campaign, unless they are too many.
func (a *Assembler) campaignNote(ctx context.Context, in mapping.NoteInput) ([]mapping.Projection, error) {
	people, more, err := a.Receivers(ctx, in.ParentID, a.Map.CampaignNotePeople)
	if err != nil {
		return nil, err
	}
	in.Receivers = len(people)
	if len(people) == 0 || more {
		if more {
			in.Receivers = a.Map.CampaignNotePeople + 1
		}
		return a.Map.Note(a.Env, in), nil
	}
	var out []mapping.Projection
	for i, id := range people {
		in.On = &mapping.Ref{Object: mapping.People, SourceID: id}
		in.Again = i > 0
		out = append(out, a.Map.Note(a.Env, in)...)
	}
	return out, nil
}

// Receivers are the migrated people who received a campaign, by id; more tells that there are more than most.
func (a *Assembler) Receivers(ctx context.Context, campaign string, most int) (ids []string, more bool, err error) {
	seen := map[string]bool{}
	err = a.Run.Refs(ctx, record.CampaignRecipients, "campaign", []string{campaign}, func(_ string, s ledger.Staged) error {
		var r record.CampaignRecipient
		if err := s.Decode(&r); err != nil {
			return err
		}
		if len(mapping.Received([]record.CampaignRecipient{r}, nil)) > 0 && r.ContactID != "" {
			seen[r.ContactID] = true
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("read recipients of campaign %s: %w", campaign, err)
	}
	err = a.Run.Refs(ctx, record.Activities, "campaign", []string{campaign}, func(_ string, s ledger.Staged) error {
		var e record.Activity
		if err := s.Decode(&e); err != nil {
			return err
		}
		if (e.Type == "open" || e.Type == "click") && e.ContactID != "" {
			seen[e.ContactID] = true
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("read events of campaign %s: %w", campaign, err)
	}
	list := keys(seen)
	slices.Sort(list)
	for start := 0; start < len(list); start += pageSize {
		part := list[start:min(start+pageSize, len(list))]
		p, err := a.parentsOf(ctx, map[string][]string{"contact": part})
		if err != nil {
			return nil, false, err
		}
		for _, id := range part {
			if p.person(id) == nil {
				continue
			}
			if len(ids) >= most {
				return nil, true, nil
			}
			ids = append(ids, id)
		}
	}
	return ids, false, nil
}

const pageSize = 500
