package target

import "slices"

// primaryMark precedes a list in what is remembered of a record: the value beside it is the hash of the path of its primary entry.
const primaryMark = demandMark + "primary:"

// rememberPrimary keeps which telephone number was the primary one after our write.
func rememberPrimary(shown map[string]string, after View, hash Hash) {
	delete(shown, primaryMark+listPhone)
	if p, ok := after.Primary[listPhone]; ok {
		shown[primaryMark+listPhone] = hash(string(p))
	}
}

// LeadPhone makes the first number that is demanded the primary one of a record that is about to get the demands of set, where the
// primary one of now is the one that this migration left there. A primary number that a person chose, changed or had before stays (I7).
func LeadPhone(base map[string]string, ours []Path, wants, set []Want, theirs *View, hash Hash, resolve Resolve) {
	now, ok := theirs.Primary[listPhone]
	if !ok || base[primaryMark+listPhone] != hash(string(now)) || !slices.Contains(ours, now) || base[string(now)] != hash(theirs.Fields[now].Canon) {
		return
	}
	ds := demands(wants, resolve, false)
	first := slices.IndexFunc(ds, func(d demand) bool { return !d.unresolved && d.list == listPhone })
	if first < 0 {
		return
	}
	d := &ds[first]
	d.find(theirs)
	coming := slices.ContainsFunc(set, func(w Want) bool { return w.Path == d.Path })
	if coming || theirs.Has(d.path) {
		theirs.Primary[listPhone] = d.path
	}
}
