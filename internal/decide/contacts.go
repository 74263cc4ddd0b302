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

const contacts = "Contacts"

// contacts links people to companies and finds those that are in the account already, by e-mail.
func (d *Decider) contacts(ctx context.Context, turn *step.Turn) error {
	taken, err := d.claims(ctx, contacts, record.Contacts)
	if err != nil {
		return err
	}
	return d.pages(ctx, turn, record.Contacts, func(page []ledger.Staged) error {
		decoded := make([]record.Contact, len(page))
		for i, s := range page {
			if err := s.Decode(&decoded[i]); err != nil {
				return err
			}
		}
		index, err := d.companyIndex(ctx, decoded)
		if err != nil {
			return err
		}
		ours, err := taken.ours(ctx, ids(page))
		if err != nil {
			return err
		}
		var emails []string
		for _, c := range decoded {
			if k := mapping.EmailKey(c.Email); k != "" {
				emails = append(emails, k)
			}
		}
		matches, err := d.lookup(ctx, contacts, crawl.KeyEmail, emails)
		if err != nil {
			return err
		}
		out := map[string]Contact{}
		for i, s := range page {
			c := decoded[i]
			one := Contact{Existing: taken.pick(s.ID, ours[s.ID], matches[mapping.EmailKey(c.Email)])}
			id, rule, several := d.Map.LinkCompany(c, index)
			if one.Company, one.Rule = id, rule; several {
				one.Company, one.Rule, one.Ambiguous = "", "", rule
			}
			one.Quarantined = d.Map.Person(d.Env, mapping.PersonInput{Contact: c, Raw: s.Canon}).Quarantine != nil
			out[s.ID] = one
		}
		return d.put(ctx, record.Contacts, mapping.People, ids(page), func(id string, kept *Existing) any {
			one := out[id]
			if kept != nil {
				one.Existing = *kept
			}
			one.Link = one.How == Linked && one.Company != "" && d.Map.LinksPeople()
			return one
		})
	})
}

// companyIndex answers LinkCompany for one page of contacts: all look-ups in three queries.
type companyIndex struct {
	migrated map[string]bool
	hosts    map[string][]string
	names    map[string][]string
}

func (i companyIndex) Migrated(id string) bool     { return i.migrated[id] }
func (i companyIndex) ByHost(host string) []string { return i.hosts[host] }
func (i companyIndex) ByName(key string) []string  { return i.names[key] }

func (d *Decider) companyIndex(ctx context.Context, page []record.Contact) (companyIndex, error) {
	var domains, names, candidates []string
	for _, c := range page {
		if domain := mapping.DomainOfEmail(c.Email); domain != "" && !d.Map.IsFreeMail(domain) {
			domains = append(domains, domain)
		}
		if key := mapping.NameKey(c.CompanyName); key != "" {
			names = append(names, key)
		}
		if c.CompanyID != "" {
			candidates = append(candidates, c.CompanyID)
		}
	}
	out := companyIndex{migrated: map[string]bool{}, hosts: map[string][]string{}, names: map[string][]string{}}
	for _, q := range []struct {
		key    string
		values []string
		into   map[string][]string
	}{{"domain", domains, out.hosts}, {"host", domains, out.hosts}, {"name", names, out.names}} {
		found, err := d.Run.Lookup(ctx, record.Companies, q.key, q.values)
		if err != nil {
			return out, fmt.Errorf("look up companies by %s: %w", q.key, err)
		}
		for value, list := range found {
			q.into[value] = append(q.into[value], list...)
			candidates = append(candidates, list...)
		}
	}
	decided, err := Read[Company](ctx, d.Run, record.Companies, candidates)
	if err != nil {
		return out, err
	}
	staged, err := d.Run.GetMany(ctx, record.Companies, candidates)
	if err != nil {
		return out, fmt.Errorf("read companies: %w", err)
	}
	for id, c := range decided {
		out.migrated[id] = !c.Quarantined && !staged[id].Deleted
	}
	return out, nil
}
