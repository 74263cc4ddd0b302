package rezoratest

import "fmt"

// generatedGroup keeps the members of a group for campaigns to draw on.
type generatedGroup struct {
	*group
	members []*contact
}

func (g *generator) makeGroups() {
	var made []*generatedGroup
	for _, a := range g.agents {
		mine := g.byAgent[a.ID]
		sphere := g.newGroup("Primary Sphere", "agent", opt(a.ID), "primary_sphere", int64(a.CreatedAt))
		sphere.members = g.sample(mine, 0.7)
		made = append(made, sphere)
		for _, name := range groupNames {
			if !g.chance(0.6) {
				continue
			}
			kind := weighted(g.r, "standard", 95, "synced", 5)
			n := g.newGroup(name, "agent", opt(a.ID), kind, g.between(int64(a.CreatedAt), g.end))
			n.members = g.sample(mine, 0.03+0.2*g.r.Float64())
			made = append(made, n)
		}
	}
	shared := min(0.05, 2000/float64(len(g.contacts)))
	for _, t := range g.teams[:2] {
		n := g.newGroup(t.Name+" Master List", "team", opt(t.ID), "master", int64(t.CreatedAt))
		n.members = g.sample(g.contacts, shared)
		made = append(made, n)
	}
	for _, b := range g.brokerages {
		n := g.newGroup("Company News", "company", opt(b), weighted(g.r, "master", 80, "standard", 20), historyBegin+500*day)
		n.members = g.sample(g.contacts, shared)
		made = append(made, n)
	}
	only := g.share(len(made), g.cfg.CurrentOnly)
	for i, n := range made {
		var f flag
		if among(only, i) && n.Kind == "standard" {
			f = currentOnly
		}
		g.emitGroup(n, f)
	}
	g.groups = made
}

func (g *generator) newGroup(name, scope string, ref opt, kind string, at int64) *generatedGroup {
	n := &group{ID: g.id(distributionGroups), Name: name, Scope: scope, Kind: kind, stamp: unchanged(at)}
	switch scope {
	case "agent":
		n.OwnerAgentID = ref
	case "team":
		n.TeamID = ref
	default:
		n.CompanyID = ref
	}
	return &generatedGroup{group: n}
}

func (g *generator) emitGroup(n *generatedGroup, f flag) {
	switch k := g.r.IntN(10); {
	case k < 7:
		n.MemberCount = numf("%d", len(n.members))
	case k < 9:
		n.MemberCount = numf("%d", len(n.members)+g.r.IntN(5))
	}
	g.add(distributionGroups, n.group, f)
	var only []int
	if len(n.members) > 20 {
		only = g.share(len(n.members), g.cfg.CurrentOnly)
	}
	for i, c := range n.members {
		m := g.membership(n.group, c)
		mf := f
		if among(only, i) {
			mf = currentOnly
		}
		g.add(groupMemberships, m, mf)
	}
}

func (g *generator) membership(n *group, c *contact) *groupMembership {
	at := g.between(max(int64(n.CreatedAt), int64(c.CreatedAt)), g.end)
	m := &groupMembership{ID: g.id(groupMemberships), GroupID: n.ID, ContactID: c.ID, AddedAt: instant(at), stamp: unchanged(at)}
	if g.chance(0.02) {
		m.AddedAt = 0
	}
	return m
}

// sample picks about the given share of the contacts, in their order.
func (g *generator) sample(from []*contact, part float64) []*contact {
	var out []*contact
	for _, c := range from {
		if g.chance(part) {
			out = append(out, c)
		}
	}
	return out
}

func (g *generator) makeTemplates() {
	for i := range 12 + len(g.agents)/4 {
		p := pieces[i%len(pieces)]
		t := &template{
			ID: g.id(templates), Name: fmt.Sprintf("%s, layout %d", p.name, i/len(pieces)+1), Title: opt(p.name),
			Category: opt(p.kind), Type: "email", DefaultSubject: opt("News from ##AGENTNAME##"),
			Version: weighted(g.r, "v1", 20, "v2", 70, "static", 10), CompanyID: opt(pick(g.r, g.brokerages)),
			Archived: g.chance(0.1), stamp: g.lived(g.between(historyBegin, g.end)),
		}
		if g.chance(0.2) {
			t.CompanyID, t.Category, t.Type = "", "", ""
		}
		t.html = page(p.name, "Here is what is new in your neighborhood.")
		g.templates = append(g.templates, t)
		g.add(templates, t, 0)
	}
}

// page is the HTML of a piece, merge fields included.
func page(title, text string) string {
	return "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body>\n<p>Dear ##CONTACTNAME##,</p>\n<p>" +
		text + "</p>\n<p>##AGENTNAME##<br>##AGENTPHONE##</p>\n</body></html>\n"
}
