package projection

import (
	"cmp"
	"context"
	"fmt"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// parents answers which records of Nutshell source records hang on: a person, company or lead that is migrated.
type parents struct {
	contacts  map[string]decide.Contact
	companies map[string]decide.Company
	leads     map[string]decide.Lead
	staged    map[string]ledger.Staged // "<type>/<id>" -> the record itself, unless it is deleted
}

// ref is the record that something on a source record goes to, nil when it was not migrated.
func (p parents) ref(parentType, id string) *mapping.Ref {
	switch parentType {
	case "contact":
		if c, ok := p.contacts[id]; ok && !c.Quarantined {
			return &mapping.Ref{Object: mapping.People, SourceID: id}
		}
	case "company":
		if c, ok := p.companies[id]; ok && !c.Quarantined {
			return &mapping.Ref{Object: mapping.Companies, SourceID: id}
		}
	case "lead":
		if _, ok := p.leads[id]; ok {
			return &mapping.Ref{Object: mapping.LeadObjects, SourceID: id}
		}
	}
	return nil
}

func (p parents) person(contactID string) *mapping.Ref { return p.ref("contact", contactID) }

// parentsOf reads parents, by type, and the decisions about them. Deleted parents have none.
func (a *Assembler) parentsOf(ctx context.Context, byType map[string][]string) (parents, error) {
	p := parents{staged: map[string]ledger.Staged{}}
	var err error
	if p.contacts, err = decide.Read[decide.Contact](ctx, a.Run, record.Contacts, byType["contact"]); err != nil {
		return p, err
	}
	if p.companies, err = decide.Read[decide.Company](ctx, a.Run, record.Companies, byType["company"]); err != nil {
		return p, err
	}
	if p.leads, err = decide.Read[decide.Lead](ctx, a.Run, record.Leads, byType["lead"]); err != nil {
		return p, err
	}
	for parentType, kind := range map[string]record.Kind{"contact": record.Contacts, "company": record.Companies, "lead": record.Leads, "campaign": record.Campaigns} {
		staged, err := a.Run.GetMany(ctx, kind, byType[parentType])
		if err != nil {
			return p, fmt.Errorf("read %s: %w", kind, err)
		}
		for _, id := range byType[parentType] {
			s, ok := staged[id]
			if !ok || s.Deleted {
				delete(p.contacts, ifType(parentType, "contact", id))
				delete(p.companies, ifType(parentType, "company", id))
				delete(p.leads, ifType(parentType, "lead", id))
				continue
			}
			p.staged[parentType+"/"+id] = s
		}
	}
	return p, nil
}

func ifType(have, want, id string) string {
	if have == want {
		return id
	}
	return ""
}

// owner is the agent who owns a parent, "" for none.
func (p parents) owner(parentType, id string) (string, error) {
	s, ok := p.staged[parentType+"/"+id]
	if !ok {
		return "", nil
	}
	var owned struct {
		Owner string `json:"owner_agent_id"`
		Agent string `json:"agent_id"`
	}
	if err := s.Decode(&owned); err != nil {
		return "", err
	}
	return cmp.Or(owned.Owner, owned.Agent), nil
}
