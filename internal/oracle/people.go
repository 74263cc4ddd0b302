package oracle

import (
	"slices"
	"strings"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/record"
)

// personName is the name that a contact gets: given and family name, or the whole.
func personName(c record.Contact) (given, family, whole string) {
	given, family = fits(c.FirstName, maxShort), fits(c.LastName, maxShort)
	if given != "" && family != "" {
		return given, family, given + " " + family
	}
	whole = strings.TrimSpace(c.Name)
	if chars(whole) > maxShort {
		whole = ""
	}
	return "", "", whole
}

func personPhones(c record.Contact) []entry {
	p := c.Phones
	return labelled("mobile", phone(p.Mobile), "work", phone(p.Work), "home", phone(p.Home), "fax", phone(p.Fax))
}

// quarantined tells whether nothing is left to create a Person by.
func quarantined(c record.Contact) bool {
	_, _, name := personName(c)
	return name == "" && email(c.Email) == "" && len(personPhones(c)) == 0
}

// personMatches are the live people of before by folded e-mail.
func personMatches(s *nutshelltest.Snapshot) map[string][]*nutshelltest.Record {
	out := map[string][]*nutshelltest.Record{}
	for i := range s.Contacts {
		r := &s.Contacts[i]
		for _, e := range entriesOf(r, "email") {
			if k := strings.ToLower(strings.TrimSpace(e.value)); r.Live() && !slices.Contains(out[k], r) {
				out[k] = append(out[k], r)
			}
		}
	}
	return out
}

func (j *judge) people() {
	matches, taken := personMatches(&j.Before), j.keyedBefore(entContacts)
	links, archive := linksOf(j.u.companies), j.archives()
	for _, c := range j.u.contacts { // lowest id first
		if quarantined(c) {
			continue
		}
		var prior *nutshelltest.Record
		met := c
		if was, known := j.approved[c.ID]; known { // who is already there was decided before the load
			met = was
		}
		if address := strings.ToLower(email(met.Email)); address != "" && j.Policies.Existing != "create" {
			if m := matches[address]; len(m) == 1 && !taken[m[0].ID] && len(j.before.keyed[entContacts+"/"+c.ID]) == 0 {
				prior, taken[m[0].ID] = m[0], true
			}
		}
		if have := j.settle(objPeople, c.ID, rulePerson, prior); have != nil {
			j.person(c, have, links.of(c), archive[c.ID])
		}
	}
}

func (j *judge) person(c record.Contact, have *nutshelltest.Record, companyID string, a *engagement) {
	k := j.check(objPeople, c.ID, entContacts, have, j.placed[objPeople][c.ID].prior)
	k.name(c)
	if was := personPhones(j.approved[c.ID]); len(was) > 0 { // whether a later number takes the lead the map leaves open
		k.leaders = map[string]string{"phone": was[0].value}
	}
	k.list("email", rulePersonEmail, 0, unlabelled(email(c.Email))...)
	k.list("phone", rulePersonPhone, 0, personPhones(c)...)
	home, work := c.Addresses.Home, c.Addresses.Business
	k.list("address", rulePersonAddress, -1, labelled(
		"home", address("address_1", home.Street, "address_2", home.Street2, "city", home.City, "state", home.State, "postalCode", home.Zip),
		"business", address("address_1", work.Street, "address_2", work.Street2, "city", work.City, "state", work.State, "postalCode", work.Zip))...)
	k.employer(c, companyID)
	k.link("owner", ruleOwner, j.owners(c.OwnerAgentID)...)
	k.custom(keyField, ruleKey, c.ID)
	k.moment("Rezora_Created_At__c", ruleBuiltIns, c.CreatedAt.Time)
	k.custom("Rezora_Contact_Type__c", ruleBuiltIns, fits(c.ContactType, maxShort))
	k.custom("Rezora_Owner__c", ruleBuiltIns, j.ownerText(c.OwnerAgentID))
	unsubscribed := ""
	if j.u.unsubscribed[c.ID] {
		unsubscribed = "true"
	}
	k.custom("Unsubscribed__c", "Unsubscribed__c: true when unsubscribed in either source; absent otherwise", unsubscribed)
	k.moment("Unsubscribed_At__c", ruleBuiltIns, c.UnsubscribedAt.Time)
	k.moment("Opt_In_At__c", ruleBuiltIns, c.OptIn.FirstAt.Time)
	k.custom("Email_Status__c", ruleBuiltIns, fits(c.EmailStatus, maxShort))
	k.engagement(c, a)
	k.properties(entContacts, c.CustomProperties)
	k.rest()
}

// name checks the name as one field: a record that had one keeps it.
func (x *check) name(c record.Contact) {
	given, family, whole := personName(c)
	for _, part := range []string{"givenName", "familyName", "displayName", "salutation"} {
		x.seen[part] = true
	}
	had := ""
	if x.prior != nil {
		had = first(x.prior.Fields["displayName"], x.prior.Fields["givenName"], x.prior.Fields["familyName"])
	}
	f := x.have.Fields
	if had != "" || x.skip {
		for _, part := range []string{"givenName", "familyName", "displayName", "salutation"} {
			x.value(part, ruleFill, x.prior.Fields[part], f[part], x.prior.Fields[part])
		}
		return
	}
	x.value("displayName", rulePersonName, "", f["displayName"], whole)
	x.value("salutation", rulePersonName, "", f["salutation"], "")
	if given != "" {
		x.value("givenName", rulePersonName, "", f["givenName"], given)
		x.value("familyName", rulePersonName, "", f["familyName"], family)
		return
	}
	if i := strings.LastIndexByte(whole, ' '); i >= 0 { // how Nutshell splits a name
		given, family = whole[:i], whole[i+1:]
	} else {
		given = whole
	}
	x.value("givenName", rulePersonName, "", f["givenName"], given)
	x.value("familyName", rulePersonName, "", f["familyName"], family)
}

// employer checks the company link, the job title, and what stands in for the link of a contact that stands alone.
func (x *check) employer(c record.Contact, companyID string) {
	if companyID != "" && x.j.unjudged(objCompanies, companyID) || x.j.tombstone(record.Companies, c.CompanyID) {
		for _, f := range []string{"accounts", "description", "customFields.Rezora_Company_Name__c"} {
			x.seen[f] = true
		}
		return
	}
	company := x.j.target(objCompanies, companyID)
	name := fits(c.CompanyName, maxShort)
	const rule = "Rezora_Company_Name__c: company_name, when linked to no company or to one whose name is another text"
	if company == "" {
		x.links("accounts", ruleLink)
		x.field("description", ruleDescription, fits(c.Title, maxLong))
		x.custom("Rezora_Company_Name__c", rule, name)
		return
	}
	x.links("accounts", ruleTitle, join(company, fits(c.Title, maxShort)))
	x.field("description", ruleDescription, "")
	here := x.j.after.records[company].Fields["name"]
	there := x.j.companyNames[companyID]
	switch {
	case name == "" || name == here && name == there:
		x.custom("Rezora_Company_Name__c", rule, "")
	case name == here || name == there: // the map does not say which of the two names it means
		x.custom("Rezora_Company_Name__c", rule, "", name)
	default:
		x.custom("Rezora_Company_Name__c", rule, name)
	}
}

func (j *judge) ownerText(agentID string) string {
	if agentID == "" {
		return ""
	}
	if a, served := j.u.agents[agentID]; served && !blank(a.Email) {
		return fits(strings.TrimSpace(a.Email), maxShort)
	}
	return "Rezora agent " + agentID
}
