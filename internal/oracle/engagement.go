package oracle

import (
	"cmp"
	"math/big"
	"slices"

	"rezora2nutshell/internal/record"
)

// engagement gathers what the set says about one contact.
type engagement struct {
	groups    []string // ids
	campaigns map[string]bool
	events    []record.Activity
	viewed    []string // listing ids
}

// archives collects the engagement of every contact.
func (j *judge) archives() map[string]*engagement {
	out := map[string]*engagement{}
	of := func(contact string) *engagement {
		if out[contact] == nil {
			out[contact] = &engagement{campaigns: map[string]bool{}}
		}
		return out[contact]
	}
	for _, m := range j.u.members {
		if g := of(m.ContactID); !slices.Contains(g.groups, m.GroupID) {
			g.groups = append(g.groups, m.GroupID)
		}
	}
	for campaign, contacts := range j.received {
		for c := range contacts {
			of(c).campaigns[campaign] = true
		}
	}
	for _, e := range j.u.events {
		if e.Type == "open" || e.Type == "click" || e.Type == "property_view" {
			of(e.ContactID).events = append(of(e.ContactID).events, e)
		}
		if e.Type == "property_view" && e.ListingID != "" {
			of(e.ContactID).viewed = append(of(e.ContactID).viewed, e.ListingID)
		}
	}
	return out
}

func (x *check) engagement(c record.Contact, a *engagement) {
	if a == nil {
		a = &engagement{}
	}
	x.customJSON("Distribution_Groups__c", "Distribution_Groups__c: {id,name,scope}, ordered by name then id", x.j.groupsText(a))
	x.customJSON("Campaign_Archive__c", "Campaign_Archive__c: {id,name,sent_at,open_rate,click_rate}, newest sent_at first, then id", x.j.campaignsText(a))
	x.customJSON("Engagement_History__c", "Engagement_History__c: {event_type,campaign_name,timestamp}, newest first, then type, then id", x.j.eventsText(a))
	x.customJSON("Custom_Listing_IDs__c", "Custom_Listing_IDs__c: listing ids, ascending", x.j.listingsText(a))
	x.custom("Engagement_Score__c", "Engagement_Score__c: 100 x the mean of scores.open and scores.click, 2 decimals", score(c.Scores))
}

func (j *judge) groupsText(a *engagement) string {
	var served []record.DistributionGroup
	for _, id := range a.groups {
		if g, ok := j.u.groups[id]; ok {
			served = append(served, g)
		}
	}
	slices.SortFunc(served, func(x, y record.DistributionGroup) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	var out []string
	for _, g := range served {
		out = append(out, object(pair{"id", g.ID}, pair{"name", g.Name}, pair{"scope", g.Scope}))
	}
	return array(out)
}

// later orders times newest first, missing ones last.
func later(a, b record.Time) int {
	if a.Set() != b.Set() {
		if a.Set() {
			return -1
		}
		return 1
	}
	return b.Compare(a.Time)
}

func (j *judge) campaignsText(a *engagement) string {
	var served []record.Campaign
	for id := range a.campaigns {
		if c, ok := j.u.campaigns[id]; ok {
			served = append(served, c)
		}
	}
	slices.SortFunc(served, func(x, y record.Campaign) int {
		return cmp.Or(later(x.Schedule.SentAt, y.Schedule.SentAt), cmp.Compare(x.ID, y.ID))
	})
	var out []string
	for _, c := range served {
		m := c.Metrics
		out = append(out, object(pair{"id", c.ID}, pair{"name", c.Name}, pair{"sent_at", timeOrNull(c.Schedule.SentAt)},
			pair{"open_rate", rate(string(m.OpensUnique), string(m.Delivered))}, pair{"click_rate", rate(string(m.ClicksUnique), string(m.Delivered))}))
	}
	return array(out)
}

func timeOrNull(t record.Time) any {
	if !t.Set() {
		return nil
	}
	return t.String()
}

func (j *judge) eventsText(a *engagement) string {
	events := slices.Clone(a.events)
	slices.SortFunc(events, func(x, y record.Activity) int {
		return cmp.Or(later(x.OccurredAt, y.OccurredAt), cmp.Compare(x.Type, y.Type), cmp.Compare(x.ID, y.ID))
	})
	var out []string
	for _, e := range events {
		var name any
		if c, served := j.u.campaigns[e.CampaignID]; served {
			name = c.Name
		}
		out = append(out, object(pair{"event_type", e.Type}, pair{"campaign_name", name}, pair{"timestamp", timeOrNull(e.OccurredAt)}))
	}
	return array(out)
}

func (j *judge) listingsText(a *engagement) string {
	ids := map[string]bool{}
	for _, id := range a.viewed {
		ids[id] = true
	}
	for id := range a.campaigns {
		for _, l := range j.u.campaigns[id].Listings {
			if l.ListingID != "" {
				ids[l.ListingID] = true
			}
		}
	}
	var out []string
	for _, id := range keys(ids, nil) {
		out = append(out, encoded(id))
	}
	return array(out)
}

func score(s *record.Scores) string {
	if s == nil {
		return ""
	}
	open, hasOpen := number(string(s.Open))
	click, hasClick := number(string(s.Click))
	if !hasOpen && !hasClick {
		return ""
	}
	sum := new(big.Rat)
	if hasOpen {
		sum.Add(sum, open)
	}
	if hasClick {
		sum.Add(sum, click)
	}
	return fieldNumber(rounded(sum.Mul(sum, big.NewRat(50, 1)), 2))
}
