package report_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

func rows(t *testing.T, write func(io.Writer) error) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text(t, write))).ReadAll()
	require.NoError(t, err)
	out := []map[string]string{}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, v := range line {
			row[all[0][i]] = v
		}
		out = append(out, row)
	}
	return out
}

func TestIDMap(t *testing.T) {
	out := text(t, func(w io.Writer) error {
		return report.IDMap(w, report.Items([]report.Mapped{{"people", "9001234", "Contacts", 118, "created"}, {"companies", "a,b", "Accounts", 41, "merged"}}))
	})
	assert.Equal(t, "object,source_id,target_type,target_id,how\npeople,9001234,Contacts,118,created\ncompanies,\"a,b\",Accounts,41,merged\n", out)
	assert.Equal(t, "object,source_id,target_type,target_id,how\n", text(t, func(w io.Writer) error { return report.IDMap(w, nil) }))
}

func TestCampaigns(t *testing.T) {
	var c report.Campaign
	require.NoError(t, json.Unmarshal([]byte(`{"id":"70021","name":"Just Listed: \"14 Heron Ct\"","subject":"=New","kind":"listing_piece","status":"sent",
		"template":{"id":"512"},"schedule":{"sent_at":"2024-03-04T15:00:40Z"},"distribution_group_ids":["4711","4712"],"listings":[{"listing_id":"exmls:1:5550142"}],
		"metrics":{"recipients":212,"delivered":208,"opens_unique":61,"opens_total":97,"clicks_unique":9,"reach":0}}`), &c))
	c.OwnerEmail, c.NotesLeft = " priya@example.com ", 2
	empty := report.Campaign{}
	empty.ID, empty.Metrics.OpensUnique, empty.Metrics.Delivered = "2", "5", "0"
	got := rows(t, func(w io.Writer) error { return report.Campaigns(w, report.Items([]report.Campaign{c, empty})) })
	require.Len(t, got, 2)
	assert.Equal(t, map[string]string{
		"id": "70021", "name": `Just Listed: "14 Heron Ct"`, "subject": "=New", "kind": "listing_piece", "status": "sent", "owner_email": "priya@example.com",
		"sent_at": "2024-03-04T15:00:40Z", "groups": "4711;4712", "listings": "exmls:1:5550142", "recipients": "212", "delivered": "208", "opens_unique": "61",
		"opens_total": "97", "clicks_unique": "9", "clicks_total": "", "bounces": "", "spam_reports": "", "unsubscribes": "", "property_views": "", "reach": "0",
		"open_rate": "0.2933", "click_rate": "0.0433", "template_id": "512", "notes_left": "2",
	}, got[0])
	assert.Empty(t, got[1]["open_rate"], "nothing delivered, no rate")
}

func TestRatesAreRoundedHalfAwayFromZero(t *testing.T) {
	for want, in := range map[string][2]record.Num{
		"0": {"0", "7"}, "1": {"7", "7"}, "0.3333": {"1", "3"}, "0.6667": {"2", "3"}, "0.0001": {"1", "20000"}, "0.5": {"1", "2"}, "1.25": {"5", "4"},
		"": {"", "3"},
	} {
		var c report.Campaign
		c.Metrics.OpensUnique, c.Metrics.Delivered = in[0], in[1]
		assert.Equal(t, want, rows(t, func(w io.Writer) error { return report.Campaigns(w, report.Items([]report.Campaign{c})) })[0]["open_rate"], "%v", in)
	}
	var huge report.Campaign
	huge.Metrics.OpensUnique, huge.Metrics.Delivered = "1e999999999", "1e999999999"
	assert.Empty(t, rows(t, func(w io.Writer) error { return report.Campaigns(w, report.Items([]report.Campaign{huge})) })[0]["open_rate"])
}

func TestSocialPosts(t *testing.T) {
	var p record.SocialPost
	require.NoError(t, json.Unmarshal([]byte(`{"id":"facebook-88","network":"facebook","network_post_id":"99000001","agent_id":"3107","title":"Just listed","text":"14 Heron Ct\nCall!",
		"item":{"type":"campaign","id":"70021"},"status":"posted","posted_at":"2024-03-04T16:00:00Z","metrics":{"opens":12,"clicks":3,"potential_reach":410}}`), &p))
	got := rows(t, func(w io.Writer) error { return report.SocialPosts(w, report.Items([]record.SocialPost{p, {}})) })
	require.Len(t, got, 2)
	assert.Equal(t, "14 Heron Ct\nCall!", got[0]["text"])
	assert.Equal(t, "70021", got[0]["item_id"])
	assert.Equal(t, "410", got[0]["potential_reach"])
	assert.Equal(t, "2024-03-04T16:00:00Z", got[0]["posted_at"])
}

func TestRawRecordsKeepTheirDigits(t *testing.T) {
	raw := report.Items([]json.RawMessage{[]byte("{\n \"id\": \"1\", \"score\": 62.50,\n \"big\": 12345678901234567890, \"t\": \"<&>\\u00e9\" }"), []byte(`{"id":"2"}`)})
	assert.Equal(t, `{"id":"1","score":62.50,"big":12345678901234567890,"t":"<&>\u00e9"}`+"\n"+`{"id":"2"}`+"\n",
		text(t, func(w io.Writer) error { return report.Records(w, raw) }))
	list := text(t, func(w io.Writer) error { return report.Listings(w, raw) })
	var back []map[string]any
	require.NoError(t, json.Unmarshal([]byte(list), &back))
	assert.Len(t, back, 2)
	for _, none := range []report.Stream[json.RawMessage]{nil, report.Items[json.RawMessage](nil)} {
		require.NoError(t, json.Unmarshal([]byte(text(t, func(w io.Writer) error { return report.Listings(w, none) })), &back))
		assert.Empty(t, back)
		assert.Empty(t, text(t, func(w io.Writer) error { return report.Records(w, none) }))
	}
	require.ErrorContains(t, report.Records(io.Discard, report.Items([]json.RawMessage{[]byte("{}"), []byte("{")})), "raw record 2")
}

func TestEngagement(t *testing.T) {
	out := text(t, func(w io.Writer) error {
		return report.Engagement(w, map[string]json.RawMessage{"Engagement_History__c": []byte(`[{"event_type":"open"},{"event_type":"click"}]`)})
	})
	var back map[string][]map[string]string
	require.NoError(t, json.Unmarshal([]byte(out), &back))
	assert.Len(t, back["Engagement_History__c"], 2)
	assert.JSONEq(t, `{}`, text(t, func(w io.Writer) error { return report.Engagement(w, nil) }))
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWritersTellWhenTheDiskIsFull(t *testing.T) {
	many := make([]report.Mapped, 20_000)
	posts := make([]record.SocialPost, 20_000)
	raw := make([]json.RawMessage, 20_000)
	for i := range raw {
		raw[i] = json.RawMessage(`{"id":"1234567890"}`)
	}
	for name, write := range map[string]func(io.Writer) error{
		"id map": func(w io.Writer) error { return report.IDMap(w, report.Items(many)) }, "social posts": func(w io.Writer) error { return report.SocialPosts(w, report.Items(posts)) },
		"records": func(w io.Writer) error { return report.Records(w, report.Items(raw)) }, "listings": func(w io.Writer) error { return report.Listings(w, report.Items(raw)) },
		"json": preMigration().JSON, "html": preMigration().HTML, "csv": sampleDiff().CSV,
	} {
		require.ErrorContains(t, write(&failing{after: 100}), "disk full", name)
	}
}

func TestWalkStopsWhenTheReaderDoes(t *testing.T) {
	seen := 0
	walk := func(fn func(int) error) error {
		for i := range 10 {
			seen++
			if err := fn(i); err != nil {
				return err
			}
		}
		return nil
	}
	double := func(i int) (int, error) { return 2 * i, nil }
	for v, err := range report.Walk(walk, double) {
		require.NoError(t, err)
		if v == 4 {
			break
		}
	}
	assert.Equal(t, 3, seen)
	odd := errors.New("odd")
	var last error
	for _, err := range report.Walk(walk, func(i int) (int, error) {
		if i == 5 {
			return 0, odd
		}
		return i, nil
	}) {
		last = err
	}
	require.ErrorIs(t, last, odd)
}
