package mapping

import (
	"crypto/sha256"
	"encoding/hex"
)

// Status is what a lead becomes.
type Status string

// The lead statuses that a map can lead to; won and lost close the lead by an outcome.
const (
	Open    Status = "open"
	Pending Status = "pending"
	Won     Status = "won"
	Lost    Status = "lost"
)

// Closed reports whether the lead is closed by an outcome.
func (s Status) Closed() bool { return s == Won || s == Lost }

// Map is an effective map: the default with the lines of a mapping file over it. It is read-only once it is made.
type Map struct {
	Policies           Policies
	CustomFields       map[string]map[string]FieldRule    // entity -> key of the built-in field
	StandardOff        map[string]map[string]bool         // section -> field -> switched off
	LeadStatuses       map[string]Status                  // by the source's word
	Interactions       map[string]string                  // source's type -> call, email, meeting or note
	Owners             map[string]string                  // agent's e-mail -> user's e-mail, both as EmailKey
	Properties         map[string]map[string]PropertyRule // source object -> name as served
	MergeFieldNames    map[string]string                  // word between the hash marks -> placeholder
	CampaignNotePeople int                                // most people that a campaign note is written on
	FreeMail           map[string]bool                    // domain -> is free mail, over the kept list
}

// Policies are choices that the input of a migration may set too; the input wins.
type Policies struct {
	Existing      string // merge, skip or create
	OnOrphans     string // wait or fallback
	FallbackOwner string // e-mail of a user, "" for none
	OnReject      string // rollback or keep
	SourceDeletes string // flag or delete
	OnDiscrepancy string // ask or rollback
}

// FieldRule is the line of a built-in custom field.
type FieldRule struct {
	Name string
	Off  bool
}

// PropertyRule is the line of a custom property; empty parts are decided by what extraction found.
type PropertyRule struct {
	Name string
	Type string
	Off  bool
}

// Digest is the SHA-256 of the effective map in 64 lower-case hex digits.
func (m *Map) Digest() string {
	sum := sha256.Sum256(m.YAML())
	return hex.EncodeToString(sum[:])
}

// LeadStatus is what a source status becomes; false when the map has no line for it. An empty status leaves the lead open.
func (m *Map) LeadStatus(status string) (Status, bool) {
	if blank(status) {
		return Open, true
	}
	s, ok := m.LeadStatuses[status]
	return s, ok
}

// InteractionType is call, email, meeting or note for a source type; a type without a line becomes a note.
func (m *Map) InteractionType(sourceType string) string {
	if t, ok := m.Interactions[sourceType]; ok {
		return t
	}
	return interactionsAsNote
}

// UserEmail is the address of the user that an agent's address stands for, as EmailKey.
func (m *Map) UserEmail(agentEmail string) string {
	key := EmailKey(agentEmail)
	if to, ok := m.Owners[key]; ok {
		return to
	}
	return key
}

// IsFreeMail is the kept list with the map's own lines over it.
func (m *Map) IsFreeMail(domain string) bool {
	if free, ok := m.FreeMail[domain]; ok {
		return free
	}
	return IsFreeMail(domain)
}

func (m *Map) standard(section, field string) bool { return !m.StandardOff[section][field] }
