package target

import "strings"

// handMark precedes a path, in what is remembered of a record, that a person had changed when we wrote to the record again. What Nutshell
// shows after that write holds the person's value too, so without the mark nobody could tell any more that it is not ours (I7).
const handMark = demandMark + "hand:"

// Hands lists the paths that a person changed before an edit of ours: those that differ in the record as it was read from what was
// remembered of our write before. mine are the demands that an earlier claim of this edit may have carried out although its answer was
// lost: a path that meets them now, or that they took away, is not a person's doing.
func Hands(base map[string]string, ours []Path, read View, mine []Want, hash Hash, resolve Resolve) []Path {
	met, demanded := map[Path]bool{}, map[Path]bool{}
	ds := demands(mine, resolve, false)
	for i := range ds {
		if d := &ds[i]; !d.unresolved {
			shown, there := d.find(&read)
			met[d.path], demanded[d.path] = there && d.equal(shown), true
		}
	}
	cleared := map[Path]bool{}
	for _, p := range ours {
		cleared[p] = len(mine) > 0 && !demanded[p] && !read.Has(p)
	}
	var out []Path
	for _, p := range Touched(base, read, hash, nil) {
		follows := p == "status" && met["outcome"] // closing a lead moves its status
		if !met[p] && !cleared[p] && !follows {
			out = append(out, p)
		}
	}
	return out
}

// KeepHands marks the paths that a person had changed in what is remembered after our write.
func KeepHands(shown map[string]string, hands []Path) {
	for _, p := range hands {
		shown[handMark+string(p)] = "1"
	}
}

// Behind is the path that something remembered of a record is about, its marks taken off.
func Behind(stored string) Path {
	if p, marked := hand(stored); marked {
		return p
	}
	return Path(strings.TrimPrefix(stored, demandMark))
}

// hand is the path behind a mark.
func hand(stored string) (Path, bool) {
	p, marked := strings.CutPrefix(stored, handMark)
	return Path(p), marked
}
