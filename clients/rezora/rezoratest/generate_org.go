package rezoratest

import (
	"fmt"
	"strings"
)

func numfText(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func (g *generator) makeCompanies() {
	num := func(kind string) string {
		return g.st.idFor(resources[companies], map[string]any{"kind": kind}, false)
	}
	built := func(kind string, parent opt, name, host string, place *locale) *company {
		c := &company{
			ID: num(kind), Kind: kind, ParentID: parent, Name: name, Domain: opt(host),
			Email: opt("hello@" + host), Website: "https://" + host, Phones: companyPhones{Main: g.phone()},
			Timezone: "America/Denver", Status: "active", Custom: map[string]any{},
			stamp: g.lived(g.between(historyBegin, historyBegin+300*day)),
		}
		if place != nil {
			c.Address = &address{City: place.city, State: place.state, Zip: place.zip, Country: "US"}
		}
		return c
	}
	brand := built("brand", "", "Alder & Finch Real Estate", "brand.example.com", nil)
	brand.LegalName = "Alder & Finch Real Estate, Inc."
	g.brand = brand.ID
	all := []*company{brand}
	for i := range g.size.brokerages {
		name := []string{"Alder & Finch Realty", "Heron Properties", "Mesa Homes Group"}[i]
		b := built("brokerage", opt(brand.ID), name, fmt.Sprintf("brokerage%d.example.com", i+1), &colorado[i])
		b.Address.Street = fmt.Sprintf("%d %s", 100+g.r.IntN(800), pick(g.r, streets))
		b.Custom["Region"] = pick(g.r, []string{"North", "South", "Front Range"})
		g.brokerages = append(g.brokerages, b.ID)
		all = append(all, b)
	}
	for i := range g.size.offices {
		l := colorado[i%len(colorado)]
		parent := g.brokerages[i%len(g.brokerages)]
		o := built("office", opt(parent), l.city+", "+l.state, fmt.Sprintf("office%d.example.com", i+1), &l)
		if i%2 == 0 {
			o.Address.Street = fmt.Sprintf("%d %s", 100+g.r.IntN(800), pick(g.r, streets))
			o.Custom["Region"] = "North"
		}
		g.offices = append(g.offices, o.ID)
		all = append(all, o)
	}
	for i := range max(4, g.size.contacts/60) {
		spellings := firms[i%len(firms)]
		name := spellings[0]
		if i >= len(firms) {
			name = fmt.Sprintf("%s of %s %d", name, pick(g.r, colorado).city, i/len(firms))
		}
		host := fmt.Sprintf("firm%d.example.com", i+1)
		l := g.place()
		f := built("other", "", strings.TrimSpace(name), host, &l)
		if i%5 == 0 {
			f.Domain, f.Email, f.Website, f.Address, f.Timezone, f.Status = "", "", "", nil, "", ""
		}
		if i%9 == 8 {
			f.ParentID = opt(g.firmIDs[0])
		}
		g.firmIDs = append(g.firmIDs, f.ID)
		all = append(all, f)
	}
	if g.cfg.CompanyCycle {
		last := all[len(all)-2:]
		last[0].ParentID, last[1].ParentID = opt(last[1].ID), opt(last[0].ID)
	}
	for _, c := range all {
		g.add(companies, c, 0)
	}
}

// The first three agents are the users that a fresh destination account has.
var firstAgents = []struct{ first, last, email, status string }{
	{"Bo", "Lind", "bo@example.com", "active"},
	{"Ann", "Rey", "ann@example.com", "active"},
	{"Cy", "Dunn", "cy@example.com", "deactivated"},
}

func (g *generator) makeAgents() {
	taken := map[string]bool{}
	for i := range g.size.agents {
		a := &agent{ID: g.id(agents), Role: "agent", Status: "active"}
		if i < len(firstAgents) {
			f := firstAgents[i]
			a.FirstName, a.LastName, a.Email, a.Status = opt(f.first), opt(f.last), f.email, f.status
		} else {
			first, last := pick(g.r, firstNames), pick(g.r, lastNames)
			a.FirstName, a.LastName = opt(first), opt(last)
			a.Email = mailbox(first, last) + "@example.com"
			for n := 2; taken[a.Email]; n++ {
				a.Email = fmt.Sprintf("%s%d@example.com", mailbox(first, last), n)
			}
			a.Status = weighted(g.r, "active", 80, "suspended", 4, "trial", 4, "pending", 3, "free", 3, "deactivated", 6)
			a.Role = weighted(g.r, "agent", 85, "admin", 6, "observer", 4, "assistant", 5)
		}
		taken[a.Email] = true
		name := strings.TrimSpace(string(a.FirstName) + " " + string(a.LastName))
		office := i % len(g.offices)
		a.DisplayName, a.Title = opt(name), pick(g.r, agentTitles)
		a.OfficeID, a.CompanyID = opt(g.offices[office]), opt(g.brokerages[office%len(g.brokerages)])
		a.Phones = phones{Work: g.phone(), Mobile: g.phone()}
		host := strings.ReplaceAll(strings.Split(a.Email, "@")[0], ".", "-") + ".example.com"
		a.Website = opt("https://" + host)
		if g.chance(0.4) {
			a.Tagline, a.Bio = "Home on the Front Range", "Born and raised in Colorado."
			a.PhotoURL = opt("https://photos.example.com/agents/" + a.ID + ".jpg")
			a.WorkEmail = opt("work." + a.Email)
		}
		if g.chance(0.7) {
			a.LicenseNumber = opt(fmt.Sprintf("FA-%07d", i+1))
		}
		if g.chance(0.5) {
			a.EmployeeID = opt(fmt.Sprintf("E%04d", i+1))
			a.Social = &social{Facebook: opt(strings.TrimSuffix(host, ".com")), LinkedIn: opt("https://linkedin." + host)}
		}
		a.stamp = g.lived(g.between(historyBegin, min(historyBegin+5*365*day, g.end-100*day)))
		g.agents = append(g.agents, a)
		g.add(agents, a, 0)
	}
}

func mailbox(first, last string) string {
	plain := strings.NewReplacer("é", "e", "ñ", "n", "Å", "a", "'", "", " ", "")
	return strings.ToLower(plain.Replace(first) + "." + plain.Replace(last))
}

func (g *generator) makeTeams() {
	for i, name := range teamNames {
		b := g.brokerages[i%len(g.brokerages)]
		t := &team{ID: g.id(teams), Name: name, CompanyID: opt(b), Restricted: i%4 == 2, stamp: unchanged(g.between(historyBegin, g.end))}
		if i%2 == 1 {
			t.Description = opt("Agents of " + name)
		}
		g.teams = append(g.teams, t)
		g.add(teams, t, 0)
		for _, a := range g.agents {
			if i == 0 && a == g.agents[0] || g.chance(0.35) {
				at := g.between(int64(t.CreatedAt), g.end)
				g.add(teamMemberships, &teamMembership{g.id(teamMemberships), t.ID, a.ID, unchanged(at)}, 0)
			}
		}
	}
}

func (g *generator) makeProperties() {
	for _, d := range propertyDefs {
		g.add(customProperties, &customProperty{g.id(customProperties), d.name, "contact", d.kind, d.options, unchanged(g.between(historyBegin, historyBegin+900*day))}, 0)
	}
	if g.cfg.OddCustomProperties > 0 {
		for _, name := range oddPropertyNames {
			g.add(customProperties, &customProperty{g.id(customProperties), name, "contact", "string", nil, unchanged(historyBegin + 800*day)}, 0)
		}
	}
	g.add(customProperties, &customProperty{g.id(customProperties), "Region", "company", "string", nil, unchanged(historyBegin + 400*day)}, 0)
}
