package rezoratest

import (
	"fmt"
	"math"
)

func (g *generator) makeSequences() {
	for i := range 1 + len(g.agents)/3 {
		a := g.agents[i]
		mine := g.groupsOf(a)
		q := &sequence{
			ID: g.id(sequences), Name: []string{"New buyer welcome", "Past client care", "Open house follow-up"}[i%3],
			Status: weighted(g.r, "active", 70, "draft", 10, "paused", 10, "archived", 10), OwnerAgentID: opt(a.ID), RequiresListing: i%3 == 2,
			Trigger: trigger{"manual", map[string]any{}}, stamp: g.lived(g.between(int64(a.CreatedAt), g.end)),
		}
		if len(mine) > 0 {
			q.Trigger = trigger{"added_to_group", map[string]any{"group_id": mine[0].ID}}
		}
		if i%4 == 3 {
			q.OwnerAgentID, q.CompanyID = "", opt(g.brokerages[0])
			q.Trigger = trigger{"date_property", map[string]any{"name": "Home Anniversary", "days_before": 7}}
		}
		q.Steps = []step{
			{ID: "s1", Position: 1, Name: "Hello", Action: "send_email", TemplateID: opt(g.templates[0].ID), Delay: &delay{0, "minutes", "trigger"}},
			{ID: "s2", Position: 2, Action: "wait", Delay: &delay{2, "weeks", "previous_step"}},
			{
				ID: "s3", Position: 3, Name: "Nudge", Action: "send_email", TemplateID: opt(g.templates[1].ID), Delay: &delay{3, "days", "previous_step"},
				SendWindow: &sendWindow{[]string{"mon", "tue", "wed", "thu", "fri"}, "09:00", "17:00", "America/Denver"},
				Condition:  &condition{"email_opened", "s1", map[string]any{}}, OnFalse: "exit",
			},
			{ID: "s4", Position: 4, Action: "notify_agent"},
		}
		g.add(sequences, q, 0)
		g.enroll(q, a)
	}
}

func (g *generator) enroll(q *sequence, a *agent) {
	enrolled := g.sample(g.byAgent[a.ID], 0.06)
	if len(enrolled) == 0 {
		enrolled = g.byAgent[a.ID][:1]
	}
	for _, c := range enrolled {
		at := g.between(max(int64(q.CreatedAt), int64(c.CreatedAt)), g.end)
		e := &enrollment{
			ID: g.id(sequenceEnrollments), SequenceID: q.ID, ContactID: c.ID, CurrentStepID: opt(q.Steps[g.r.IntN(4)].ID),
			Status: weighted(g.r, "active", 40, "completed", 40, "exited", 15, "failed", 5), EnteredAt: instant(at), stamp: g.lived(at),
		}
		switch e.Status {
		case "completed":
			e.CompletedAt, e.CurrentStepID = e.UpdatedAt, ""
		case "exited":
			e.ExitReason = "unsubscribed"
		}
		g.add(sequenceEnrollments, e, 0)
	}
}

var networks = []string{"facebook", "twitter", "linkedin", "pinterest", "instagram"}

func (g *generator) makePosts() {
	for i, c := range g.campaigns {
		if i > 1 && !g.chance(0.2) {
			continue
		}
		at := int64(c.CreatedAt) + 3600
		p := &socialPost{
			Network: pick(g.r, networks), AgentID: c.OwnerAgentID, Title: opt(c.Name), Text: opt(c.Subject),
			Item: &socialItem{"campaign", c.ID}, Status: weighted(g.r, "posted", 90, "failed", 10), stamp: g.lived(at),
		}
		p.ID = g.st.idFor(resources[socialPosts], map[string]any{"network": p.Network}, false)
		if p.Status == "posted" {
			p.PostedAt, p.NetworkPostID = instant(at), opt(fmt.Sprintf("9900%04d", i))
			p.Metrics = socialMetrics{g.r.IntN(40), g.r.IntN(10), 100 + g.r.IntN(900)}
		} else {
			p.ScheduledAt = instant(at)
		}
		if len(c.Listings) > 0 && g.chance(0.5) {
			p.Item = &socialItem{"listing", c.Listings[0].ListingID}
		}
		g.add(socialPosts, p, 0)
	}
}

func (g *generator) makeAttachments() {
	for _, i := range g.share(len(g.contacts), 0.02) {
		c := g.contacts[i]
		g.addAttachment("contact", c.ID, int64(c.CreatedAt), c.OwnerAgentID, "", g.fileSize())
	}
	for i, c := range g.campaigns {
		if i == 0 || g.chance(0.05) {
			g.addAttachment("campaign", c.ID, int64(c.CreatedAt), c.OwnerAgentID, "", g.fileSize())
		}
	}
	for i, l := range g.leads {
		if i == 0 || g.chance(0.03) {
			g.addAttachment("lead", l.ID, int64(l.CreatedAt), l.AgentID, "", g.fileSize())
		}
	}
	if !g.cfg.AttachmentOdd {
		return
	}
	parent := g.contacts[len(g.contacts)/2]
	for _, odd := range []struct {
		name string
		size int64
	}{
		{"empty.txt", 0}, {"same.pdf", 2048}, {"same.pdf", 4096}, {"../../etc/passwd", 1024}, {`C:\temp\report.pdf`, 1024},
		{"line\nbreak\u0007.txt", 1024}, {"", 1024}, {".", 1024}, {"-rf.txt", 1024}, {"CON", 1024}, {"\u202egpj.exe", 1024},
		{longName(), 1024}, {"video.mp4", 64 << 20},
	} {
		g.addAttachment("contact", parent.ID, int64(parent.CreatedAt), parent.OwnerAgentID, odd.name, odd.size)
	}
}

func longName() string {
	b := make([]byte, 0, 304)
	for range 300 {
		b = append(b, 'n')
	}
	return string(append(b, ".pdf"...))
}

// fileSize is 1 KiB to 5 MiB, few of them large.
func (g *generator) fileSize() int64 {
	top := 48 << 10
	switch n := g.r.IntN(100); {
	case n < 1:
		top = 5 << 20
	case n < 8:
		top = 512 << 10
	}
	return int64(1024 * math.Pow(float64(top)/1024, g.r.Float64()))
}

func (g *generator) addAttachment(parent, id string, after int64, by opt, name string, size int64) {
	f := pick(g.r, filenames)
	a := &attachment{
		ID: g.id(attachments), ParentType: parent, ParentID: id, Filename: f.name, ContentType: f.kind, Size: size,
		UploadedByAgentID: by, stamp: unchanged(g.between(after, g.end)),
	}
	if name != "" {
		a.Filename = name
	}
	if g.chance(0.7) {
		a.DownloadURL = opt("/api/v1/attachments/" + a.ID + "/content")
	}
	if g.chance(0.85) {
		a.SHA256 = opt(contentHash(a.ID, size))
	}
	g.add(attachments, a, 0)
}
