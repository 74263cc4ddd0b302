package rezoratest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// weighted draws one of the values by the weight that follows it.
func weighted(r *rand.Rand, pairs ...any) string {
	total := 0
	for i := 1; i < len(pairs); i += 2 {
		total += pairs[i].(int)
	}
	n := r.IntN(total)
	for i := 0; ; i += 2 {
		if n -= pairs[i+1].(int); n < 0 {
			return pairs[i].(string)
		}
	}
}

// makeContacts makes exactly the live contacts the size asks for, skewed over
// the agents; the rows are stored by emitContacts once campaigns and groups
// have left their marks.
func (g *generator) makeContacts() {
	weights, sum := make([]float64, len(g.agents)), 0.0
	for i := range weights {
		weights[i] = 0.35 + math.Min(4, g.r.ExpFloat64())
		sum += weights[i]
	}
	left := g.size.contacts
	for i, a := range g.agents {
		n := int(float64(g.size.contacts) * weights[i] / sum)
		if i == len(g.agents)-1 {
			n = left
		}
		n = max(2, n)
		left -= n
		g.addContact(a, g.selfContact(a))
		for range n - 1 {
			g.addContact(a, g.person(a, len(g.contacts)))
		}
	}
	for _, i := range g.share(len(g.contacts), g.cfg.DuplicateInAgent) {
		g.duplicateWithin(g.contacts[i])
	}
	for _, i := range g.share(len(g.contacts), g.cfg.CurrentOnly) {
		if c := g.contacts[i]; !c.IsSelf {
			g.flags[c.ID] |= currentOnly
		}
	}
	g.splitUnsubscribed()
}

func (g *generator) addContact(a *agent, c *contact) {
	g.contacts = append(g.contacts, c)
	g.byAgent[a.ID] = append(g.byAgent[a.ID], c)
}

// duplicateWithin gives a contact the e-mail of another one of its agent.
func (g *generator) duplicateWithin(c *contact) {
	for range 20 {
		o := pick(g.r, g.byAgent[string(c.OwnerAgentID)])
		if o != c && !o.IsSelf && !c.IsSelf && o.Email != "" {
			c.Email = o.Email
			return
		}
	}
}

func (g *generator) splitUnsubscribed() {
	if g.cfg.UnsubscribedOnlyIn == "none" {
		return
	}
	for _, i := range g.share(len(g.contacts), 0.01) {
		c := g.contacts[i]
		if c.IsSelf || g.flags[c.ID]&currentOnly != 0 {
			continue
		}
		if g.cfg.UnsubscribedOnlyIn == "current" {
			c.Unsubscribed, c.UnsubscribedAt = true, c.UpdatedAt
			g.flags[c.ID] |= legacySubscribed
		} else {
			c.Unsubscribed, c.UnsubscribedAt = false, 0
			g.flags[c.ID] |= legacyUnsubbed
		}
	}
}

func (g *generator) emitContacts() {
	for _, c := range g.contacts {
		g.add(contacts, c, g.flags[c.ID])
	}
}

// selfContact mirrors the agent's own name and e-mail.
func (g *generator) selfContact(a *agent) *contact {
	return &contact{
		ID: g.id(contacts), OwnerAgentID: opt(a.ID), SharedAgentIDs: noIDs,
		Name: string(a.DisplayName), Email: a.Email, Phones: a.Phones, Kind: "self", IsSelf: true,
		EmailStatus: "ok", Source: "signup", Custom: noMap, stamp: unchanged(int64(a.CreatedAt)),
	}
}

// person is a contact of a, eight percent of them known to another agent too.
func (g *generator) person(a *agent, n int) *contact {
	c := &contact{ID: g.id(contacts), OwnerAgentID: opt(a.ID), SharedAgentIDs: noIDs, Kind: "normal"}
	created := min(g.between(int64(a.CreatedAt), g.end), g.between(int64(a.CreatedAt), g.end))
	c.stamp = g.lived(created)
	first, last := pick(g.r, firstNames), pick(g.r, lastNames)
	c.Name, c.Email = g.fullName(first, last), g.address(first, last, n)
	if n > 40 && g.chance(0.08) {
		if o := g.contacts[g.r.IntN(len(g.contacts))]; o.OwnerAgentID != c.OwnerAgentID && !o.IsSelf {
			c.Name, c.Email, first, last = o.Name, o.Email, "", ""
		}
	}
	if first != "" && g.chance(0.05) {
		c.FirstName, c.LastName = opt(first), opt(last)
	}
	c.ContactType = weighted(g.r, "Hot", 5, "Active", 25, "Inactive", 20, "", 50)
	c.Kind = weighted(g.r, "normal", 95, "synced", 3, "master", 2)
	if c.Kind == "synced" {
		c.ExternalIDs = externalIDs{opt(fmt.Sprintf("crm-%d", n)), opt("owner-" + a.ID), "acct-1"}
	}
	c.EmailStatus, c.Source = opt(weighted(g.r, "ok", 90, "bounced", 3, "spam_reported", 1, "unverified", 6)), opt(weighted(g.r, "manual", 30, "import", 40, "signup", 20, "sync", 5, "", 5))
	if g.chance(0.05) {
		c.Unsubscribed, c.UnsubscribedAt = true, instant(g.between(created, int64(c.UpdatedAt)+1))
	}
	if g.chance(0.6) {
		c.OptIn.FirstAt = instant(created)
		if g.chance(0.2) {
			c.OptIn.SecondAt = instant(g.between(created, created+day))
		}
	}
	g.particulars(c)
	g.scoring(c)
	c.Custom = g.properties()
	if g.chance(0.03) && len(g.agents) > 1 {
		if o := pick(g.r, g.agents); o != a {
			c.SharedAgentIDs = []string{o.ID}
		}
	}
	return c
}

// fullName is mostly "First Last", but couples, inverted names, firms and
// empty names occur.
func (g *generator) fullName(first, last string) string {
	switch n := g.r.IntN(100); {
	case n < 2:
		return first + " & " + pick(g.r, firstNames) + " " + last
	case n < 6:
		return last + ", " + first
	case n < 8:
		return pick(g.r, firms)[0]
	case n < 9:
		return ""
	case n < 12:
		return first
	}
	return first + " " + last
}

func (g *generator) address(first, last string, n int) string {
	host := weighted(g.r, "example.com", 70, "mail.example.com", 15, "post.example.com", 15)
	e := fmt.Sprintf("%s%d@%s", mailbox(first, last), n, host)
	switch k := g.r.IntN(200); {
	case k < 2:
		return ""
	case k < 4:
		return strings.ToUpper(e)
	case k < 5:
		return " " + e + " "
	}
	return e
}

// particulars fills firm, phones and addresses.
func (g *generator) particulars(c *contact) {
	if g.chance(0.3) {
		firm := g.r.IntN(len(firms))
		c.CompanyName = opt(pick(g.r, firms[firm]))
		if g.chance(0.33) {
			c.CompanyID = opt(g.firmIDs[firm%len(g.firmIDs)])
		}
		c.Title = opt(weighted(g.r, "", 50, "Owner", 20, "Manager", 20, "Partner", 10))
	}
	for _, p := range []*string{&c.Phones.Home, &c.Phones.Work, &c.Phones.Mobile, &c.Phones.Mobile} {
		if g.chance(0.35) {
			*p = g.phone()
		}
	}
	if g.chance(0.6) {
		l := g.place()
		c.Addresses.Home = contactAddress{Street: fmt.Sprintf("%d %s", 1+g.r.IntN(9000), pick(g.r, streets)), City: l.city, State: l.state, Zip: l.zip}
		if g.chance(0.15) {
			c.Addresses.Home.Street2 = fmt.Sprintf("Unit %d", 1+g.r.IntN(40))
		}
	}
	if c.CompanyName != "" && g.chance(0.4) {
		l := g.place()
		c.Addresses.Business = contactAddress{Street: fmt.Sprintf("%d %s", 1+g.r.IntN(9000), pick(g.r, streets)), City: l.city, State: l.state, Zip: l.zip}
	}
}

func (g *generator) scoring(c *contact) {
	if !g.chance(0.7) {
		return
	}
	c.Scores = &scores{
		Open: numf("%.2f", g.r.Float64()), Click: numf("%.2f", g.r.Float64()/4), Bounce: "0", Unsubscribe: "0", Spam: "0",
		Details: numf("%.2f", g.r.Float64()/3), Search: "0", EmailCount: g.r.IntN(90), LastScoredAt: c.UpdatedAt,
	}
}

func (g *generator) properties() map[string]any {
	m := map[string]any{}
	if !g.chance(0.6) {
		return m
	}
	for range 1 + g.r.IntN(4) {
		d := pick(g.r, propertyDefs)
		switch d.kind {
		case "date":
			m[d.name] = instant(g.between(0, historyEnd)).date()
		case "bool":
			m[d.name] = g.chance(0.5)
		case "enum":
			m[d.name] = pick(g.r, d.options)
		default:
			m[d.name] = map[string]string{
				"Preferred Area": pick(g.r, colorado).city, "Lender": "Blue Spruce Lending",
				"Referral Source": pick(g.r, []string{"Neighbor", "Open house", "Web"}), "Spouse Name": pick(g.r, firstNames),
			}[d.name]
		}
	}
	return m
}
