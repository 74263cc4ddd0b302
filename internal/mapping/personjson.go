package mapping

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

// Event is an engagement event of a person.
type Event struct {
	Type         string
	ID           string
	CampaignID   string
	CampaignName *string // nil without a campaign, or when it is not served
	ListingID    string
	At           record.Time
}

// EventOf takes from an activity what a person's engagement needs. name finds the name of a served campaign.
func EventOf(a record.Activity, name func(campaignID string) (string, bool)) Event {
	e := Event{Type: a.Type, ID: a.ID, CampaignID: a.CampaignID, ListingID: a.ListingID, At: a.OccurredAt}
	if a.CampaignID != "" {
		if n, ok := name(a.CampaignID); ok {
			e.CampaignName = &n
		}
	}
	return e
}

const (
	eventOpen  = "open"
	eventClick = "click"
	eventView  = "property_view"
)

func engaged(eventType string) bool {
	return eventType == eventOpen || eventType == eventClick || eventType == eventView
}

// Receipt reports whether a recipient row of this status says that the campaign was received.
func Receipt(status string) bool { return status == "sent" || status == "delivered" }

// Received lists the ids of the campaigns that one person received: those of a recipient row with status sent or delivered, and of
// any open or click; sorted, each once.
func Received(recipients []record.CampaignRecipient, events []Event) []string {
	ids := map[string]bool{}
	for _, r := range recipients {
		if Receipt(r.Status) && !r.Deleted {
			ids[r.CampaignID] = true
		}
	}
	for _, e := range events {
		if e.Type == eventOpen || e.Type == eventClick {
			ids[e.CampaignID] = true
		}
	}
	delete(ids, "")
	return slices.Sorted(maps.Keys(ids))
}

// newestFirst orders times from the newest to the oldest; missing ones come last.
func newestFirst(a, b record.Time) int {
	switch {
	case a.Set() && b.Set():
		return b.Compare(a.Time)
	case a.Set():
		return -1
	case b.Set():
		return 1
	}
	return 0
}

// array demands a JSON field, shortened from its end until it fits. rows are the keys of the source rows behind the elements.
func (b *build) array(key string, elements [][]byte, rows []string, reason string) {
	f, on := b.env.Fields.BuiltIn(b.m, b.p.Type, key)
	if !on || len(elements) == 0 {
		return
	}
	text, dropped, whole := jsonArray(elements, b.textLimit(f.Type))
	source := fmt.Sprintf("%d elements", len(elements))
	if dropped == 0 {
		b.builtIn(key, text, target.Transformed, reason, source)
		return
	}
	why := fmt.Sprintf("%d of %d elements do not fit; the whole array is in engagement/%s.json", dropped, len(elements), b.p.SourceID)
	b.flagN(FlagArrayShortened, f.Name+": "+why, int64(dropped))
	if b.p.Shortened == nil {
		b.p.Shortened, b.p.Kept = map[string]json.RawMessage{}, map[string][]string{}
	}
	b.p.Shortened[f.Name], b.p.Kept[key] = whole, rows[:len(rows)-dropped]
	if text == "" {
		b.p.Wants = append(b.p.Wants, target.Omit("customFields."+f.Name, source, why))
		return
	}
	b.builtIn(key, text, target.Truncated, why, source)
}

func (b *build) groups(in PersonInput) {
	if in.GroupsLost > 0 {
		b.flagN(FlagLeftOut, "memberships of groups that the source does not serve are left out", int64(in.GroupsLost))
	}
	groups := slices.Clone(in.Groups)
	slices.SortFunc(groups, func(a, b *record.DistributionGroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	groups = slices.CompactFunc(groups, func(a, b *record.DistributionGroup) bool { return a.ID == b.ID })
	var elements [][]byte
	var rows []string
	for _, g := range groups {
		rows = append(rows, g.ID)
		e := appendJSONString([]byte(`{"id":`), g.ID)
		e = appendJSONString(append(e, `,"name":`...), g.Name)
		e = appendJSONString(append(e, `,"scope":`...), g.Scope)
		elements = append(elements, append(e, '}'))
	}
	b.array(FieldGroups, elements, rows, "the groups as JSON")
}

func (b *build) campaigns(in PersonInput) {
	if in.CampaignsLost > 0 {
		b.flagN(FlagLeftOut, "campaigns that the source does not serve are left out", int64(in.CampaignsLost))
	}
	campaigns := slices.Clone(in.Received)
	slices.SortFunc(campaigns, func(a, b *record.Campaign) int {
		return cmp.Or(newestFirst(a.Schedule.SentAt, b.Schedule.SentAt), cmp.Compare(a.ID, b.ID))
	})
	campaigns = slices.CompactFunc(campaigns, func(a, b *record.Campaign) bool { return a.ID == b.ID })
	var elements [][]byte
	var rows []string
	for _, c := range campaigns {
		rows = append(rows, c.ID)
		e := appendJSONString([]byte(`{"id":`), c.ID)
		e = appendJSONString(append(e, `,"name":`...), c.Name)
		e = appendTime(append(e, `,"sent_at":`...), c.Schedule.SentAt)
		e = appendRate(append(e, `,"open_rate":`...), c.Metrics.OpensUnique, c.Metrics.Delivered)
		e = appendRate(append(e, `,"click_rate":`...), c.Metrics.ClicksUnique, c.Metrics.Delivered)
		elements = append(elements, append(e, '}'))
	}
	b.array(FieldCampaigns, elements, rows, "the campaigns received as JSON")
}

func (b *build) engagement(in PersonInput) {
	var events []Event
	for _, e := range in.Events {
		if engaged(e.Type) {
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(newestFirst(a.At, b.At), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	var elements [][]byte
	var rows []string
	for _, ev := range events {
		rows = append(rows, record.Key(ev.Type, ev.ID))
		e := appendJSONString([]byte(`{"event_type":`), ev.Type)
		e = append(e, `,"campaign_name":`...)
		if ev.CampaignName == nil {
			e = append(e, "null"...)
		} else {
			e = appendJSONString(e, *ev.CampaignName)
		}
		e = appendTime(append(e, `,"timestamp":`...), ev.At)
		elements = append(elements, append(e, '}'))
	}
	b.array(FieldEngagement, elements, rows, "opens, clicks and property views as JSON")
}

// score demands 100 x the mean of the open and click scores; one missing counts as 0.
func (b *build) score(s *record.Scores) {
	if s == nil {
		return
	}
	var fields []string
	sum := new(big.Rat)
	for _, part := range []struct {
		field string
		num   record.Num
	}{{"scores.open", s.Open}, {"scores.click", s.Click}} {
		if r := rat(string(part.num)); r != nil {
			sum.Add(sum, r)
			fields = append(fields, part.field)
		} else if part.num != "" {
			b.refuse("customFields."+FieldScore, string(part.num), "not a number", part.field)
		}
	}
	if len(fields) == 0 {
		return
	}
	n, ok := nutshellNumber(rounded(sum.Mul(sum, big.NewRat(50, 1)), 2))
	if !ok {
		b.refuse("customFields."+FieldScore, n, "more digits than Nutshell takes", fields...)
		return
	}
	b.builtIn(FieldScore, json.Number(n), target.Transformed, "100 x the mean of scores.open and scores.click",
		fmt.Sprintf("open %s, click %s", cmp.Or(string(s.Open), "missing"), cmp.Or(string(s.Click), "missing")), fields...)
}

// listings demands the ids of the listings that the person was sent or looked at.
func (b *build) listings(in PersonInput) {
	ids := map[string]bool{}
	for _, c := range in.Received {
		for _, l := range c.Listings {
			ids[l.ListingID] = true
		}
	}
	for _, e := range in.Events {
		if e.Type == eventView {
			ids[e.ListingID] = true
		}
	}
	var elements [][]byte
	var rows []string
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if !blank(id) {
			rows = append(rows, id)
			elements = append(elements, appendJSONString(nil, id))
		}
	}
	b.array(FieldListings, elements, rows, "the listing ids as JSON")
}

func appendTime(dst []byte, t record.Time) []byte {
	if !t.Set() {
		return append(dst, "null"...)
	}
	return appendJSONString(dst, t.String())
}

func appendRate(dst []byte, part, whole record.Num) []byte {
	if r, ok := ratio(string(part), string(whole)); ok {
		return append(dst, r...)
	}
	return append(dst, "null"...)
}
