package projection

import (
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
	owner     map[string]string // "<type>/<id>" -> agent who owns it, to infer a missing author from
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

// parentsOf reads the decisions about parents, by type, and their owners. Deleted parents have none.
func (a *Assembler) parentsOf(ctx context.Context, byType map[string][]string) (parents, error) {
	p := parents{owner: map[string]string{}}
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
			if err := p.addOwner(parentType, s); err != nil {
				return p, err
			}
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

func (p parents) addOwner(parentType string, s ledger.Staged) error {
	var owned struct {
		Owner string `json:"owner_agent_id"`
		Agent string `json:"agent_id"`
	}
	if err := s.Decode(&owned); err != nil {
		return err
	}
	if owned.Owner == "" {
		owned.Owner = owned.Agent
	}
	p.owner[parentType+"/"+s.ID] = owned.Owner
	return nil
}
