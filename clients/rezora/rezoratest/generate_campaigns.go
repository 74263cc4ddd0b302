package rezoratest

import (
	"fmt"
	"slices"
)

func (g *generator) makeListings() {
	number := 5550100
	for _, a := range g.agents {
		for range 2 + g.r.IntN(4) {
			number += 1 + g.r.IntN(3)
			g.addListing(a, number)
		}
	}
}

var listingTypes = []string{"residential", "commercial", "land", "lease", "income", "business", "private"}

func (g *generator) addListing(a *agent, number int) {
	kind := 0
	if g.chance(0.15) {
		kind = 1 + g.r.IntN(len(listingTypes)-1)
	}
	org := "exmls"
	if g.chance(0.1) {
		org = "nemls"
	}
	place := pick(g.r, colorado)
	listed := g.between(int64(a.CreatedAt), g.end-60*day)
	price := 200_000 + 5000*g.r.IntN(300)
	l := &listing{
		ID: fmt.Sprintf("%s:%d:%d", org, kind+1, number), MLSOrgID: org, MLSNumber: fmt.Sprint(number), ListingType: listingTypes[kind],
		Status: weighted(g.r, "active", 30, "coming_soon", 5, "pending", 15, "sold", 35, "withdrawn", 5, "expired", 10),
		Address: listingAddress{
			Street: fmt.Sprintf("%d %s", 1+g.r.IntN(900), pick(g.r, streets)), City: place.city, State: place.state, Zip: place.zip, County: place.county,
		},
		ListPrice: opt(fmt.Sprint(price)), ListDate: opt(instant(listed).date()), Photos: []photo{}, Remarks: "Corner lot.",
		ListingAgent: &listingAgent{ID: opt(a.ID), Name: string(a.DisplayName), Email: opt(a.Email), Phone: opt(a.Phones.Work)},
		OwnerAgentID: opt(a.ID), stamp: g.lived(listed),
	}
	l.StatusRaw = opt(l.Status[:1])
	if kind != 2 {
		l.Beds, l.Baths, l.Sqft = numf("%d", 1+g.r.IntN(5)), num(pick(g.r, []string{"1", "1.5", "2", "2.5", "3"})), numf("%d", 700+g.r.IntN(3000))
		l.YearBuilt = numf("%d", 1920+g.r.IntN(100))
	}
	l.LotAcres, l.Latitude, l.Longitude = numf("0.%02d", 5+g.r.IntN(90)), numf("39.%02d", 50+g.r.IntN(50)), numf("-105.%02d", g.r.IntN(30))
	for i := range g.r.IntN(4) {
		l.Photos = append(l.Photos, photo{fmt.Sprintf("https://photos.example.com/%d/%d.jpg", number, i+1), i + 1})
	}
	if l.Status == "sold" {
		l.SoldPrice, l.SoldDate = opt(fmt.Sprintf("%d.50", price-2000)), opt(instant(listed+50*day).date())
	}
	if g.chance(0.2) {
		l.ListingAgent = &listingAgent{Name: "Co-listed by another office"}
	}
	g.listings = append(g.listings, l)
	g.add(listings, l, 0)
}

func (g *generator) makeCampaigns() {
	for _, a := range g.agents {
		mine := g.groupsOf(a)
		for range 5 + g.r.IntN(5) {
			g.addCampaign(a, mine)
		}
	}
}

func (g *generator) groupsOf(a *agent) []*generatedGroup {
	var out []*generatedGroup
	for _, n := range g.groups {
		if string(n.OwnerAgentID) == a.ID && len(n.members) > 0 {
			out = append(out, n)
		}
	}
	return out
}

func (g *generator) addCampaign(a *agent, mine []*generatedGroup) {
	p := pick(g.r, pieces)
	// Pieces grow more frequent over the years.
	made := max(g.between(int64(a.CreatedAt), g.end-70*day), g.between(int64(a.CreatedAt), g.end-70*day))
	c := &campaign{
		ID: g.id(campaigns), Name: p.name, Subject: p.name + " from " + string(a.DisplayName), Kind: p.kind, Status: "sent",
		OwnerAgentID: opt(a.ID), CreatedByAgentID: opt(a.ID), CompanyID: a.CompanyID, GroupIDs: noIDs, Listings: []campaignListing{},
	}
	if g.chance(0.05) {
		c.OnBehalf, c.CreatedByAgentID, c.TeamID = true, opt(g.agents[0].ID), opt(g.teams[0].ID)
	}
	if g.chance(0.9) {
		t := pick(g.r, g.templates)
		c.Template = &campaignTemplate{t.ID, t.Name, t.Version}
	}
	if g.chance(0.15) {
		n := 1 + g.r.IntN(3)
		c.Program = &program{fmt.Sprintf("prg-%d", n), fmt.Sprintf("Seasonal programme %d", n)}
	}
	if p.listing {
		g.attachListings(a, c)
	}
	c.html = page(c.Name, "##LISTINGADDRESS## is on the market.")
	var members []*contact
	if len(mine) > 0 && g.chance(0.95) {
		n := mine[0] // the Primary Sphere
		if g.chance(0.4) {
			n = pick(g.r, mine)
		}
		c.GroupIDs, members = []string{n.ID}, n.members
	}
	sent := made + g.r.Int64N(5*day)
	switch state := weighted(g.r, "sent", 80, "draft", 10, "scheduled", 2, "archived", 4, "canceled", 3, "failed", 1); state {
	case "sent", "archived":
		c.Status = state
		c.Schedule = schedule{instant(sent), "America/Denver", instant(sent + 2), instant(sent + 40), instant(sent + 70), 0, ""}
		c.stamp = stamp{CreatedAt: instant(made), UpdatedAt: instant(sent + 2*day)}
		g.send(a, c, members, sent)
	case "scheduled":
		c.Status = state
		c.Schedule = schedule{ScheduledAt: instant(historyEnd + 5*365*day), Timezone: "America/Denver", Recurrence: "monthly"}
		c.stamp = unchanged(made)
	default:
		c.Status = state
		c.stamp = unchanged(made)
	}
	g.campaigns = append(g.campaigns, c)
	g.add(campaigns, c, 0)
}

func (g *generator) attachListings(a *agent, c *campaign) {
	for _, l := range g.listings {
		if string(l.OwnerAgentID) != a.ID || len(c.Listings) > 0 && !g.chance(0.2) {
			continue
		}
		entry := campaignListing{ListingID: l.ID, Position: len(c.Listings) + 1, Headline: opt(l.Address.Street)}
		if g.chance(0.3) {
			entry.Message = "Call me for a private tour."
		}
		c.Listings = append(c.Listings, entry)
	}
	if len(c.Listings) > 0 {
		c.Name += ": " + string(c.Listings[0].Headline)
	}
	if g.chance(0.03) {
		// A listing that is no longer served stays as a bare id.
		c.Listings = append(c.Listings, campaignListing{ListingID: "exmls:1:4440001", Position: len(c.Listings) + 1})
	}
}

// send makes the recipients of a campaign and what they did.
func (g *generator) send(a *agent, c *campaign, members []*contact, sent int64) {
	if len(members) > g.size.recipients {
		from := g.r.IntN(len(members) - g.size.recipients)
		members = members[from : from+g.size.recipients]
	}
	m := &c.Metrics
	for i, to := range members {
		if to.Email == "" || int64(to.CreatedAt) > sent || to.Unsubscribed && int64(to.UnsubscribedAt) <= sent {
			continue
		}
		r := &recipient{
			ID: g.id(campaignRecipients), CampaignID: c.ID, ContactID: to.ID, Email: to.Email,
			Status: "delivered", SentAt: instant(sent + int64(i)%40), stamp: unchanged(sent + int64(i)%40),
		}
		r.UpdatedAt += 18
		m.Recipients++
		e := eventMaker{g: g, agent: a, campaign: c, contact: to, metrics: m}
		e.history(r, sent+int64(i)%40)
		g.add(campaignRecipients, r, 0)
	}
	if g.chance(g.cfg.MetricsDrift) {
		m.OpensUnique += 3
		m.Delivered = max(0, m.Delivered-1)
	}
	if slices.Contains([]string{"newsletter", "market_report"}, c.Kind) {
		m.Reach = m.Recipients * 2
	}
}
