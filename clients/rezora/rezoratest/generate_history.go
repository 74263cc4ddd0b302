package rezoratest

import "fmt"

func (g *generator) addLead(c *contact, from *campaign, about opt, at int64) {
	l := &lead{
		ID: g.id(leads), ContactID: opt(c.ID), AgentID: c.OwnerAgentID, CompanyID: opt(pick(g.r, g.brokerages)), ListingID: about,
		Status: weighted(g.r, "new", 40, "contacted", 20, "qualified", 15, "nurturing", 10, "converted", 5, "lost", 10),
		Source: weighted(g.r, "info_request", 60, "website", 25, "referral", 15), Name: opt(c.Name), Email: opt(c.Email),
		Phone: opt(c.Phones.Mobile), Message: opt(pick(g.r, leadMessages)), stamp: g.lived(at),
	}
	if from != nil {
		l.CampaignID = opt(from.ID)
	}
	if g.chance(0.3) {
		l.AgentID = "" // an unassigned marketing lead
	}
	if g.chance(0.6) {
		l.Score = numf("%d.%d", g.r.IntN(100), 5*g.r.IntN(2))
	}
	if l.Status == "converted" {
		l.ConvertedAt = l.UpdatedAt
	}
	g.leads = append(g.leads, l)
	g.add(leads, l, 0)
}

// makeLeads adds to the leads that campaigns brought until 3 % of contacts
// have one.
func (g *generator) makeLeads() {
	for len(g.leads)*100 < 3*len(g.contacts) || len(g.leads) < 4 {
		c := pick(g.r, g.contacts)
		if !c.IsSelf {
			g.addLead(c, nil, "", g.between(int64(c.CreatedAt), g.end))
		}
	}
	orphan := &lead{ID: g.id(leads), CompanyID: opt(g.brokerages[0]), Status: "new", Source: "website", Name: "Walk-in visitor", Phone: "303-555-0199", stamp: unchanged(g.end - 90*day)}
	g.add(leads, orphan, 0)
}

func (g *generator) makeNotes() {
	write := func(parent, id string, after int64, author *agent) {
		at := g.between(after, g.end)
		n := &note{ID: g.id(notes), ParentType: parent, ParentID: id, Body: pick(g.r, noteBodies), NotedAt: instant(at), stamp: g.lived(at)}
		if g.chance(0.5) {
			n.AuthorAgentID, n.AuthorName = opt(author.ID), author.DisplayName
		}
		if n.UpdatedAt != n.CreatedAt && g.chance(0.5) {
			n.EditedAt = n.UpdatedAt
		}
		g.add(notes, n, 0)
	}
	for _, a := range g.agents {
		for _, c := range g.byAgent[a.ID] {
			if !g.chance(0.25) {
				continue
			}
			for range 1 + g.r.IntN(2) {
				write("contact", c.ID, int64(c.CreatedAt), a)
			}
		}
	}
	for _, c := range g.campaigns {
		if g.chance(0.05) {
			write("campaign", c.ID, int64(c.CreatedAt), g.agents[0])
		}
	}
	write("company", g.brokerages[0], historyBegin+600*day, g.agents[0])
	for _, l := range g.leads {
		if g.chance(0.3) {
			write("lead", l.ID, int64(l.CreatedAt), g.agents[0])
		}
	}
}

func (g *generator) makeTasks() {
	for _, c := range g.contacts {
		if !g.chance(0.1) {
			continue
		}
		at := g.between(int64(c.CreatedAt), g.end)
		t := &task{
			ID: g.id(tasks), ContactID: opt(c.ID), AssigneeAgentID: c.OwnerAgentID, Title: pick(g.r, taskTitles),
			DueAt: instant(at + 3600*(1+g.r.Int64N(24*20))), Status: "open", stamp: g.lived(at),
		}
		if g.chance(0.3) {
			t.Description = "Before the weekend, please."
		}
		if g.chance(0.1) {
			t.DueAt = 0
		}
		if g.chance(0.6) {
			t.Status = "completed"
			if g.chance(0.9) {
				t.CompletedAt = t.UpdatedAt
			}
		}
		g.add(tasks, t, 0)
	}
	g.add(tasks, &task{ID: g.id(tasks), Title: "Order yard signs", Status: "open", stamp: unchanged(g.end - 30*day)}, 0)
}

func (g *generator) makeInteractions() {
	for i, c := range g.contacts {
		if !g.chance(0.15) {
			continue
		}
		begin := g.between(int64(c.CreatedAt), g.end)
		v := interaction{
			ID: g.id(interactions), Type: weighted(g.r, "call", 60, "email", 25, "meeting", 15), ContactID: opt(c.ID), AgentID: c.OwnerAgentID,
			StartedAt: instant(begin),
		}
		switch v.Type {
		case "call":
			v.Subject, v.Body, v.Direction = "Call", "Talked about budget.", opt(weighted(g.r, "inbound", 30, "outbound", 70))
			v.EndedAt = instant(begin + 60 + g.r.Int64N(1500))
			if g.chance(0.1) {
				v.EndedAt, v.Body = 0, ""
			}
		case "email":
			v.Subject, v.Direction = "Re: the house on Heron Ct", opt(weighted(g.r, "inbound", 50, "outbound", 50))
			v.Body = opt(pick(g.r, []string{"<p>Thank you &amp; see you soon.</p>", "Thank you, see you soon."}))
		case "meeting":
			v.Subject, v.Location, v.EndedAt = "Showing", opt(fmt.Sprintf("%d %s", 1+g.r.IntN(900), pick(g.r, streets))), instant(begin+3600)
		}
		v.stamp = unchanged(max(int64(v.EndedAt), begin) + 10)
		g.add(interactions, &v, 0)
		if v.Type == "meeting" && g.chance(0.3) {
			// One item per person who was there.
			for _, o := range g.contacts[max(0, i-2):i] {
				if o.OwnerAgentID == c.OwnerAgentID {
					also := v
					also.ID, also.ContactID = g.id(interactions), opt(o.ID)
					g.add(interactions, &also, 0)
				}
			}
		}
	}
}
