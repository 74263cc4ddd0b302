package rezoratest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestGuideOfActivity(t *testing.T) {
	s := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "S" }))
	kinds := map[any]float64{}
	unique := map[string]bool{}
	sent := map[any]time.Time{}
	for _, c := range s.Rows("campaigns", false) {
		if at, ok := c["schedule"].(map[string]any)["sent_at"].(string); ok {
			sent[c["id"]], _ = time.Parse(time.RFC3339, at)
		}
	}
	early, late, ingestedLate := 0.0, 0.0, 0.0
	for _, e := range s.Rows("activities", false) {
		kind := e["type"].(string)
		when, _ := time.Parse(time.RFC3339, e["occurred_at"].(string))
		seen, _ := time.Parse(time.RFC3339, e["created_at"].(string))
		if seen.Sub(when) >= 24*time.Hour {
			ingestedLate++
		}
		kinds["all"]++
		k := kind + e["campaign_id"].(string) + e["contact_id"].(string)
		if kind == "open" {
			if when.Sub(sent[e["campaign_id"]]) <= 48*time.Hour {
				early++
			} else {
				late++
			}
		}
		if (kind == "open" || kind == "click") && unique[k] {
			continue
		}
		unique[k] = true
		kinds[kind]++
	}
	n := kinds["processed"]
	within := func(name string, got, low, high float64) {
		assert.True(t, got >= low && got <= high, "%s: %.2f %% outside %v..%v", name, got, low, high)
	}
	within("delivered", 100*kinds["delivered"]/n, 96, 99)
	within("opens", 100*kinds["open"]/kinds["delivered"], 20, 35)
	within("clicks", 100*kinds["click"]/kinds["delivered"], 1, 5)
	within("unsubscribes", 100*kinds["unsubscribe"]/kinds["delivered"], 0.05, 0.4)
	within("in two days", 100*early/(early+late), 80, 100)
	within("ingested late", 100*ingestedLate/kinds["all"], 1, 3)
	assert.NotZero(t, late, "a tail of weeks")
	assert.Equal(t, float64(s.Count("campaign_recipients")), n)
}

func TestGuideOfWork(t *testing.T) {
	s := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "S" }))
	contacts := float64(s.Count("contacts"))
	owners := func(resource, field string) float64 {
		seen := map[any]bool{}
		for _, r := range s.Rows(resource, false) {
			if resource != "notes" && resource != "attachments" || r["parent_type"] == "contact" {
				seen[r[field]] = true
			}
		}
		return 100 * float64(len(seen)) / contacts
	}
	share := func(resource, field string, value any) float64 {
		n := 0
		rows := s.Rows(resource, false)
		for _, r := range rows {
			if r[field] == value {
				n++
			}
		}
		return 100 * float64(n) / float64(len(rows))
	}
	assert.InDelta(t, 25, owners("notes", "parent_id"), 4)
	assert.InDelta(t, 10, owners("tasks", "contact_id"), 3)
	assert.InDelta(t, 15, owners("interactions", "contact_id"), 4)
	assert.InDelta(t, 2, owners("attachments", "parent_id"), 1)
	assert.InDelta(t, 3, 100*float64(s.Count("leads"))/contacts, 1)
	assert.InDelta(t, 30, share("leads", "agent_id", nil), 20)
	assert.InDelta(t, 50, share("notes", "author_agent_id", nil), 8)
	assert.InDelta(t, 60, share("interactions", "type", "call"), 10)
	assert.InDelta(t, 10, share("campaigns", "status", "draft"), 7)
}
