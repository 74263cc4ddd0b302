package report

import (
	"fmt"
	"maps"
	"slices"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

// Resources puts what preflight found out about the source into the words of the report. records counts the live records of a kind.
func Resources(caps rezora.Capabilities, records map[record.Kind]int64) []Resource {
	var out []Resource
	for _, kind := range record.Kinds {
		c, ok := caps.Resources[kind]
		if !ok {
			continue
		}
		r := Resource{Kind: string(kind), Offer: string(c.Offer), Records: records[kind], Deletes: c.Deletes, Notes: []string{}}
		for _, f := range c.Findings {
			r.Notes = append(r.Notes, f.Text)
		}
		if n := len(c.UnknownFields); n > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%d fields that the contract does not know: kept in the archive", n))
		}
		r.Notes = append(r.Notes, slices.Sorted(maps.Keys(c.Oddities))...)
		out = append(out, r)
	}
	return out
}

// Capability is one line of what the probes found out about the Nutshell account; an account.Finding converts to it.
type Capability struct {
	Probe string `json:"probe"`
	Text  string `json:"text"`
}

func capabilityGrid(list []Capability) *grid {
	g := newGrid("Probe", "Found")
	for _, c := range list {
		g.add(c.Probe, c.Text)
	}
	return g
}
