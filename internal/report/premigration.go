package report

import (
	"io"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/union"
)

// PreMigration is what is known before anything is written: what will move, what will not and why, what it takes.
type PreMigration struct {
	Migration     string                    `json:"migration"`
	Digest        string                    `json:"digest"`
	MapDigest     string                    `json:"map_digest"`
	Gate          bool                      `json:"-"`      // the run waits for a decision on this report
	Approvers     []string                  `json:"-"`      // e-mails of those who may decide; none = anybody
	Source        string                    `json:"source"` // http or export
	Profile       string                    `json:"profile"`
	Objects       []Planned                 `json:"objects"`
	Owners        Owners                    `json:"owners"`
	Fields        []mapping.PlannedField    `json:"fields"`
	Blocked       []mapping.BlockedField    `json:"blocked_fields"`
	Findings      []mapping.Finding         `json:"findings"` // of the map and the data
	Plan          Plan                      `json:"plan"`
	Quarantined   Remarks                   `json:"quarantined"` // will not be in Nutshell
	Remarks       Remarks                   `json:"remarks"`     // will be, with a loss or a change worth knowing
	Duplicates    []Duplicate               `json:"duplicates"`
	Properties    []Property                `json:"custom_properties"`   // the inventory
	Dangling      []Dangling                `json:"dangling_references"` // ids that name records which the source does not serve
	Coverage      []union.Coverage          `json:"coverage"`
	Resources     []Resource                `json:"resources"`
	Capabilities  []Capability              `json:"capabilities"` // of the Nutshell account
	Fidelity      Fidelity                  `json:"fidelity"`     // a forecast
	Calls         Calls                     `json:"calls"`
	Rules         map[string]int64          `json:"discrepancy_rules"` // discrepancies by rule; filled by JSON and HTML
	Discrepancies Stream[union.Discrepancy] `json:"-"`                 // every one, streamed into the JSON under "discrepancies"
}

// Planned is what will become of the records of one object.
type Planned struct {
	Object      string `json:"object"`
	Source      int64  `json:"source"`
	Create      int64  `json:"create"`
	Merge       int64  `json:"merge"`
	Link        int64  `json:"link"` // an existing record is used as it is
	Quarantined int64  `json:"quarantined"`
}

// Owners says who stands for the agents.
type Owners struct {
	Agents   int      `json:"agents"`
	Matched  int      `json:"matched"`
	Fallback bool     `json:"fallback"` // a fallback owner is set
	Policy   string   `json:"policy"`   // wait or fallback
	Orphans  []Orphan `json:"orphans"`
}

// Orphan is an agent without an enabled Nutshell user.
type Orphan struct {
	AgentID  string `json:"agent_id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Disabled bool   `json:"disabled"` // a user has the address, but is switched off
	Records  int64  `json:"records"`  // that the agent owns, 0 = not counted
}

// Plan holds what is needed against what the account's plan allows; 0 allowed = not stated.
type Plan struct {
	Name   string     `json:"name"`
	Limits []PlanLine `json:"limits"`
}

// PlanLine is one limit.
type PlanLine struct {
	What    string `json:"what"`
	Needed  int64  `json:"needed"`
	Allowed int64  `json:"allowed"`
}

// Over reports whether more is needed than allowed.
func (l PlanLine) Over() bool { return l.Allowed > 0 && l.Needed > l.Allowed }

// Duplicate is a number of source contacts that share an e-mail; they stay separate people.
type Duplicate struct {
	ContactIDs []string `json:"contact_ids"`
}

// Resource is what the source offers of one kind.
type Resource struct {
	Kind    string   `json:"kind"`
	Offer   string   `json:"offer"` // offered, not_offered or disabled
	Records int64    `json:"records"`
	Deletes string   `json:"deletes"` // how deletions are found
	Read    string   `json:"read"`    // complete, not_offered
	Count   string   `json:"count"`   // against the source's own: equal, moving (it changed meanwhile), own (the source does not count)
	Counted int64    `json:"counted"` // what the source counts, with equal and moving
	Notes   []string `json:"notes"`
}

// Calls are the calls to Nutshell that the whole migration takes.
type Calls struct {
	Create  int64   `json:"create"`
	Edit    int64   `json:"edit"`
	Delete  int64   `json:"delete"`
	Read    int64   `json:"read"`
	Upload  int64   `json:"upload"`
	PerS    float64 `json:"calls_per_s"` // rate that the hours go by
	Learned bool    `json:"learned"`     // the rate is a first guess that is learned during the run
	Hours   float64 `json:"hours"`
}

// Total is the number of calls of every kind.
func (c Calls) Total() int64 { return c.Create + c.Edit + c.Delete + c.Read + c.Upload }

// Estimate fills in the hours that the calls take at a rate of calls a second.
func (c *Calls) Estimate(perS float64, learned bool) {
	c.PerS, c.Learned = perS, learned
	if perS > 0 {
		c.Hours = float64(c.Total()) / perS / 3600
	}
}

// JSON writes pre-migration.json.
func (p PreMigration) JSON(w io.Writer) error {
	p.Objects, p.Fields, p.Blocked, p.Findings = list(p.Objects), list(p.Fields), list(p.Blocked), list(p.Findings)
	p.Duplicates, p.Coverage, p.Resources, p.Capabilities = list(p.Duplicates), list(p.Coverage), list(p.Resources), list(p.Capabilities)
	p.Properties, p.Dangling = list(p.Properties), list(p.Dangling)
	p.Owners.Orphans, p.Plan.Limits = list(p.Owners.Orphans), list(p.Plan.Limits)
	if err := p.countRules(); err != nil {
		return err
	}
	return encodeWith(w, p, "discrepancies", p.Discrepancies)
}

// countRules counts the discrepancies by rule.
func (p *PreMigration) countRules() error {
	p.Rules = map[string]int64{}
	return each(p.Discrepancies, func(d union.Discrepancy) error {
		p.Rules[string(d.Rule)]++
		return nil
	})
}

func (p *PreMigration) seal(digest string) { p.Digest = digest }
