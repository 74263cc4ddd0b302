package mapping

import (
	"maps"
	"slices"
)

// Hierarchy orders companies so that parents come before children, ids in byte order otherwise. parents holds the parent id of
// each company, "" for none; an id outside counts as none. Of each cycle the company with the lowest id loses its parent: those
// are returned as cut.
func Hierarchy(parents map[string]string) (order []string, cut map[string]bool) {
	cut = map[string]bool{}
	ids := slices.Sorted(maps.Keys(parents))
	state := make(map[string]int, len(ids)) // 1 = on the path, 2 = placed
	for _, id := range ids {
		var path []string
		at := id
		for state[at] == 0 {
			state[at] = 1
			path = append(path, at)
			if _, known := parents[parents[at]]; !known {
				break
			}
			at = parents[at]
		}
		if state[at] == 1 && len(path) > 0 && closesCycle(path, at, parents) {
			cut[slices.Min(path[slices.Index(path, at):])] = true
		}
		for _, p := range path {
			state[p] = 2
		}
	}
	depth := make(map[string]int, len(ids))
	for _, id := range ids {
		var path []string
		at, d := id, 0
		for {
			if known, ok := depth[at]; ok {
				d = known + 1
				break
			}
			path = append(path, at)
			parent := parents[at]
			if _, known := parents[parent]; !known || cut[at] {
				break
			}
			at = parent
		}
		for i := len(path) - 1; i >= 0; i-- {
			depth[path[i]] = d
			d++
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int { return depth[a] - depth[b] })
	return ids, cut
}

// closesCycle reports whether the walk ended because the last company's parent is on the path.
func closesCycle(path []string, at string, parents map[string]string) bool {
	return parents[path[len(path)-1]] == at && slices.Contains(path, at)
}
