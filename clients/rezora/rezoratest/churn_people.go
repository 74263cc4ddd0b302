package rezoratest

import "fmt"

func (c *churner) changeContact() {
	r, m := c.customer()
	if r == nil {
		return
	}
	change := map[string]any{"id": r.id}
	switch c.r.IntN(6) {
	case 0:
		change["phones"] = map[string]any{"mobile": fmt.Sprintf("720-555-01%02d", c.r.IntN(100))}
	case 1:
		change["contact_type"] = pick(c.r, []string{"Hot", "Active", "Inactive", ""})
	case 2:
		name, _ := c.person()
		change["name"] = name
	case 3:
		l := pick(c.r, colorado)
		change["addresses"] = map[string]any{"home": map[string]any{"street": fmt.Sprintf("%d %s", 1+c.r.IntN(900), pick(c.r, streets)), "city": l.city, "state": l.state, "zip": l.zip}}
	case 4:
		custom := map[string]any{}
		if old, ok := m["custom_properties"].(map[string]any); ok {
			merge(custom, old)
		}
		custom["Preferred Area"] = pick(c.r, colorado).city
		change["custom_properties"] = custom
	case 5:
		_, email := c.person()
		change["email"] = email
	}
	c.put(contacts, change)
}

func (c *churner) newContact() {
	a := c.any(agents)
	if a == nil {
		return
	}
	name, email := c.person()
	r := c.put(contacts, map[string]any{
		"owner_agent_id": a.id, "name": name, "email": email, "contact_type": "Active", "source": "signup", "email_status": "unverified",
		"phones": map[string]any{"mobile": fmt.Sprintf("303-555-01%02d", c.r.IntN(100))},
	})
	if g := c.groupOf(a.id); g != nil {
		c.join(g, r)
	}
}

func (c *churner) deleteContact() {
	if r, _ := c.customer(); r != nil {
		c.drop(contacts, r)
	}
}

func (c *churner) unsubscribe() {
	r, m := c.customer()
	if r == nil || m["unsubscribed"] == true {
		return
	}
	c.put(contacts, map[string]any{"id": r.id, "unsubscribed": true, "unsubscribed_at": instant(c.now).String()})
	var about map[string]any
	if k := c.any(campaigns); k != nil {
		about = map[string]any{"campaign_id": k.id}
	}
	c.event("unsubscribe", r, m, about)
}

func (c *churner) changeCompany() {
	if r := c.any(companies); r != nil {
		c.put(companies, map[string]any{"id": r.id, "phones": map[string]any{"main": fmt.Sprintf("303-555-01%02d", c.r.IntN(100))}})
	}
}

func (c *churner) newCompany() {
	n := c.r.IntN(100_000)
	c.put(companies, map[string]any{
		"kind": "other", "name": fmt.Sprintf("%s %d", pick(c.r, firms)[0], n), "domain": fmt.Sprintf("new%d.example.com", n), "status": "active",
	})
}

func (c *churner) changeAgent() {
	if r := c.any(agents); r != nil {
		c.put(agents, map[string]any{"id": r.id, "tagline": pick(c.r, []string{"Home on the Front Range", "Your neighbor in real estate", "Closing happily"})})
	}
}

// join adds a membership, under a new id if there was one before.
func (c *churner) join(g, contact *row) {
	for _, m := range c.st.tables[groupMemberships].live(1, contact.id) {
		if m.keys[0] == g.id {
			return
		}
	}
	c.put(groupMemberships, map[string]any{"group_id": g.id, "contact_id": contact.id, "added_at": instant(c.now).String()})
}

func (c *churner) joinGroup() {
	r, m := c.customer()
	if r == nil {
		return
	}
	if g := c.groupOf(text(m["owner_agent_id"])); g != nil {
		c.join(g, r)
	}
}

func (c *churner) leaveGroup() {
	if r := c.any(groupMemberships); r != nil {
		c.drop(groupMemberships, r)
	}
}

func (c *churner) newGroup() {
	a := c.any(agents)
	if a == nil {
		return
	}
	g := c.put(distributionGroups, map[string]any{
		"name": fmt.Sprintf("%s %d", pick(c.r, groupNames), c.r.IntN(10_000)), "scope": "agent", "owner_agent_id": a.id, "kind": "standard",
	})
	mine := c.st.tables[contacts].live(0, a.id)
	for _, r := range mine[:min(3, len(mine))] {
		c.join(g, r)
	}
}
