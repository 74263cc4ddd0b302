package rezoratest

// makeRemoved adds rows that were deleted: most with a living tombstone, some
// so long ago that it has expired, a share of the contacts and groups still
// served by the legacy API.
func (g *generator) makeRemoved() {
	n := len(g.contacts)
	plain, served := g.share(n, 0.015), g.share(n, g.cfg.LegacyServesDeleted)
	for i := range len(plain) + len(served) {
		a := pick(g.r, g.agents)
		c := g.person(a, n+i)
		c.Kind, c.IsSelf = "normal", false
		at := g.removedAt(i)
		g.ageBefore(&c.stamp, at, a)
		f := flag(0)
		if i >= len(plain) {
			f = servedDeleted
		}
		g.addRemoved(contacts, c, at, f)
		for _, group := range g.groups {
			if string(group.OwnerAgentID) == a.ID && group.Kind == "primary_sphere" {
				m := g.membership(group.group, c)
				m.CreatedAt, m.UpdatedAt, m.AddedAt = c.CreatedAt, c.CreatedAt, c.CreatedAt
				g.addRemoved(groupMemberships, m, at, f)
			}
		}
	}
	g.removeGroups()
	for i, c := range g.contacts {
		if i%97 == 5 {
			at := g.removedAt(i)
			body := &note{ID: g.id(notes), ParentType: "contact", ParentID: c.ID, Body: "Deleted note.", NotedAt: c.CreatedAt, stamp: unchanged(int64(c.CreatedAt))}
			g.addRemoved(notes, body, at, 0)
			g.addRemoved(tasks, &task{ID: g.id(tasks), ContactID: opt(c.ID), Title: "Dropped task", Status: "open", stamp: unchanged(int64(c.CreatedAt))}, at, 0)
		}
	}
	a := g.agents[0]
	gone := &campaign{
		ID: g.id(campaigns), Name: "Withdrawn piece", Subject: "Withdrawn", Kind: "other", Status: "draft", OwnerAgentID: opt(a.ID),
		GroupIDs: noIDs, Listings: []campaignListing{}, stamp: unchanged(int64(a.CreatedAt)),
	}
	g.addRemoved(campaigns, gone, g.removedAt(1), 0)
}

func (g *generator) removeGroups() {
	served := g.share(len(g.groups), g.cfg.LegacyServesDeleted)
	for i := range 1 + len(served) {
		a := g.agents[i%len(g.agents)]
		n := g.newGroup("Old Farm Area", "agent", opt(a.ID), "standard", int64(a.CreatedAt))
		f := flag(0)
		if i > 0 {
			f = servedDeleted
		}
		at := g.removedAt(1)
		g.addRemoved(distributionGroups, n.group, at, f)
		c := g.byAgent[a.ID][1]
		m := g.membership(n.group, c)
		m.CreatedAt, m.UpdatedAt, m.AddedAt = c.CreatedAt, c.CreatedAt, c.CreatedAt
		g.addRemoved(groupMemberships, m, at, f)
	}
}

// removedAt is a deletion time before the start: every fifth is older than
// any usual life of a tombstone.
func (g *generator) removedAt(i int) int64 {
	if i%5 == 4 {
		return g.now - (60+g.r.Int64N(200))*day
	}
	return g.now - day - g.r.Int64N(24*day)
}

// ageBefore moves a stamp to before the deletion.
func (g *generator) ageBefore(s *stamp, at int64, a *agent) {
	if int64(s.UpdatedAt) >= at {
		*s = unchanged(min(int64(a.CreatedAt)+day, at-day))
	}
}

// makeLegacyOnly adds what only the legacy API knows, under ids that are used
// nowhere else: contacts, a list, a team, memberships.
func (g *generator) makeLegacyOnly() {
	if g.cfg.LegacyOnly <= 0 {
		return
	}
	n := len(g.contacts)
	for i := range len(g.share(n, g.cfg.LegacyOnly)) {
		a := g.agents[(i*7)%len(g.agents)]
		c := g.person(a, 2*n+i)
		c.Kind, c.SharedAgentIDs = "normal", noIDs
		if c.Email != "" {
			c.Email = numfText("legacy%d@example.com", i)
		}
		g.addLegacy(contacts, c)
		var list *group
		for _, group := range g.groups {
			if string(group.OwnerAgentID) == a.ID && group.Kind == "primary_sphere" {
				list = group.group
			}
		}
		if i%4 == 0 {
			list = g.newGroup(numfText("Legacy List %d", i), "agent", opt(a.ID), "standard", int64(c.CreatedAt)).group
			g.addLegacy(distributionGroups, list)
			g.addLegacy(groupMemberships, g.membership(list, g.byAgent[a.ID][1]))
		}
		g.addLegacy(groupMemberships, g.membership(list, c))
	}
	t := &team{ID: g.id(teams), Name: "Legacy Team", CompanyID: opt(g.brokerages[0]), stamp: unchanged(historyBegin + 50*day)}
	g.addLegacy(teams, t)
	g.addLegacy(teamMemberships, &teamMembership{g.id(teamMemberships), t.ID, g.agents[0].ID, unchanged(historyBegin + 51*day)})
}
