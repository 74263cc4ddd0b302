package wiring

import (
	"slices"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/union"
)

// policyOf is how current and legacy become one account (rezora contract 6).
func policyOf(c config.RezoraUnion) union.Policy {
	p := union.Policy{
		Resources: kinds(c.Resources), ContactKinds: slices.Clone(c.ContactKinds), MatchByID: c.MatchByID,
		Resurrect: union.Resurrect(c.Resurrect), Probe: c.Probe, FillEmpty: c.FillEmpty, AcceptIncomplete: slices.Clone(c.AcceptIncomplete),
	}
	if !c.Agents.All {
		p.Agents = slices.Clone(c.Agents.IDs)
	}
	return p
}
