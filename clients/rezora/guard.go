package rezora

import (
	"hash/fnv"
)

// Guard notices cursors that come again (rezora contract 3.3, rule 8). Its own few words, stored with each page, find every cycle
// sooner or later whatever restarts the walk sees (Brent's algorithm); the set in memory finds it at once within one process.
type Guard struct {
	Mark  uint64 `json:"mark,omitempty"`  // a cursor received earlier
	Steps uint64 `json:"steps,omitempty"` // received since the mark
	Power uint64 `json:"power,omitempty"` // the mark moves after this many
	Set   bool   `json:"set,omitempty"`
}

// maxSeen bounds the set in memory to a few megabytes; longer walks rely on Guard.
const maxSeen = 1 << 17

type seen map[uint64]struct{}

// advance takes the next cursor; repeated reports one that was received before in this walk.
func (g Guard) advance(memory seen, cursor string) (next Guard, repeated bool) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(cursor))
	sum := h.Sum64()
	if _, ok := memory[sum]; ok || g.Set && g.Mark == sum {
		return g, true
	}
	if len(memory) < maxSeen {
		memory[sum] = struct{}{}
	}
	if g.Steps++; !g.Set || g.Steps >= g.Power {
		g = Guard{Mark: sum, Power: max(1, g.Power*2), Set: true}
	}
	return g, false
}
