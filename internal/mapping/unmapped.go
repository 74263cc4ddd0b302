package mapping

import (
	"fmt"
	"maps"
	"slices"
)

// Lists of words that the map decides on.
const (
	WordsLeadStatus  = "leads.status"
	WordsInteraction = "interactions.type"
)

// Unmapped lists the observed words without a line in the map. A lead status parks the run; an interaction type becomes notes.
func (m *Map) Unmapped(inv *Inventory) []Finding {
	var out []Finding
	if w := inv.Words[WordsLeadStatus]; w != nil {
		for _, s := range slices.Sorted(maps.Keys(w.Seen)) {
			if _, ok := m.LeadStatus(s); !ok {
				out = append(out, Finding{
					Code: FindingStatusUnmapped, Entity: Leads, Name: s, N: w.Seen[s], Text: fmt.Sprintf("lead status %q has no line in the map", s),
				})
			}
		}
		if w.More > 0 {
			out = append(out, Finding{Code: FindingStatusUnmapped, Entity: Leads, N: w.More, Text: "more lead statuses than can be listed"})
		}
	}
	if w := inv.Words[WordsInteraction]; w != nil {
		for _, t := range slices.Sorted(maps.Keys(w.Seen)) {
			if _, ok := m.Interactions[t]; !ok {
				out = append(out, Finding{
					Code: FindingInteractionNote, Entity: "Notes", Name: t, N: w.Seen[t], Text: fmt.Sprintf("interaction type %q has no line in the map: notes", t),
				})
			}
		}
	}
	return out
}
