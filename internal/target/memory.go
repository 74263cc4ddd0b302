package target

import (
	"slices"
	"strings"
)

// demandMark precedes a path in what is remembered of a record: the value beside it is the hash of what the map demanded there when we
// last wrote, kept where it is not simply the hash of what Nutshell showed. No path starts with it.
const demandMark = "="

// Hashes are the hashes of every field as Nutshell shows it, by path.
func Hashes(v View, hash Hash) map[string]string {
	out := make(map[string]string, len(v.Fields))
	for p, shown := range v.Fields {
		out[string(p)] = hash(shown.Canon)
	}
	return out
}

// Remember is what to keep of a record after a write: the hashes of what it shows, the demands where they differ from it, and the paths
// that hold a value of ours. base and ours are what was kept before, nil for a first write; wants is what the map demands of
// the record, wrote the part that was just sent (all of it for a create); after is the record as the answer shows it. What base and
// ours say of paths that wants does not name stays as long as it holds.
//
// A path whose value a person put there does not become ours by being remembered, so that a later merge does not take that value for
// one it may overwrite (I7).
func Remember(base map[string]string, ours []Path, wants, wrote []Want, after View, resolve Resolve, hash Hash) (map[string]string, []Path) {
	shown := Hashes(after, hash)
	owned := map[Path]bool{}
	sent, handled := map[Path]bool{}, map[Path]bool{}
	for _, d := range demands(wrote, resolve, false) {
		if !d.unresolved {
			d.find(&after)
			sent[d.path] = true
		}
	}
	for _, d := range demands(wants, resolve, false) {
		if d.unresolved {
			continue
		}
		d.find(&after)
		p := string(d.path)
		demanded := hash(d.canon)
		switch {
		case sent[d.path]:
			owned[d.path] = true
		case slices.Contains(ours, d.path) && shown[p] == base[p]:
			owned[d.path] = true
			demanded = demandedBefore(base, d.path)
		}
		handled[d.path] = true
		if !owned[d.path] || shown[p] != demanded {
			shown[demandMark+p] = demanded
		}
	}
	for _, p := range ours {
		_, altered := base[demandMark+string(p)] // the server shows something else, or nothing
		if !handled[p] && (after.Has(p) || altered) && shown[string(p)] == base[string(p)] {
			owned[p] = true
		}
	}
	for stored, demanded := range base {
		p, marked := strings.CutPrefix(stored, demandMark)
		if marked && !handled[Path(p)] && (owned[Path(p)] || !slices.Contains(ours, Path(p))) {
			shown[stored] = demanded
		}
	}
	rememberPrimary(shown, after, hash)
	return shown, sortedPaths(owned)
}

// demandedBefore is the hash of what the map demanded at a path of ours when it was last written.
func demandedBefore(base map[string]string, p Path) string {
	if h, ok := base[demandMark+string(p)]; ok {
		return h
	}
	return base[string(p)]
}

// Owned are the hashes of the values of ours, by path: what Undo takes back.
func Owned(base map[string]string, ours []Path) map[string]string {
	out := make(map[string]string, len(ours))
	for _, p := range ours {
		if h, ok := base[string(p)]; ok {
			out[string(p)] = h
		}
	}
	return out
}

// Touched lists the paths in which a record differs from what Nutshell showed after our last write, or differed from it before that write
// (KeepHands), sorted. Links that came or went do not
// count when isOurs says so of the record at their other end, nor does their relationship, except on the end where people edit it.
// A nil isOurs means that no link is ours.
func Touched(base map[string]string, v View, hash Hash, isOurs func(Path) bool) []Path {
	out := map[Path]bool{}
	for p, shown := range v.Fields {
		before, there := base[string(p)]
		if there && before == hash(shown.Canon) {
			continue
		}
		if !ownLink(p, isOurs) || there && ownsRelationship(v.Type, p) {
			out[p] = true
		}
	}
	for stored := range base {
		p, marked := hand(stored)
		if !marked {
			p = Path(stored)
		}
		if stored == "" || !marked && (stored[:1] == demandMark || v.Has(p)) {
			continue
		}
		if !ownLink(p, isOurs) {
			out[p] = true
		}
	}
	return sortedPaths(out)
}

func ownLink(p Path, isOurs func(Path) bool) bool {
	return isOurs != nil && records[p.List()] && isOurs(p)
}

func ownsRelationship(entityType string, p Path) bool {
	f := byPath[entityType][p.List()]
	return f != nil && f.owns
}

// Changed tells, by hashes alone, whether the map demands something else of a record than when we last wrote: a new value, another one, or
// none where one of ours stands. base and ours are what Remember kept. It says nothing about what people did to the record.
func Changed(base map[string]string, ours []Path, wants []Want, hash Hash, resolve Resolve) bool {
	demanded := map[Path]bool{}
	for _, d := range demands(wants, resolve, false) {
		if d.unresolved {
			continue // it cannot be written yet
		}
		demanded[d.path] = true
		if demandedBefore(base, d.path) != hash(d.canon) && (d.canon != "" || isLinkList(d.list)) {
			return true
		}
	}
	for _, p := range ours {
		if !demanded[p] {
			return true
		}
	}
	return false
}
