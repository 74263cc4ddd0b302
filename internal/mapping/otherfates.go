package mapping

import (
	"encoding/json"
	"slices"

	"rezora2nutshell/internal/record"
)

// Part says what of a row whose kind has no record of its own in Nutshell reached a person or record there; parts add up.
type Part uint8

// The parts of shared rows. Rows that belong to one contact have PartLink alone.
const (
	PartLink     Part = 1 << iota // the row itself: a group in the list of a person, a membership, a receipt, an event
	PartName                      // a name in a text: of an agent in a header line, of a campaign in an event or a lead's note
	PartID                        // an id in a text
	PartAddress                   // an agent's e-mail, which names the owner and finds the user
	PartListings                  // the listings of a campaign
	PartServed                    // of an event: its campaign is served
)

// Use says that a record takes something from a row of another kind.
type Use struct {
	Kind record.Kind
	ID   string
	Part Part
}

func (b *build) use(kind record.Kind, id string, part Part) {
	if !blank(id) {
		b.p.Uses = append(b.p.Uses, Use{kind, id, part})
	}
}

// besideFields are the fields that the map takes from a row, by the part that reached Nutshell.
var besideFields = map[record.Kind]map[Part][]string{
	record.Agents:             {PartAddress: {"email"}, PartID: {"id"}},
	record.DistributionGroups: {PartLink: {"id", "name", "scope"}},
	record.GroupMemberships:   {PartLink: {"group_id", "contact_id"}},
	record.CampaignRecipients: {PartLink: {"campaign_id", "contact_id", "status"}},
	record.Campaigns: {
		PartLink: {"id", "name", "schedule.sent_at", "metrics.delivered", "metrics.opens_unique", "metrics.clicks_unique"},
		PartName: {"name"}, PartID: {"id"}, PartListings: {"listings"},
	},
	record.Listings:   {PartLink: {"id"}},
	record.Activities: {PartLink: {"type", "contact_id", "occurred_at"}, PartServed: {"campaign_id"}, PartListings: {"listing_id"}},
}

// FatesBeside are the fates of a row whose kind has no record of its own in Nutshell: what reached a person or record there is
// transformed, everything else is archived.
func FatesBeside(kind record.Kind, raw json.RawMessage, reached Part) []Fate {
	book := fateBook{}
	for part, fields := range besideFields[kind] {
		if reached&part != 0 {
			book.mark(Transformed, fields...)
		}
	}
	if kind == record.Agents && reached&PartName != 0 {
		var a record.Agent
		if json.Unmarshal(raw, &a) == nil {
			book.mark(Transformed, agentNameFields(a)...)
		}
	}
	return book.close(string(kind), raw, false)
}

// agentNameFields are the fields that AgentName takes.
func agentNameFields(a record.Agent) []string {
	switch {
	case !blank(a.DisplayName):
		return []string{"display_name"}
	case !blank(a.FirstName) || !blank(a.LastName):
		return []string{"first_name", "last_name"}
	}
	return []string{"email"}
}

// FatesOfDefinition are the fates of the definition of a custom property: its name names the field, its type and options shape it.
func (p *FieldPlan) FatesOfDefinition(d record.CustomProperty, raw json.RawMessage) []Fate {
	book := fateBook{}
	if f, planned := p.Property(d.Object, d.Name); planned {
		book.mark(Transformed, "object", "name")
		if f.Name == d.Name {
			book.mark(Carried, "name")
		}
		want := definedTypes[d.DataType]
		if f.Type == want || want == Text && f.Type == TextArea {
			book.mark(Transformed, "data_type")
		}
		if f.Type == Select && !slices.ContainsFunc(d.Options, func(o string) bool { return !blank(o) && !slices.Contains(f.Choices, o) }) {
			book.mark(Transformed, "options")
		}
	}
	return book.close(string(record.CustomProperties), raw, false)
}

// Values are the fields of a record that have a value, each once: what the fidelity table counts at the source. unread are those of
// them that stand only in the item as it was served: members that the contract does not know inside of others, and values of no legal
// form; they are archived. An item in names of another dialect has none: its profile says what is read.
func Values(rec record.Record) (all, unread []string) {
	all = SourceFields(rec.Canon)
	if rec.Raw == nil {
		return all, nil
	}
	served := SourceFields(rec.Raw)
	if !slices.Contains(served, "id") {
		return all, nil
	}
	for _, f := range served {
		if _, found := slices.BinarySearch(all, f); !found {
			unread = append(unread, f)
		}
	}
	return append(all, unread...), unread
}
