package rezoratest

import "fmt"

func (c *churner) newLead() {
	r, m := c.customer()
	if r == nil {
		return
	}
	l := map[string]any{
		"contact_id": r.id, "agent_id": m["owner_agent_id"], "status": "new", "source": "website", "name": m["name"], "email": m["email"],
		"message": pick(c.r, leadMessages), "score": c.r.IntN(100),
	}
	if c.r.IntN(10) < 3 {
		l["agent_id"] = nil
	}
	c.put(leads, l)
}

func (c *churner) changeLead() {
	r := c.any(leads)
	if r == nil {
		return
	}
	status := pick(c.r, []string{"contacted", "qualified", "converted", "lost"})
	change := map[string]any{"id": r.id, "status": status}
	if status == "converted" {
		change["converted_at"] = instant(c.now).String()
	}
	c.put(leads, change)
}

func (c *churner) newNote() {
	r, m := c.customer()
	if r == nil {
		return
	}
	n := map[string]any{"parent_type": "contact", "parent_id": r.id, "body": pick(c.r, noteBodies), "noted_at": instant(c.now).String()}
	if c.r.IntN(2) == 0 {
		n["author_agent_id"] = m["owner_agent_id"]
	}
	c.put(notes, n)
}

func (c *churner) editNote() {
	if r := c.any(notes); r != nil {
		c.put(notes, map[string]any{"id": r.id, "body": "Edited: " + pick(c.r, noteBodies), "edited_at": instant(c.now).String()})
	}
}

func (c *churner) deleteNote() {
	if r := c.any(notes); r != nil {
		c.drop(notes, r)
	}
}

func (c *churner) newTask() {
	r, m := c.customer()
	if r == nil {
		return
	}
	c.put(tasks, map[string]any{
		"contact_id": r.id, "assignee_agent_id": m["owner_agent_id"], "title": pick(c.r, taskTitles), "status": "open",
		"due_at": instant(c.now + 3600*(1+c.r.Int64N(200))).String(),
	})
}

func (c *churner) completeTask() {
	r := c.any(tasks)
	if r == nil || r.keys[2] != "open" {
		return
	}
	c.put(tasks, map[string]any{"id": r.id, "status": "completed", "completed_at": instant(c.now).String()})
}

func (c *churner) newInteraction() {
	r, m := c.customer()
	if r == nil {
		return
	}
	c.put(interactions, map[string]any{
		"type": pick(c.r, []string{"call", "email", "meeting"}), "contact_id": r.id, "agent_id": m["owner_agent_id"], "subject": "Follow-up",
		"started_at": instant(c.now - 900).String(), "ended_at": instant(c.now - 60).String(),
	})
}

func (c *churner) newAttachment() {
	r, m := c.customer()
	if r == nil {
		return
	}
	id := c.st.idFor(resources[attachments], nil, c.bare)
	size := int64(1024 + c.r.IntN(32<<10))
	f := pick(c.r, filenames)
	c.put(attachments, map[string]any{
		"id": id, "parent_type": "contact", "parent_id": r.id, "filename": f.name, "content_type": f.kind, "size": size,
		"sha256": contentHash(id, size), "uploaded_by_agent_id": m["owner_agent_id"],
	})
}

func (c *churner) priceChange() {
	if r := c.any(listings); r != nil {
		c.put(listings, map[string]any{"id": r.id, "status": pick(c.r, []string{"active", "pending", "sold"}), "list_price": fmt.Sprint(200_000 + 1000*c.r.IntN(900))})
	}
}

// newCampaign sends a piece to the first members of a group.
func (c *churner) newCampaign() {
	a := c.any(agents)
	if a == nil {
		return
	}
	g := c.groupOf(a.id)
	if g == nil {
		return
	}
	p, at := pick(c.r, pieces), instant(c.now).String()
	k := c.put(campaigns, map[string]any{
		"name": p.name, "subject": p.name + " this week", "kind": p.kind, "status": "sent", "owner_agent_id": a.id, "created_by_agent_id": a.id,
		"distribution_group_ids": []string{g.id}, "schedule": map[string]any{"scheduled_at": at, "sent_at": at, "timezone": "America/Denver"},
		"html": page(p.name, "Fresh on the market."),
	})
	sent := 0
	for _, m := range c.st.tables[groupMemberships].live(0, g.id) {
		r := c.st.tables[contacts].get(m.keys[1], "")
		if r == nil || r.deletedAt != 0 || sent == 10 {
			continue
		}
		who := decode(r.body)
		if who["unsubscribed"] == true || text(who["email"]) == "" {
			continue
		}
		sent++
		c.put(campaignRecipients, map[string]any{"campaign_id": k.id, "contact_id": r.id, "email": who["email"], "status": "delivered", "sent_at": at})
		about := map[string]any{"campaign_id": k.id}
		c.event("processed", r, who, about)
		c.event("delivered", r, who, about)
		if c.r.IntN(3) == 0 {
			c.event("open", r, who, about)
		}
	}
	c.put(campaigns, map[string]any{"id": k.id, "metrics": map[string]any{"recipients": sent, "delivered": sent}})
}

// moreEvents lets a recipient open or click an earlier campaign.
func (c *churner) moreEvents() {
	r := c.any(campaignRecipients)
	if r == nil {
		return
	}
	who := c.st.tables[contacts].get(r.keys[1], "")
	if who == nil || who.deletedAt != 0 {
		return
	}
	about := map[string]any{"campaign_id": r.keys[0]}
	c.event("open", who, decode(who.body), about)
	if c.r.IntN(3) == 0 {
		c.event("click", who, decode(who.body), merged(about, map[string]any{"url": "https://listings.example.com/home"}))
	}
}

func merged(a, b map[string]any) map[string]any {
	m := map[string]any{}
	merge(m, a)
	merge(m, b)
	return m
}
