package union

import (
	"fmt"

	"rezora2nutshell/internal/record"
)

// The coverages of an agent's legacy data.
const (
	Complete   = "complete"
	Failed     = "failed"
	NotChecked = "not_checked"
)

// Coverage is the account of one resource for one agent ("" for what a company credential reads), as the report shows it.
type Coverage struct {
	Resource               record.Kind `json:"resource"`
	AgentID                string      `json:"agent_id,omitempty"`
	Coverage               string      `json:"coverage"`
	Current                int         `json:"current"`
	Legacy                 int         `json:"legacy"`
	Both                   int         `json:"both"`
	LegacyOnly             int         `json:"legacy_only"`
	Resurrected            int         `json:"resurrected"`
	ResurrectSkipped       int         `json:"resurrect_skipped"`
	Unresolved             int         `json:"unresolved"`
	Ambiguous              int         `json:"ambiguous"` // among legacy_only
	Unprobed               int         `json:"unprobed"`
	UnsubscribedFromLegacy int         `json:"unsubscribed_from_legacy"`
	FieldDifferences       int         `json:"field_differences"`
}

// Add counts the decision on one distinct legacy record.
func (c *Coverage) Add(d Decision) {
	c.Legacy++
	switch {
	case d.Class == Live:
		c.Both++
	case d.Class == Unresolved:
		c.Unresolved++
	case d.Provenance == record.Resurrected:
		c.Resurrected++
	case d.Class == Tombstoned:
		c.ResurrectSkipped++
	default:
		c.LegacyOnly++
	}
	if d.Class == Ambiguous {
		c.Ambiguous++
	}
	if d.Rule == Unprobed {
		c.Unprobed++
	}
	if d.UnsubscribedFromLegacy {
		c.UnsubscribedFromLegacy++
	}
	c.FieldDifferences += len(d.Differences)
}

// Merge adds the counters of another account of the same resource; the worse coverage stands.
func (c *Coverage) Merge(o Coverage) {
	c.Current += o.Current
	c.Legacy += o.Legacy
	c.Both += o.Both
	c.LegacyOnly += o.LegacyOnly
	c.Resurrected += o.Resurrected
	c.ResurrectSkipped += o.ResurrectSkipped
	c.Unresolved += o.Unresolved
	c.Ambiguous += o.Ambiguous
	c.Unprobed += o.Unprobed
	c.UnsubscribedFromLegacy += o.UnsubscribedFromLegacy
	c.FieldDifferences += o.FieldDifferences
	if rank[o.Coverage] > rank[c.Coverage] {
		c.Coverage = o.Coverage
	}
}

var rank = map[string]int{Complete: 1, NotChecked: 2, Failed: 3}

// Union is the number of live records in the union.
func (c Coverage) Union() int { return c.Current + c.LegacyOnly + c.Resurrected }

// Check verifies that every distinct legacy record is in exactly one class, and that the union has as many records as were counted
// in it.
func (c Coverage) Check(inUnion int) error {
	if sum := c.Both + c.LegacyOnly + c.Resurrected + c.ResurrectSkipped + c.Unresolved; sum != c.Legacy {
		return fmt.Errorf("union of %s, agent %q: %d legacy records, %d in classes", c.Resource, c.AgentID, c.Legacy, sum)
	}
	if c.Union() != inUnion {
		return fmt.Errorf("union of %s, agent %q: %d records counted, %d expected", c.Resource, c.AgentID, inUnion, c.Union())
	}
	return nil
}

// Incomplete lists the agents whose coverage stops the run before load: anything but complete, unless the policy accepts it.
func (p Policy) Incomplete(rows []Coverage) []string {
	var out []string
	seen := map[string]bool{}
	for _, row := range rows {
		if row.Coverage == Complete || !p.Shares(row.Resource) || row.AgentID != "" && !p.agentInScope(row.AgentID) ||
			p.AcceptsIncomplete(row.AgentID) || seen[row.AgentID] {
			continue
		}
		seen[row.AgentID] = true
		out = append(out, row.AgentID)
	}
	return out
}

// Discrepancy is one difference between current and legacy for the report: ids, a rule and field names, no values.
type Discrepancy struct {
	Resource  record.Kind `json:"resource"`
	LegacyID  string      `json:"legacy_id"`
	CurrentID string      `json:"current_id,omitempty"`
	AgentID   string      `json:"agent_id,omitempty"`
	Class     Class       `json:"class"`
	Rule      Rule        `json:"rule"`
	Fields    []string    `json:"fields,omitempty"`
	Text      string      `json:"text"`
}

// Discrepancy describes the decision for the report; ok is false when current and legacy agree.
func (d Decision) Discrepancy(agent string) (Discrepancy, bool) {
	out := Discrepancy{Resource: d.Kind, LegacyID: d.LegacyID, AgentID: agent, Class: d.Class, Rule: d.Rule, Fields: d.Differences}
	if d.Class == Live {
		out.CurrentID = d.UnionID
	}
	switch {
	case d.Class == Live && d.UnsubscribedFromLegacy:
		out.Text = "unsubscribed in legacy only: kept unsubscribed"
	case d.Class == Live && len(d.Differences) > 0:
		out.Text = "fields differ: current stands"
	case d.Class == Live && d.Alias:
		out.Text = "the same record under two ids"
	case d.Class == Live:
		return out, false
	case d.Class == Tombstoned && d.Stored:
		out.Text = "deleted in current, present in legacy: added"
	case d.Class == Tombstoned:
		out.Text = "deleted in current, present in legacy: left out"
	case d.Class == Ambiguous:
		out.Text = "several records of current have its key: added, not merged"
	case d.Class == Unresolved:
		out.Text = "a membership with an end that is not in the union: left out"
	case d.Rule == Unprobed:
		out.Text = "in legacy only, current was not asked: added"
	default:
		out.Text = "in legacy only: added"
	}
	return out, true
}
