package report

import (
	"io"
	"math/big"
	"strconv"
	"strings"

	"rezora2nutshell/internal/record"
)

// Campaign is a campaign with what its row takes from other records.
type Campaign struct {
	record.Campaign
	OwnerEmail string
	NotesLeft  int64 // notes that are in the archive only
}

// Campaigns writes campaigns.csv: one row a campaign, rates with 4 decimals as in Campaign_Archive__c, lists of ids separated by
// semicolons, a missing value empty.
func Campaigns(w io.Writer, rows Stream[Campaign]) error {
	t := newTable(w, "id", "name", "subject", "kind", "status", "owner_email", "sent_at", "groups", "listings", "recipients", "delivered",
		"opens_unique", "opens_total", "clicks_unique", "clicks_total", "bounces", "spam_reports", "unsubscribes", "property_views", "reach",
		"open_rate", "click_rate", "template_id", "notes_left")
	return writeRows(t, rows, campaignRow)
}

func campaignRow(c Campaign) []string {
	m := c.Metrics
	listings := make([]string, len(c.Listings))
	for i, l := range c.Listings {
		listings[i] = l.ListingID
	}
	template := ""
	if c.Template != nil {
		template = c.Template.ID
	}
	return []string{
		c.ID, c.Name, c.Subject, c.Kind, c.Status, strings.TrimSpace(c.OwnerEmail), c.Schedule.SentAt.String(),
		strings.Join(c.DistributionGroupIDs, ";"), strings.Join(listings, ";"), string(m.Recipients), string(m.Delivered),
		string(m.OpensUnique), string(m.OpensTotal), string(m.ClicksUnique), string(m.ClicksTotal), string(m.Bounces), string(m.SpamReports),
		string(m.Unsubscribes), string(m.PropertyViews), string(m.Reach), rate(m.OpensUnique, m.Delivered), rate(m.ClicksUnique, m.Delivered),
		template, strconv.FormatInt(c.NotesLeft, 10),
	}
}

// rate is part/whole with 4 decimals in its shortest form, rounded half away from zero; "" when it cannot be told.
func rate(part, whole record.Num) string {
	p, ok := count(part)
	w, okWhole := count(whole)
	if !ok || !okWhole || w.Sign() == 0 {
		return ""
	}
	s := p.Quo(p, w).FloatString(4)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// count reads a counter exactly; exponents, which could make a number of any length, are no counters.
func count(n record.Num) (*big.Rat, bool) {
	if n == "" || len(n) > 40 || strings.Trim(string(n), "-0123456789.") != "" {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// SocialPosts writes social-posts.csv: every post and metric.
func SocialPosts(w io.Writer, rows Stream[record.SocialPost]) error {
	t := newTable(w, "network", "id", "network_post_id", "agent_id", "title", "text", "image_url", "post_url", "item_type", "item_id", "status",
		"scheduled_at", "posted_at", "opens", "clicks", "potential_reach", "created_at", "updated_at")
	return writeRows(t, rows, func(p record.SocialPost) []string {
		itemType, itemID := "", ""
		if p.Item != nil {
			itemType, itemID = p.Item.Type, p.Item.ID
		}
		return []string{
			p.Network, p.ID, p.NetworkPostID, p.AgentID, p.Title, p.Text, p.ImageURL, p.PostURL, itemType, itemID, p.Status, p.ScheduledAt.String(),
			p.PostedAt.String(), string(p.Metrics.Opens), string(p.Metrics.Clicks), string(p.Metrics.PotentialReach), p.CreatedAt.String(), p.UpdatedAt.String(),
		}
	})
}
