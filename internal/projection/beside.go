package projection

import (
	"context"
	"fmt"
	"slices"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// BesideKinds have no record of their own in Nutshell. Rows of one contact come first: from them it is learned which campaigns, groups
// and listings somebody has; campaigns come before listings, for they bring theirs along.
var BesideKinds = []record.Kind{
	record.GroupMemberships, record.CampaignRecipients, record.Activities, record.Agents, record.CustomProperties, record.DistributionGroups,
	record.Campaigns, record.Listings, record.Teams, record.TeamMemberships, record.Templates, record.Sequences, record.SequenceEnrollments,
	record.SocialPosts,
}

// Used are the parts of shared rows that reached some person or record: kind -> id -> parts. It grows with the number of agents, groups,
// campaigns and listings, not with that of people.
type Used map[record.Kind]map[string]mapping.Part

// Add notes what a migrated record takes.
func (u Used) Add(uses []mapping.Use) {
	for _, x := range uses {
		u.mark(x.Kind, x.ID, x.Part)
	}
}

// Merge adds what another one knows.
func (u Used) Merge(o Used) {
	for kind, ids := range o {
		for id, part := range ids {
			u.mark(kind, id, part)
		}
	}
}

func (u Used) mark(kind record.Kind, id string, part mapping.Part) {
	if id == "" {
		return
	}
	if u[kind] == nil {
		u[kind] = map[string]mapping.Part{}
	}
	u[kind][id] |= part
}

// Beside tells what became of rows that have no record of their own: pages of BesideKinds, in that order.
type Beside struct {
	*Assembler
	Used Used
	// Reached tells which contacts are in Nutshell with what the map demands of them.
	Reached func(ctx context.Context, contacts []string) (map[string]bool, error)

	kept *cache[*keptRows]
}

// NewBeside makes a teller; used is what is known already.
func NewBeside(a *Assembler, used Used, reached func(context.Context, []string) (map[string]bool, error)) *Beside {
	return &Beside{Assembler: a, Used: used, Reached: reached, kept: newCache[*keptRows](keptSize)}
}

// keptSize bounds the people whose shortened arrays are remembered: each has some thousand keys.
const keptSize = 256

// Fates are those of each row of a page, by key.
func (b *Beside) Fates(ctx context.Context, kind record.Kind, page []ledger.Staged) (map[string][]mapping.Fate, error) {
	out := make(map[string][]mapping.Fate, len(page))
	if len(page) == 0 {
		return out, nil
	}
	parts := b.Used[kind]
	var err error
	switch kind {
	case record.GroupMemberships, record.CampaignRecipients, record.Activities:
		parts, err = b.links(ctx, kind, page)
	case record.Campaigns:
		err = b.ofCampaigns(page)
	case record.CustomProperties:
		return out, b.definitions(page, out)
	}
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", kind, err)
	}
	for _, s := range page {
		out[s.ID] = mapping.FatesBeside(kind, s.Canon, parts[s.ID])
	}
	return out, nil
}

func (b *Beside) definitions(page []ledger.Staged, out map[string][]mapping.Fate) error {
	for _, s := range page {
		var d record.CustomProperty
		if err := s.Decode(&d); err != nil {
			return err
		}
		out[s.ID] = b.Env.Fields.FatesOfDefinition(d, s.Canon)
	}
	return nil
}

// ofCampaigns notes the listings of campaigns whose listings somebody has.
func (b *Beside) ofCampaigns(page []ledger.Staged) error {
	for _, s := range page {
		if b.Used[record.Campaigns][s.ID]&mapping.PartListings == 0 {
			continue
		}
		var c record.Campaign
		if err := s.Decode(&c); err != nil {
			return err
		}
		for _, l := range c.Listings {
			b.Used.mark(record.Listings, l.ListingID, mapping.PartLink)
		}
	}
	return nil
}

// link is a row of one contact.
type link struct {
	ContactID  string `json:"contact_id"`
	GroupID    string `json:"group_id"`
	CampaignID string `json:"campaign_id"`
	ListingID  string `json:"listing_id"`
	Type       string `json:"type"`
	ID         string `json:"id"`
	Status     string `json:"status"`
}

// links tells which rows of contacts are in an array of theirs.
func (b *Beside) links(ctx context.Context, kind record.Kind, page []ledger.Staged) (map[string]mapping.Part, error) {
	rows := make([]link, len(page))
	var contacts, groups, campaigns []string
	for i, s := range page {
		if err := s.Decode(&rows[i]); err != nil {
			return nil, err
		}
		contacts, groups, campaigns = append(contacts, rows[i].ContactID), append(groups, rows[i].GroupID), append(campaigns, rows[i].CampaignID)
	}
	reached, err := b.Reached(ctx, present(contacts))
	if err != nil {
		return nil, err
	}
	kept, err := b.keptOf(ctx, reached)
	if err != nil {
		return nil, err
	}
	servedGroups, err := load(ctx, b.Assembler, record.DistributionGroups, b.groups, present(groups))
	if err != nil {
		return nil, err
	}
	servedCampaigns, err := load(ctx, b.Assembler, record.Campaigns, b.campaigns, present(campaigns))
	if err != nil {
		return nil, err
	}
	out := make(map[string]mapping.Part, len(page))
	for i, s := range page {
		x := rows[i]
		if !reached[x.ContactID] {
			continue
		}
		on := func(key, row string) bool { return b.on(key) && kept[x.ContactID].has(key, row) }
		switch kind {
		case record.GroupMemberships:
			if servedGroups[x.GroupID] != nil && on(mapping.FieldGroups, x.GroupID) {
				out[s.ID] = mapping.PartLink
				b.Used.mark(record.DistributionGroups, x.GroupID, mapping.PartLink)
			}
		case record.CampaignRecipients:
			if mapping.Receipt(x.Status) && servedCampaigns[x.CampaignID] != nil {
				out[s.ID] = b.received(x.CampaignID, kept[x.ContactID])
			}
		case record.Activities:
			out[s.ID] = b.event(x, servedCampaigns[x.CampaignID] != nil, kept[x.ContactID])
		}
	}
	return out, nil
}

// received notes a campaign in the arrays of a person, and says whether the receipt is in one.
func (b *Beside) received(campaign string, kept *keptRows) mapping.Part {
	if b.on(mapping.FieldListings) && kept.whole(mapping.FieldListings) {
		b.Used.mark(record.Campaigns, campaign, mapping.PartListings)
	}
	if !b.on(mapping.FieldCampaigns) || !kept.has(mapping.FieldCampaigns, campaign) {
		return 0
	}
	b.Used.mark(record.Campaigns, campaign, mapping.PartLink)
	return mapping.PartLink
}

func (b *Beside) event(x link, served bool, kept *keptRows) mapping.Part {
	var part mapping.Part
	if !engagement[x.Type] {
		return 0
	}
	if b.on(mapping.FieldEngagement) && kept.has(mapping.FieldEngagement, record.Key(x.Type, x.ID)) {
		part |= mapping.PartLink
		if served {
			part |= mapping.PartServed
			b.Used.mark(record.Campaigns, x.CampaignID, mapping.PartName)
		}
	}
	if x.Type == "property_view" {
		if b.on(mapping.FieldListings) && kept.has(mapping.FieldListings, x.ListingID) {
			part |= mapping.PartListings
			b.Used.mark(record.Listings, x.ListingID, mapping.PartLink)
		}
	} else if served && b.received(x.CampaignID, kept) != 0 {
		part |= mapping.PartServed
	}
	return part
}

func (b *Beside) on(key string) bool {
	_, on := b.Env.Fields.BuiltIn(b.Map, mapping.Contacts, key)
	return on
}

// keptRows are the rows that the shortened arrays of a person still hold; nil: none of its arrays is shortened.
type keptRows struct{ of map[string][]string }

func (k *keptRows) has(key, row string) bool {
	return k.whole(key) || slices.Contains(k.of[key], row)
}

func (k *keptRows) whole(key string) bool {
	if k == nil {
		return true
	}
	_, shortened := k.of[key]
	return !shortened
}

// keptOf reads what is left in the arrays of those contacts that have a shortened one.
func (b *Beside) keptOf(ctx context.Context, reached map[string]bool) (map[string]*keptRows, error) {
	out := map[string]*keptRows{}
	var unknown []string
	for id, is := range reached {
		if k, ok := b.kept.get(id); is && ok {
			out[id] = k
		} else if is {
			unknown = append(unknown, id)
		}
	}
	flagged, err := b.Run.Flagged(ctx, mapping.People, mapping.FlagArrayShortened, unknown)
	if err != nil {
		return nil, err
	}
	staged, err := b.Run.GetMany(ctx, record.Contacts, keys(flagged))
	if err != nil {
		return nil, err
	}
	long := make([]ledger.Staged, 0, len(staged))
	for _, s := range staged {
		long = append(long, s)
	}
	projected, err := b.people(ctx, long)
	if err != nil {
		return nil, err
	}
	for id, list := range projected {
		if kept := list[0].Kept; kept != nil {
			out[id] = &keptRows{kept}
		}
		for _, listing := range list[0].Kept[mapping.FieldListings] {
			b.Used.mark(record.Listings, listing, mapping.PartLink)
		}
		b.kept.put(id, out[id])
	}
	return out, nil
}
