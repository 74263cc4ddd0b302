package verify

import (
	"slices"

	"rezora2nutshell/internal/ledger"
)

// Latest keeps, of the rows in key order, the newest that was to make the record at its place: a record that was set aside and tried again
// later is one. What was set aside while nobody knew where it belongs gives way to what has a place by now.
func Latest(rows []ledger.Effect) []ledger.Effect {
	type unplaced struct{ object, sourceID, role string }
	placed := map[unplaced]bool{}
	at := map[ledger.EffectKey]int{}
	out := make([]ledger.Effect, 0, len(rows))
	for _, e := range rows {
		if !MakesRecord(e) || e.Epoch > 0 && e.Verb != ledger.Create {
			continue
		}
		if e.Parent != "" {
			placed[unplaced{e.Object, e.SourceID, e.Role}] = true
		}
		place := e.EffectKey
		place.Epoch = 0
		if i, ok := at[place]; ok {
			out[i] = e
			continue
		}
		at[place] = len(out)
		out = append(out, e)
	}
	return slices.DeleteFunc(out, func(e ledger.Effect) bool {
		return e.Parent == "" && e.State == ledger.Quarantined && e.TargetID == 0 && placed[unplaced{e.Object, e.SourceID, e.Role}]
	})
}
