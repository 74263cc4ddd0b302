package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func withRows(in mapping.PersonInput) mapping.Projection {
	in.Contact = record.Contact{Common: record.Common{ID: "1"}, Name: "S", OwnerAgentID: "3107"}
	return mapping.Default().Person(env(), in)
}

func TestDistributionGroups(t *testing.T) {
	t.Parallel()
	p := withRows(mapping.PersonInput{GroupsLost: 2, Groups: []*record.DistributionGroup{
		{Common: record.Common{ID: "9"}, Name: "Past <Clients> & \"Co\"", Scope: "agent"},
		{Common: record.Common{ID: "10"}, Name: "Past <Clients> & \"Co\"", Scope: "team"},
		{Common: record.Common{ID: "1"}, Name: "Zebra", Scope: "company"},
		{Common: record.Common{ID: "2"}, Name: "apple", Scope: "agent"},
		{Common: record.Common{ID: "1"}, Name: "Zebra", Scope: "company"},
	}})
	assert.Equal(t, `[{"id":"10","name":"Past <Clients> & \"Co\"","scope":"team"},{"id":"9","name":"Past <Clients> & \"Co\"","scope":"agent"},`+
		`{"id":"1","name":"Zebra","scope":"company"},{"id":"2","name":"apple","scope":"agent"}]`, custom(p, mapping.FieldGroups), "by name then id, by their bytes")
	require.Len(t, p.Flags, 1)
	assert.Equal(t, mapping.Flag{Code: mapping.FlagLeftOut, Text: p.Flags[0].Text, N: 2}, p.Flags[0], "left out and counted")
}

func campaign(id, sent string, opens, clicks, delivered string, listings ...string) *record.Campaign {
	c := &record.Campaign{Common: record.Common{ID: id}, Name: "C" + id}
	if sent != "" {
		c.Schedule.SentAt = at(sent)
	}
	c.Metrics.OpensUnique, c.Metrics.ClicksUnique, c.Metrics.Delivered = record.Num(opens), record.Num(clicks), record.Num(delivered)
	body, _ := json.Marshal(listings)
	var ids []string
	_ = json.Unmarshal(body, &ids)
	for _, l := range ids {
		c.Listings = append(c.Listings, struct {
			ListingID string     `json:"listing_id"`
			Position  record.Num `json:"position"`
			Headline  string     `json:"headline"`
			Message   string     `json:"message"`
		}{ListingID: l})
	}
	return c
}

func TestCampaignArchive(t *testing.T) {
	t.Parallel()
	p := withRows(mapping.PersonInput{Received: []*record.Campaign{
		campaign("3", "", "1", "1", "0"),
		campaign("2", "2024-01-01T00:00:00Z", "61", "9", "208"),
		campaign("10", "2024-03-04T15:00:40Z", "1", "1", "2"),
		campaign("1", "2024-01-01T01:00:00+01:00", "1", "0", "32000"),
	}})
	assert.Equal(t, `[{"id":"10","name":"C10","sent_at":"2024-03-04T15:00:40Z","open_rate":0.5,"click_rate":0.5},`+
		`{"id":"1","name":"C1","sent_at":"2024-01-01T00:00:00Z","open_rate":0,"click_rate":0},`+
		`{"id":"2","name":"C2","sent_at":"2024-01-01T00:00:00Z","open_rate":0.2933,"click_rate":0.0433},`+
		`{"id":"3","name":"C3","sent_at":null,"open_rate":null,"click_rate":null}]`, custom(p, mapping.FieldCampaigns),
		"newest sent_at first, then id; null times last; 4 decimals, null when delivered is 0")
	p = withRows(mapping.PersonInput{Received: []*record.Campaign{campaign("1", "", "1", "3", "20000")}})
	assert.Contains(t, custom(p, mapping.FieldCampaigns), `"open_rate":0.0001,"click_rate":0.0002`, "half away from zero")
}

func TestReceived(t *testing.T) {
	t.Parallel()
	var recipients []record.CampaignRecipient
	for i, status := range []string{"queued", "sent", "delivered", "bounced", "dropped"} {
		recipients = append(recipients, record.CampaignRecipient{CampaignID: fmt.Sprint(i), Status: status})
	}
	events := []mapping.Event{{Type: "open", CampaignID: "3"}, {Type: "click", CampaignID: "9"}, {Type: "open"}, {Type: "delivered", CampaignID: "0"}, {Type: "property_view", CampaignID: "4"}}
	assert.Equal(t, []string{"1", "2", "3", "9"}, mapping.Received(recipients, events), "a recipient row with status sent or delivered, or any open or click")
}

func TestEngagementHistory(t *testing.T) {
	t.Parallel()
	names := func(id string) (string, bool) { return "Just Listed", id == "7" }
	event := func(kind, id, campaign, when string) mapping.Event {
		a := record.Activity{Common: record.Common{ID: id}, Type: kind, CampaignID: campaign}
		if when != "" {
			a.OccurredAt = at(when)
		}
		return mapping.EventOf(a, names)
	}
	p := withRows(mapping.PersonInput{Events: []mapping.Event{
		event("open", "o2", "7", "2024-01-01T00:00:00Z"), event("open", "o1", "8", "2024-01-01T00:00:00Z"), event("click", "c1", "", "2024-01-01T00:00:00Z"),
		event("property_view", "v1", "", ""), event("bounce", "b", "7", "2024-01-01T00:00:00Z"), event("open", "o3", "7", "2024-02-01T00:00:00Z"),
	}})
	assert.Equal(t, `[{"event_type":"open","campaign_name":"Just Listed","timestamp":"2024-02-01T00:00:00Z"},`+
		`{"event_type":"click","campaign_name":null,"timestamp":"2024-01-01T00:00:00Z"},`+
		`{"event_type":"open","campaign_name":null,"timestamp":"2024-01-01T00:00:00Z"},`+
		`{"event_type":"open","campaign_name":"Just Listed","timestamp":"2024-01-01T00:00:00Z"},`+
		`{"event_type":"property_view","campaign_name":null,"timestamp":null}]`, custom(p, mapping.FieldEngagement),
		"open, click and property_view, newest first, then type, then id")
}

func TestListingIDs(t *testing.T) {
	t.Parallel()
	p := withRows(mapping.PersonInput{
		Received: []*record.Campaign{campaign("1", "", "", "", "", "exmls:1:9", "exmls:1:10"), campaign("2", "", "", "", "", "exmls:1:9")},
		Events:   []mapping.Event{{Type: "property_view", ListingID: "a:1:1"}, {Type: "open", ListingID: "z:1:1"}, {Type: "property_view"}},
	})
	assert.Equal(t, `["a:1:1","exmls:1:10","exmls:1:9"]`, custom(p, mapping.FieldListings), "of the campaigns received, and of property views; ascending")
}

func TestAnArrayTooLongForItsFieldIsShortenedFromItsEnd(t *testing.T) {
	t.Parallel()
	var events []mapping.Event
	name := strings.Repeat("é", 100)
	for i := range 1000 {
		e := mapping.Event{Type: "open", ID: fmt.Sprint(i), CampaignName: &name, At: at("2024-01-01T00:00:00Z")}
		e.At = record.At(e.At.Add(-1))
		events = append(events, e)
	}
	p := withRows(mapping.PersonInput{Events: events})
	text := custom(p, mapping.FieldEngagement).(string)
	n := utf8.RuneCountInString(text)
	assert.LessOrEqual(t, n, 65536)
	assert.Greater(t, n, 65536-180, "until it fits")
	var kept, whole []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(text), &kept))
	require.NoError(t, json.Unmarshal(p.Shortened[mapping.FieldEngagement], &whole))
	assert.Len(t, whole, 1000, "the whole array")
	assert.Equal(t, kept, whole[:len(kept)], "dropped from its end")
	w := want(t, p, "custom:"+mapping.FieldEngagement)
	assert.Equal(t, "truncated", w.Verdict)
	assert.Contains(t, w.Reason, "engagement/1.json")
	assert.Equal(t, mapping.FlagArrayShortened, p.Flags[0].Code)
	assert.EqualValues(t, 1000-len(kept), p.Flags[0].N, "the number dropped reported")
}

func TestAnArrayOfExactlyTheLimitStays(t *testing.T) {
	t.Parallel()
	e := env()
	e.Limits.TextArea = len(`["a","b"]`)
	in := mapping.PersonInput{Contact: record.Contact{Name: "S"}, Events: []mapping.Event{{Type: "property_view", ListingID: "a"}, {Type: "property_view", ListingID: "b"}}}
	assert.Equal(t, `["a","b"]`, custom(mapping.Default().Person(e, in), mapping.FieldListings))
	e.Limits.TextArea--
	assert.Equal(t, `["a"]`, custom(mapping.Default().Person(e, in), mapping.FieldListings))
	e.Limits.TextArea = 4
	p := mapping.Default().Person(e, in)
	assert.Nil(t, custom(p, mapping.FieldListings))
	assert.JSONEq(t, `["a","b"]`, string(p.Shortened[mapping.FieldListings]))
}
