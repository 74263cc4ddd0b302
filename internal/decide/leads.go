package decide

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/crawl"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// leads finds the person of each lead: that of contact_id, else the only one with the lead's e-mail, those met in the crawl counted in.
func (d *Decider) leads(ctx context.Context, turn *step.Turn) error {
	taken, err := d.claims(ctx, "Leads", record.Leads)
	if err != nil {
		return err
	}
	return d.pages(ctx, turn, record.Leads, func(page []ledger.Staged) error {
		decoded := make([]record.Lead, len(page))
		for i, s := range page {
			if err := s.Decode(&decoded[i]); err != nil {
				return err
			}
		}
		ours, err := taken.ours(ctx, ids(page))
		if err != nil {
			return err
		}
		people, err := d.peopleOf(ctx, decoded)
		if err != nil {
			return err
		}
		out := map[string]Lead{}
		for i, s := range page {
			one := Lead{Existing: taken.pick(s.ID, ours[s.ID], nil)}
			one.Person, one.Ambiguous = mapping.LinkPerson(decoded[i], people.migrated, people.withEmail)
			one.Company = people.companyOf(one.Person, decoded[i].CompanyID)
			out[s.ID] = one
		}
		return d.put(ctx, record.Leads, mapping.LeadObjects, ids(page), func(id string, kept *Existing) any {
			one := out[id]
			if kept != nil {
				one.Existing = *kept
			}
			return one
		})
	})
}

// people answers for the people of one page of leads.
type people struct {
	contacts  map[string]Contact
	companies map[string]Company
	byEmail   map[string][]mapping.Ref
	accountOf map[int64]int64
}

func (p people) migrated(id string) bool {
	c, ok := p.contacts[id]
	return ok && !c.Quarantined
}

func (p people) withEmail(key string) []mapping.Ref { return p.byEmail[key] }

// companyOf is the company of the lead's person, else that of the lead itself. A person that was there before may have one of its own.
func (p people) companyOf(person *mapping.Ref, companyID string) *mapping.Ref {
	if person != nil {
		held := person.ID
		if c, ok := p.contacts[person.SourceID]; ok && person.SourceID != "" {
			if c.Company != "" {
				return &mapping.Ref{Object: mapping.Companies, SourceID: c.Company}
			}
			held = c.ID
		}
		if id := p.accountOf[held]; id != 0 {
			return &mapping.Ref{Object: mapping.Companies, ID: id}
		}
	}
	if c, ok := p.companies[companyID]; ok && companyID != "" && !c.Quarantined {
		return &mapping.Ref{Object: mapping.Companies, SourceID: companyID}
	}
	return nil
}

func (d *Decider) peopleOf(ctx context.Context, page []record.Lead) (people, error) {
	out := people{byEmail: map[string][]mapping.Ref{}, accountOf: map[int64]int64{}}
	var emails, contactIDs, companyIDs []string
	for _, l := range page {
		if mapping.DomainOfEmail(l.Email) != "" {
			emails = append(emails, mapping.EmailKey(l.Email))
		}
		if l.ContactID != "" {
			contactIDs = append(contactIDs, l.ContactID)
		}
		if l.CompanyID != "" {
			companyIDs = append(companyIDs, l.CompanyID)
		}
	}
	sources, err := d.Run.Lookup(ctx, record.Contacts, "email", emails)
	if err != nil {
		return out, fmt.Errorf("look up contacts by e-mail: %w", err)
	}
	for _, list := range sources {
		contactIDs = append(contactIDs, list...)
	}
	if out.contacts, err = liveDecisions[Contact](ctx, d.Run, record.Contacts, contactIDs); err != nil {
		return out, err
	}
	if out.companies, err = liveDecisions[Company](ctx, d.Run, record.Companies, companyIDs); err != nil {
		return out, err
	}
	for _, c := range out.contacts {
		if c.ID != 0 && c.Company == "" {
			if out.accountOf[c.ID], err = crawl.FirstAccount(ctx, d.Run, d.Crawl, c.ID); err != nil {
				return out, err
			}
		}
	}
	met := map[int64]bool{}
	for email, list := range sources {
		for _, id := range list {
			if out.migrated(id) {
				out.byEmail[email] = append(out.byEmail[email], mapping.Ref{Object: mapping.People, SourceID: id})
				met[out.contacts[id].ID] = true
			}
		}
	}
	return out, d.addMet(ctx, emails, met, &out)
}

// addMet adds the people of the account with these addresses, but for those that a source contact is merged into.
func (d *Decider) addMet(ctx context.Context, emails []string, met map[int64]bool, out *people) error {
	found, err := d.Run.DestLookup(ctx, d.Crawl, contacts, crawl.KeyEmail, emails)
	if err != nil {
		return fmt.Errorf("look up people of the account by e-mail: %w", err)
	}
	if found, err = d.foreign(ctx, contacts, found); err != nil {
		return err
	}
	for email, list := range found {
		for _, id := range list {
			if met[id] {
				continue
			}
			out.byEmail[email] = append(out.byEmail[email], mapping.Ref{Object: mapping.People, ID: id})
			account, err := crawl.FirstAccount(ctx, d.Run, d.Crawl, id)
			if err != nil {
				return err
			}
			out.accountOf[id] = account
		}
	}
	return nil
}

func liveDecisions[T any](ctx context.Context, run *ledger.Run, kind record.Kind, ids []string) (map[string]T, error) {
	decided, err := Read[T](ctx, run, kind, ids)
	if err != nil {
		return nil, err
	}
	staged, err := run.GetMany(ctx, kind, ids)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	for id := range decided {
		if s, ok := staged[id]; !ok || s.Deleted {
			delete(decided, id)
		}
	}
	return decided, nil
}
