package target

import (
	"slices"
)

// Undo takes back what our edits did to a record that was there before: pre is the record before the first of them, ours what Owned says of
// the last, now the record as it stands. What still holds our value gets its former value back (set) or is cleared; an entry of a
// list goes alone, EditBody sends the rest as it stands. What a person changed since is kept and listed (I7). All three come sorted.
func Undo(pre View, ours map[string]string, now View, hash Hash) (set []Want, clear, kept []Path) {
	paths := make([]Path, 0, len(ours))
	for p := range ours {
		paths = append(paths, Path(p))
	}
	slices.Sort(paths)
	for _, p := range paths {
		shown, there := now.Fields[p]
		former, was := pre.Fields[p]
		switch {
		case there && was && shown.Canon == former.Canon:
		case there && hash(shown.Canon) != ours[string(p)]:
			kept = append(kept, p)
		case there && was:
			set = append(set, restore(p, former))
		case there:
			clear = append(clear, p)
		case was:
			kept = append(kept, p)
		}
	}
	return set, clear, kept
}

// restore demands the value that a view shows.
func restore(p Path, former Value) Want {
	return Want{Path: p, Wire: former.Wire, Canon: former.Canon, Alt: former.Alt, Field: fieldLabel(p), Source: display(p, former), Verdict: Equal}
}

// Demanded are the wants that would make a record show what a view shows: every field that can be written, sorted by path.
func Demanded(v View) []Want {
	out := make([]Want, 0, len(v.Fields))
	for _, p := range v.Paths() {
		out = append(out, restore(p, v.Fields[p]))
	}
	return out
}
