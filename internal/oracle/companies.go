package oracle

import (
	"net/url"
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// freeMail are domains that never identify a company.
var freeMail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "yahoo.com": true, "ymail.com": true, "rocketmail.com": true, "hotmail.com": true,
	"outlook.com": true, "live.com": true, "msn.com": true, "aol.com": true, "icloud.com": true, "me.com": true, "mac.com": true,
	"comcast.net": true, "verizon.net": true, "att.net": true, "sbcglobal.net": true, "bellsouth.net": true, "cox.net": true,
	"charter.net": true, "earthlink.net": true, "proton.me": true, "protonmail.com": true, "gmx.com": true, "gmx.net": true, "gmx.de": true,
	"mail.com": true, "zoho.com": true, "yandex.com": true, "web.de": true, "qq.com": true,
}

// companyName is the name of a company by the map, "" when it has none. It is not shortened.
func companyName(c record.Company) string {
	if name := first(c.Name, c.LegalName); name != "" {
		return name
	}
	if blank(c.Address.City) || blank(c.Address.State) {
		return ""
	}
	return c.Address.City + ", " + c.Address.State
}

// host is the host of a web address, www. left out, "" for none.
func host(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return bareHost(u.Hostname())
}

func bareHost(s string) string {
	return strings.TrimPrefix(strings.Trim(strings.ToLower(strings.TrimSpace(s)), "."), "www.")
}

// hosts are the domains that identify a company.
func hosts(c record.Company) []string {
	var out []string
	for _, h := range []string{bareHost(c.Domain), host(c.Website)} {
		if h != "" && !freeMail[h] && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// accountMatches finds the accounts of before that a company may be.
type accountMatches struct {
	byHost, byName map[string][]*nutshelltest.Record
}

func matchesOf(s *nutshelltest.Snapshot) accountMatches {
	out := accountMatches{map[string][]*nutshelltest.Record{}, map[string][]*nutshelltest.Record{}}
	for i := range s.Accounts {
		r := &s.Accounts[i]
		if !r.Live() {
			continue
		}
		for _, e := range entriesOf(r, "url") {
			if h := host(e.value); h != "" && !freeMail[h] && !slices.Contains(out.byHost[h], r) {
				out.byHost[h] = append(out.byHost[h], r)
			}
		}
		name := fold(r.Fields["name"])
		out.byName[name] = append(out.byName[name], r)
	}
	return out
}

func (m accountMatches) of(c record.Company) *nutshelltest.Record {
	var found []*nutshelltest.Record
	for _, h := range hosts(c) {
		for _, r := range m.byHost[h] {
			if !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
	}
	if len(found) == 0 {
		found = m.byName[fold(companyName(c))]
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func (j *judge) companies() {
	matches, taken := matchesOf(&j.Before), j.keyedBefore(entAccounts)
	haves := map[string]*nutshelltest.Record{}
	j.companyNames = map[string]string{}
	for _, c := range j.u.companies { // lowest id first
		if j.companyNames[c.ID] = companyName(c); j.companyNames[c.ID] == "" {
			continue
		}
		var prior *nutshelltest.Record
		met := c
		if was, known := j.approvedCompanies[c.ID]; known {
			met = was
		}
		if m := matches.of(met); m != nil && j.Policies.Existing != "create" && !taken[m.ID] && len(j.before.keyed[entAccounts+"/"+c.ID]) == 0 {
			prior, taken[m.ID] = m, true
		}
		haves[c.ID] = j.settle(objCompanies, c.ID, ruleCompany, prior)
	}
	parents := parentsOf(j.u.companies)
	for _, c := range j.u.companies {
		if have := haves[c.ID]; have != nil {
			j.company(c, have, parents[c.ID])
		}
	}
}

// keyedBefore are the ids of the records that carry the key of a live source record already: nobody else can match them.
func (j *judge) keyedBefore(entity string) map[int64]bool {
	out := map[int64]bool{}
	for key, list := range j.before.keyed {
		if strings.HasPrefix(key, entity+"/") {
			for _, r := range list {
				out[r.ID] = true
			}
		}
	}
	return out
}

// parentsOf gives each company its parent; in a cycle the lowest id loses it.
func parentsOf(list []record.Company) map[string]string {
	out := map[string]string{}
	for _, c := range list {
		out[c.ID] = c.ParentID
	}
	for _, c := range list {
		low, at := c.ID, out[c.ID]
		for n := 0; at != "" && at != c.ID && n <= len(list); n++ {
			low, at = min(low, at), out[at]
		}
		if at == c.ID {
			out[low] = ""
		}
	}
	return out
}

func (j *judge) company(c record.Company, have *nutshelltest.Record, parent string) {
	k := j.check(objCompanies, c.ID, entAccounts, have, j.placed[objCompanies][c.ID].prior)
	k.field("name", ruleCompanyName, shorten(companyName(c), maxShort))
	k.list("email", ruleEmail, 0, unlabelled(email(c.Email))...)
	site := c.Website
	if blank(site) && !blank(c.Domain) {
		site = "https://" + c.Domain
	}
	k.list("url", ruleCompanyURL, 0, unlabelled(fits(site, maxURL))...)
	k.list("phone", ruleCompanyPhone, -1, labelled("main", phone(c.Phones.Main), "fax", phone(c.Phones.Fax))...)
	a := c.Address
	k.list("address", ruleCompanyPlace, 0, unlabelled(address("address_1", a.Street, "address_2", a.Street2, "city", a.City, "state", a.State,
		"postalCode", a.Zip, "country", a.Country))...)
	k.link("owner", ruleCompanyOwner, j.fallback)
	k.custom(keyField, ruleKey, c.ID)
	k.moment("Rezora_Created_At__c", ruleBuiltIns, c.CreatedAt.Time)
	k.custom("Parent_Company__c", ruleParent, j.parentName(parent)...)
	k.custom("Rezora_Company_Kind__c", ruleBuiltIns, fits(c.Kind, maxShort))
	k.properties(entAccounts, c.CustomProperties)
	k.rest()
}

// parentName is the name that the parent has in Nutshell; nil when that cannot be told.
func (j *judge) parentName(parent string) []string {
	if parent != "" && j.unjudged(objCompanies, parent) {
		return nil
	}
	r := j.after.records[j.target(objCompanies, parent)]
	if r == nil {
		return []string{""}
	}
	names := []string{fits(r.Fields["name"], maxShort)}
	if j.touched(j.target(objCompanies, parent), "name") { // a person renamed it, before or after its children were written
		names = append(names, fits(j.companyNames[parent], maxShort))
		if was := j.before.records[j.target(objCompanies, parent)]; was != nil {
			names = append(names, fits(was.Fields["name"], maxShort))
		}
	}
	return names
}

// unlabelled is the one entry of a list, none for "".
func unlabelled(value string) []entry {
	if value == "" {
		return nil
	}
	return []entry{{value: value}}
}

// labelled makes entries of labels and values, leaving out those without value.
func labelled(pairs ...string) []entry {
	var out []entry
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, entry{label: pairs[i], value: pairs[i+1]})
		}
	}
	return out
}
