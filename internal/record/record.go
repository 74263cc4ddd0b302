// Package record holds the canonical source records of the Rezora contract, section 4, as every other part of the migration sees
// them: whatever API or file they came from, the field names, the JSON types and the meaning are the same.
package record

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind is the name of a Rezora resource (rezora contract 4.1).
type Kind string

// The resources in fetch order, parents first.
const (
	Companies           Kind = "companies"
	Agents              Kind = "agents"
	Teams               Kind = "teams"
	TeamMemberships     Kind = "team_memberships"
	CustomProperties    Kind = "custom_properties"
	Contacts            Kind = "contacts"
	DistributionGroups  Kind = "distribution_groups"
	GroupMemberships    Kind = "group_memberships"
	Templates           Kind = "templates"
	Listings            Kind = "listings"
	Campaigns           Kind = "campaigns"
	CampaignRecipients  Kind = "campaign_recipients"
	Sequences           Kind = "sequences"
	SequenceEnrollments Kind = "sequence_enrollments"
	Leads               Kind = "leads"
	Notes               Kind = "notes"
	Tasks               Kind = "tasks"
	Interactions        Kind = "interactions"
	SocialPosts         Kind = "social_posts"
	Activities          Kind = "activities"
	Attachments         Kind = "attachments"
)

// Kinds lists every resource in fetch order.
var Kinds = []Kind{
	Companies, Agents, Teams, TeamMemberships, CustomProperties, Contacts, DistributionGroups, GroupMemberships, Templates, Listings,
	Campaigns, CampaignRecipients, Sequences, SequenceEnrollments, Leads, Notes, Tasks, Interactions, SocialPosts, Activities, Attachments,
}

// Required kinds cannot be "not offered": a source without them is no source (rezora contract 3.6).
var Required = map[Kind]bool{Agents: true, Contacts: true}

// Provenance says which of the two APIs a record of the union came from (rezora contract 6).
type Provenance string

// The provenances of rezora contract 6.
const (
	FromCurrent    Provenance = "current"
	FromBoth       Provenance = "both"
	FromLegacyOnly Provenance = "legacy_only"
	Resurrected    Provenance = "resurrected"
)

// Record is one source record on its way into the ledger.
type Record struct {
	Kind       Kind
	ID         string // key of contract 4.1; activities: "<type>/<id>", social posts: "<network>/<id>"
	UpdatedAt  time.Time
	Deleted    bool
	Provenance Provenance
	Canon      json.RawMessage // canonical item, field names of section 4; digits of numbers as received
	Raw        json.RawMessage // the item as served, nil when it equals Canon
	Legacy     json.RawMessage // the raw legacy record beside it, nil when there is none
}

// Decode reads the canonical item into one of the types of this package.
func (r Record) Decode(into any) error {
	if err := json.Unmarshal(r.Canon, into); err != nil {
		return fmt.Errorf("decode %s %s: %w", r.Kind, r.ID, err)
	}
	return nil
}

// Source returns the item as the source served it.
func (r Record) Source() json.RawMessage {
	if r.Raw != nil {
		return r.Raw
	}
	return r.Canon
}

// Key is the id of a record whose key has two parts (rezora contract 4.1: activities, social posts).
func Key(qualifier, id string) string { return qualifier + "/" + id }
