package mapping

import (
	"slices"

	"rezora2nutshell/internal/record"
)

// Rules by which a contact is linked to a company.
const (
	ByID     = "company_id"
	ByDomain = "domain"
	ByName   = "company_name"
)

// CompanyIndex answers for the companies of the whole set.
type CompanyIndex interface {
	Migrated(id string) bool     // it is, or will be, in Nutshell: served and not quarantined
	ByHost(host string) []string // ids with this domain, or this host of their website (Host)
	ByName(key string) []string  // ids whose name has this NameKey
}

// LinkCompany finds the company of a contact: by company_id, else by the domain of its e-mail, else by company_name. Several
// companies under one rule end the search: the contact stays alone, and the rule is returned as ambiguous. Companies that are not
// migrated are no candidates.
func (m *Map) LinkCompany(c record.Contact, companies CompanyIndex) (id, rule string, ambiguous bool) {
	if !blank(c.CompanyID) && companies.Migrated(c.CompanyID) {
		return c.CompanyID, ByID, false
	}
	if domain := DomainOfEmail(c.Email); domain != "" && !m.IsFreeMail(domain) {
		if id, several := only(companies.ByHost(domain), companies); id != "" || several {
			return id, ByDomain, several
		}
	}
	if key := NameKey(c.CompanyName); key != "" {
		if id, several := only(companies.ByName(key), companies); id != "" || several {
			return id, ByName, several
		}
	}
	return "", "", false
}

// only is the one migrated candidate; several reports that there are more.
func only(ids []string, companies CompanyIndex) (id string, several bool) {
	var migrated []string
	for _, c := range ids {
		if companies.Migrated(c) && !slices.Contains(migrated, c) {
			migrated = append(migrated, c)
		}
	}
	switch len(migrated) {
	case 0:
		return "", false
	case 1:
		return migrated[0], false
	}
	return "", true
}

// CompanyHosts are the hosts that identify a company in LinkCompany and among the accounts that exist: its domain and the host of
// its website, without free-mail domains.
func (m *Map) CompanyHosts(c record.Company) []string {
	var hosts []string
	for _, h := range []string{Host(c.Domain), Host(c.Website)} {
		if h != "" && !m.IsFreeMail(h) && !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// LinkPerson finds the Person of a lead: that of contact_id when it is migrated, else the only one with the lead's e-mail.
// withEmail lists the people who have it, source contacts and those met in the account alike. Several: none.
func LinkPerson(l record.Lead, migrated func(contactID string) bool, withEmail func(key string) []Ref) (to *Ref, ambiguous bool) {
	if !blank(l.ContactID) && migrated(l.ContactID) {
		return &Ref{Object: People, SourceID: l.ContactID}, false
	}
	if DomainOfEmail(l.Email) == "" {
		return nil, false
	}
	people := withEmail(EmailKey(l.Email))
	switch len(people) {
	case 0:
		return nil, false
	case 1:
		return &people[0], false
	}
	return nil, true
}
