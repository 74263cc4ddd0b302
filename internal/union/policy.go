// Package union decides how a record of the legacy API joins the records of the current API (rezora contract 6). The decisions are
// pure: they see the two sets through an Index and one legacy record at a time, keep nothing, and put each distinct legacy record
// into exactly one class. An opt-out that either source knows is never lost.
package union

import (
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// Order lists the shared resources in the order in which they must be decided: both ends of a membership before it.
var Order = []record.Kind{record.Agents, record.Teams, record.TeamMemberships, record.Contacts, record.DistributionGroups, record.GroupMemberships}

// Resurrect says what happens to a record that current deleted and legacy still has.
type Resurrect string

// The policies for deleted records.
const (
	Skip Resurrect = "skip" // not added, listed
	Add  Resurrect = "add"
	Stop Resurrect = "stop" // not added; the run stops before load
)

// Policy holds the settings of the union (rezora contract 7.2).
type Policy struct {
	Resources        []record.Kind // empty: all of Order
	Agents           []string      // empty: all
	ContactKinds     []string      // empty: all
	MatchByID        bool
	Resurrect        Resurrect // "" is Skip
	Probe            bool
	FillEmpty        bool
	AcceptIncomplete []string // agents whose coverage may be incomplete
}

// Default is the policy of the contract.
func Default() Policy { return Policy{MatchByID: true, Resurrect: Skip, Probe: true} }

// Check refuses settings that mean nothing.
func (p Policy) Check() error {
	for _, kind := range p.Resources {
		if !slices.Contains(Order, kind) {
			return fmt.Errorf("union.resources names %q; the legacy API shares %v", kind, Order)
		}
	}
	for _, kind := range p.ContactKinds {
		if !slices.Contains([]string{"self", "normal", "synced", "master"}, kind) {
			return fmt.Errorf("union.contact_kinds names %q; use self, normal, synced, master", kind)
		}
	}
	if !slices.Contains([]Resurrect{"", Skip, Add, Stop}, p.Resurrect) {
		return fmt.Errorf("union.resurrect is %q; use skip, add or stop", p.Resurrect)
	}
	return nil
}

// Shares reports whether the union of a resource takes legacy records; for all others the union is current.
func (p Policy) Shares(kind record.Kind) bool {
	return slices.Contains(Order, kind) && (len(p.Resources) == 0 || slices.Contains(p.Resources, kind))
}

// InScope reports whether a legacy record that was read with the credential of an agent ("" for a company credential) takes part.
func (p Policy) InScope(rec record.Record, agent string) (bool, error) {
	if !p.Shares(rec.Kind) || agent != "" && !p.agentInScope(agent) {
		return false, nil
	}
	if rec.Kind != record.Contacts || len(p.ContactKinds) == 0 {
		return true, nil
	}
	var c record.Contact
	if err := rec.Decode(&c); err != nil {
		return false, err
	}
	kind := c.Kind
	if kind == "" {
		kind = "normal"
	}
	return slices.Contains(p.ContactKinds, kind), nil
}

func (p Policy) agentInScope(id string) bool {
	return len(p.Agents) == 0 || slices.Contains(p.Agents, id)
}

// AcceptsIncomplete reports whether the run may go on although an agent's legacy data was not read in full.
func (p Policy) AcceptsIncomplete(agent string) bool {
	return slices.Contains(p.AcceptIncomplete, agent)
}

// addedID is the id of a record that the union takes from legacy alone.
func (p Policy) addedID(legacyID string) string {
	if p.MatchByID {
		return legacyID
	}
	return "legacy:" + legacyID
}

func lowered(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
