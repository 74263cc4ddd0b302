package extract_test

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// equalsUnion holds what is staged against the union of the two views, worked out by hand: current's live rows, what legacy alone has, and
// no membership without both ends; an opt-out of either side counts.
func (w *world) equalsUnion() {
	w.t.Helper()
	has := map[record.Kind]map[string]bool{}
	for _, kind := range union.Order {
		want := map[string]bool{}
		gone := map[string]bool{}
		pairs := map[string]bool{}
		opted := map[string]bool{}
		for _, row := range w.sim.Rows(string(kind), true) {
			id := row["id"].(string)
			if row["deleted"] == true {
				gone[id] = true
				continue
			}
			want[id] = true
			pairs[pairOf(row)] = true
			if row["unsubscribed"] == true {
				opted[id] = true
			}
		}
		for _, row := range w.sim.LegacyRows(string(kind)) {
			id := row["id"].(string)
			if row["unsubscribed"] == true {
				opted[id] = true
			}
			switch {
			case want[id] || gone[id]:
			case kind == record.GroupMemberships:
				if has[record.DistributionGroups][row["group_id"].(string)] && has[record.Contacts][row["contact_id"].(string)] && !pairs[pairOf(row)] {
					want[id] = true
				}
			default:
				want[id] = true
			}
		}
		got := w.live(kind)
		assert.ElementsMatch(w.t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)), kind)
		for id := range got {
			if kind == record.Contacts {
				c, _ := w.contact(id)
				assert.Equal(w.t, opted[id], c.Unsubscribed, "opt-out of %s", id)
			}
		}
		has[kind] = want
	}
}

func pairOf(row map[string]any) string {
	g, _ := row["group_id"].(string)
	c, _ := row["contact_id"].(string)
	return g + "/" + c
}
