package oracle

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rezora2nutshell/internal/record"
)

func (j *judge) leads() {
	byEmail := j.peopleByEmail()
	contacts := byID(j.u.contacts, func(c record.Contact) string { return c.ID })
	links := linksOf(j.u.companies)
	for _, l := range j.u.leads {
		have := j.settle(objLeads, l.ID, ruleLead, nil)
		if have == nil {
			continue
		}
		k := j.check(objLeads, l.ID, entLeads, have, j.placed[objLeads][l.ID].prior)
		k.title(l, contacts[l.ContactID])
		if j.tombstone(record.Contacts, l.ContactID) || j.tombstone(record.Companies, l.CompanyID) || j.excusedPerson(l.ContactID) {
			k.seen["contacts"], k.seen["primaryAccount"] = true, true
		} else {
			k.people(l, contacts[l.ContactID], byEmail, links)
		}
		k.link("assignee", ruleAssignee, j.owners(l.AgentID)...)
		k.status(l)
		k.custom(keyField, ruleKey, l.ID)
		k.moment("Rezora_Created_At__c", ruleBuiltIns, l.CreatedAt.Time)
		k.custom("Engagement_Score__c", "Engagement_Score__c: score", fieldNumber(string(l.Score)))
		k.custom("Rezora_Lead_Status__c", "Rezora_Lead_Status__c: status, as it was", fits(l.Status, maxShort))
		k.custom("Rezora_Source__c", ruleBuiltIns, fits(l.Source, maxShort))
		k.rest("number", "milestoneId", "confidence", "priority", "market", "dueTime", "outcomeId")
	}
}

func (j *judge) excusedPerson(contactID string) bool {
	p := j.placed[objPeople][contactID]
	return p != nil && p.gone
}

// title checks the lead's description.
func (x *check) title(l record.Lead, c record.Contact) {
	_, _, person := personName(c)
	var want []string
	for _, name := range []string{first(l.Name, person), strings.TrimSpace(first(l.Name, person)), first(l.Name, c.Name)} {
		text := name
		switch {
		case blank(name):
			text = "Rezora lead " + l.ID
		case !blank(l.Source):
			text = name + ": " + l.Source
		}
		if text = shorten(text, maxLeadText); !slices.Contains(want, text) {
			want = append(want, text)
		}
	}
	x.field("description", ruleLeadText, want...)
}

// peopleByEmail are the people a lead may belong to, migrated or met in the crawl, as Contacts/<id> by folded e-mail.
func (j *judge) peopleByEmail() map[string][]string {
	out := map[string][]string{}
	add := func(address, target string) {
		k := strings.ToLower(strings.TrimSpace(address))
		if k != "" && target != "" && !slices.Contains(out[k], target) {
			out[k] = append(out[k], target)
		}
	}
	j.contactAt = map[string]record.Contact{}
	for _, c := range j.u.contacts {
		target := j.target(objPeople, c.ID)
		j.contactAt[target] = c
		add(email(c.Email), target)
	}
	for i := range j.Before.Contacts {
		r := &j.Before.Contacts[i]
		for _, e := range entriesOf(r, "email") {
			if r.Live() {
				add(e.value, targetOf(entContacts, r.ID))
			}
		}
	}
	return out
}

// people checks the person of a lead and its company.
func (x *check) people(l record.Lead, c record.Contact, byEmail map[string][]string, links companyLinks) {
	person := x.j.target(objPeople, l.ContactID)
	if person == "" {
		if found := byEmail[strings.ToLower(strings.TrimSpace(l.Email))]; len(found) == 1 && !blank(l.Email) {
			person = found[0]
		}
	}
	if person == "" {
		x.links("contacts", ruleLeadPerson)
	} else {
		x.links("contacts", ruleLeadPerson, person)
	}
	companies := x.j.companiesOf(person, links)
	if len(companies) == 0 {
		companies = []string{x.j.target(objCompanies, l.CompanyID)}
	}
	x.link("primaryAccount", ruleLeadCompany, companies...)
}

// companiesOf are the accounts that may count as a person's company: the one that the map links, else those the person has.
func (j *judge) companiesOf(person string, links companyLinks) []string {
	if person == "" {
		return nil
	}
	prior := j.before.records[person]
	if c, migrated := j.contactAt[person]; migrated && prior == nil {
		if company := j.target(objCompanies, links.of(c)); company != "" {
			return []string{company}
		}
	}
	var out []string
	for _, l := range j.after.links(j.after.records[person], "accounts") {
		to, _, _ := strings.Cut(l, " as ")
		out = append(out, to)
	}
	return out
}

var leadStatus = map[string]int{"new": 0, "contacted": 0, "qualified": 0, "nurturing": 1, "converted": 10, "lost": 11}

// status checks status, outcome and the time of closing.
func (x *check) status(l record.Lead) {
	n, known := leadStatus[l.Status]
	if m, given := x.j.LeadStatus[l.Status]; given {
		n, known = m, true
	}
	x.seen["status"], x.seen["closedTime"] = true, true
	if !known {
		return
	}
	want := strconv.Itoa(n)
	if x.prior != nil { // a lead of an earlier run: the map does not say whether a status is ever empty
		return
	}
	x.value("status", ruleStatus, "", x.have.Fields["status"], want)
	var closed time.Time
	if n >= 10 {
		if closed = l.UpdatedAt.Time; l.ConvertedAt.Set() {
			closed = l.ConvertedAt.Time
		}
		if x.j.Dest.IgnoresClosedTime {
			x.moment(closedField, ruleClosed, closed)
			return
		}
	}
	x.value("closedTime", ruleClosed, "", x.have.Fields["closedTime"], wire(closed))
}

// leadNote is the text of what has no field on a lead; ok is false when there is none.
func (j *judge) leadNote(l record.Lead) (lines [][]string, ok bool) {
	add := func(key string, values ...string) {
		var list []string
		for _, v := range values {
			if !blank(v) {
				list = append(list, key+": "+v)
			}
		}
		if len(list) > 0 {
			lines = append(lines, list)
		}
	}
	add("message", l.Message, plainText(l.Message))
	add("phone", l.Phone)
	add("email", l.Email, strings.TrimSpace(l.Email))
	if l.CampaignID != "" {
		if c, served := j.u.campaigns[l.CampaignID]; served && !blank(c.Name) {
			add("campaign", c.Name+" ("+l.CampaignID+")")
		} else {
			add("campaign", l.CampaignID, "("+l.CampaignID+")", "unknown ("+l.CampaignID+")")
		}
	}
	add("listing", l.ListingID)
	return lines, len(lines) > 0
}
