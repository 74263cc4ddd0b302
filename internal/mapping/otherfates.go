package mapping

import (
	"encoding/json"

	"rezora2nutshell/internal/record"
)

// usedFields are the fields of kinds without a record of their own in Nutshell that reach a person's custom fields, or the header
// lines and owners of other records.
var usedFields = map[record.Kind][]string{
	record.Agents:             {"id", "email", "display_name"},
	record.CustomProperties:   {"name", "object", "data_type", "options"},
	record.DistributionGroups: {"id", "name", "scope"},
	record.GroupMemberships:   {"group_id", "contact_id"},
	record.Campaigns:          {"id", "name", "schedule.sent_at", "listings", "metrics.delivered", "metrics.opens_unique", "metrics.clicks_unique"},
	record.CampaignRecipients: {"campaign_id", "contact_id", "status"},
	record.Activities:         {"type", "contact_id", "campaign_id", "occurred_at"},
}

// FatesBeside are the fates of a record whose kind has no record of its own in Nutshell. used says that it reached a migrated
// person or record: the fields that the map takes from it are transformed; everything else is archived.
func FatesBeside(kind record.Kind, raw json.RawMessage, used bool) []Fate {
	book := fateBook{}
	if used {
		book.mark(Transformed, usedFields[kind]...)
		var event struct {
			Type string `json:"type"`
		}
		if kind == record.Activities {
			switch err := json.Unmarshal(raw, &event); {
			case err != nil || !engaged(event.Type):
				book = fateBook{}
			case event.Type == eventView:
				book.mark(Transformed, "listing_id")
			}
		}
	}
	return book.close(string(kind), raw, false)
}
