package rezoratest

import "math"

// eventMaker writes what one recipient did with one campaign and keeps the
// campaign's metrics in step.
type eventMaker struct {
	g        *generator
	agent    *agent
	campaign *campaign
	contact  *contact
	metrics  *metrics
}

// at stores an event; a small part reaches the account days late.
func (e eventMaker) at(kind string, when int64, change func(*event)) {
	g := e.g
	seen := when + 1 + g.r.Int64N(60)
	if g.chance(g.cfg.LateEvents) {
		seen = when + day + g.r.Int64N(4*day)
	}
	v := &event{
		ID: g.st.idFor(resources[activities], map[string]any{"type": kind}, g.cfg.CollidingEventIDs), Type: kind,
		ContactID: opt(e.contact.ID), CampaignID: opt(e.campaign.ID), AgentID: opt(e.agent.ID), Email: opt(e.contact.Email),
		OccurredAt: instant(when), stamp: unchanged(min(seen, g.end)),
	}
	if change != nil {
		change(v)
	}
	g.add(activities, v, 0)
}

// history is the life of one send: processed, then delivered or not, then
// opens and clicks clustered in the first two days with a tail of weeks.
func (e eventMaker) history(r *recipient, sent int64) {
	g, m := e.g, e.metrics
	e.at("processed", sent, nil)
	if g.chance(0.02) {
		e.at("deferred", sent+5, func(v *event) { v.Detail = &detail{Attempt: 1 + g.r.IntN(3), Response: "451 try again later"} })
	}
	switch {
	case e.contact.EmailStatus == "bounced" && g.chance(0.6) || g.chance(0.007):
		r.Status = "bounced"
		m.Bounces++
		e.at("bounce", sent+8, func(v *event) {
			v.Detail = &detail{Reason: "mailbox unavailable", BounceType: "hard", SMTPStatus: "5.1.1"}
		})
		return
	case g.chance(0.003):
		r.Status = "dropped"
		e.at("dropped", sent+1, func(v *event) { v.Detail = &detail{Reason: "bounced address"} })
		return
	}
	m.Delivered++
	e.at("delivered", sent+10, func(v *event) { v.Detail = &detail{Response: "250 2.0.0 OK"} })
	if g.chance(0.28) {
		e.opened(sent)
	}
	if g.chance(0.0005) {
		m.SpamReports++
		e.at("spam_report", sent+3*3600, nil)
	}
	if !e.contact.Unsubscribed && !e.contact.IsSelf && g.chance(0.002) {
		when := e.later(sent)
		m.Unsubscribes++
		e.contact.Unsubscribed, e.contact.UnsubscribedAt = true, instant(when)
		e.contact.UpdatedAt = max(e.contact.UpdatedAt, instant(when))
		e.at("unsubscribe", when, nil)
	}
}

// later is a moment after the send: most within 48 hours.
func (e eventMaker) later(sent int64) int64 {
	hours := e.g.r.ExpFloat64() * 14
	if e.g.chance(0.1) {
		hours *= 12
	}
	return sent + 60 + int64(math.Min(hours, 60*24)*3600)
}

func (e eventMaker) opened(sent int64) {
	g, m := e.g, e.metrics
	m.OpensUnique++
	for first := true; first || g.chance(0.35); first = false {
		m.OpensTotal++
		e.at("open", e.later(sent), func(v *event) {
			v.Detail = &detail{UserAgent: pick(g.r, userAgents), Device: pick(g.r, devices)}
		})
	}
	if !g.chance(0.09) {
		return
	}
	m.ClicksUnique++
	when := e.later(sent)
	var about opt
	if len(e.campaign.Listings) > 0 {
		about = opt(e.campaign.Listings[0].ListingID)
	}
	for first := true; first || g.chance(0.3); first = false {
		m.ClicksTotal++
		e.at("click", when, func(v *event) {
			v.URL, v.ListingID, v.Detail = "https://listings.example.com/"+e.path(), about, &detail{Device: pick(g.r, devices)}
		})
		when += 30 + g.r.Int64N(600)
	}
	e.browsed(about, when)
}

func (e eventMaker) path() opt {
	if len(e.campaign.Listings) > 0 {
		return opt(e.campaign.Listings[0].ListingID)
	}
	return "home"
}

// browsed is what follows some clicks: property views, searches, questions.
func (e eventMaker) browsed(about opt, when int64) {
	g, m := e.g, e.metrics
	if about != "" && g.chance(0.5) {
		m.PropertyViews++
		e.at("property_view", when+20, func(v *event) { v.ListingID, v.Detail = about, &detail{Source: "campaign"} })
	}
	if g.chance(0.2) {
		e.at("property_search", when+90, func(v *event) {
			v.Detail = &detail{Source: "site", Search: map[string]any{"city": pick(g.r, colorado).city, "beds_min": 1 + g.r.IntN(4), "price_max": 650000}}
		})
	}
	if about != "" && g.chance(0.2) {
		e.at("info_request", when+200, func(v *event) { v.ListingID = about })
		g.addLead(e.contact, e.campaign, about, when+200)
	}
}
