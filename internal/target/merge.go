package target

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Conflict is a field that a person changed and the source too: the person's value stands.
type Conflict struct {
	Path   Path
	Field  string
	Reason string
}

// The reasons of a conflict.
const (
	reasonBoth    = "changed in Nutshell and at the source: Nutshell's value stays"
	reasonRemoved = "changed in Nutshell and removed at the source: Nutshell's value stays"
	reasonFilled  = "filled in Nutshell before the source had a value: Nutshell's value stays"
	reasonJSON    = "a person edited this list: it is kept whole"
)

// Merge3 is the three-way merge of the delta, field by field. base and before are what Remember kept after our last write, theirs is the
// record now, and ours everything that the map demands of it now: of a lead its closing too, of a task its completion, for what is
// not among them counts as removed at the source. Set and clear hold what EditBody is to send. A field that a person changed keeps the
// person's value; it is listed as a conflict only when the source changed it too, a JSON list whenever a person edited it. Fields
// never demanded are never sent, and one that the source no longer has is cleared only where our value still stands (I7).
func Merge3(base map[string]string, before []Path, ours []Want, theirs View, hash Hash, resolve Resolve) (set []Want, clear []Path, conflicts []Conflict) {
	m := merger{base, theirs, hash, make(map[Path]bool, len(before))}
	for _, p := range before {
		m.ours[p] = true
	}
	demanded := map[Path]bool{}
	ds := demands(ours, resolve, false)
	for i := range ds {
		if !ds[i].unresolved {
			ds[i].find(&theirs)
			demanded[ds[i].path] = true
		}
	}
	for i := range ds {
		d := &ds[i]
		if d.unresolved {
			set = append(set, *d.Want)
			continue
		}
		shown, there := d.find(&theirs)
		if there && d.equal(shown) {
			continue
		}
		send, reason := m.decide(d, there)
		if send && m.replaced(d, demanded) {
			send, reason = false, reasonBoth
		}
		if send {
			set = append(set, *d.Want)
		}
		if reason != "" {
			conflicts = append(conflicts, Conflict{d.path, d.Field, reason})
		}
	}
	for _, p := range before {
		if demanded[p] {
			continue
		}
		switch there := theirs.Has(p); {
		case !there:
		case p == "status" && demanded["outcome"]: // the outcome is the status from now on
		case m.unchanged(p):
			clear = append(clear, p)
		default:
			conflicts = append(conflicts, Conflict{p, fieldLabel(p), reasonRemoved})
		}
	}
	slices.Sort(clear)
	slices.SortFunc(conflicts, func(a, b Conflict) int { return cmp.Compare(a.Path, b.Path) })
	return set, clear, conflicts
}

type merger struct {
	base   map[string]string
	theirs View
	hash   Hash
	ours   map[Path]bool
}

// unchanged tells whether Nutshell shows at the path what it showed after our last write.
func (m *merger) unchanged(p Path) bool {
	before, was := m.base[string(p)]
	shown, is := m.theirs.Fields[p]
	return was == is && (!is || before == m.hash(shown.Canon))
}

// decide says whether a demand that Nutshell does not show is sent, and why it is in conflict otherwise.
func (m *merger) decide(d *demand, there bool) (send bool, conflict string) {
	p := d.path
	if m.reopens(p) {
		if m.unchanged(p) && m.unchanged("outcome") {
			return true, ""
		}
		return false, reasonBoth
	}
	unchanged := m.unchanged(p)
	if m.ours[p] {
		sourceChanged := m.hash(d.canon) != demandedBefore(m.base, p)
		switch {
		case unchanged:
			return sourceChanged, ""
		case there && isJSONList(d):
			return false, reasonJSON
		case sourceChanged:
			return false, reasonBoth
		}
		return false, ""
	}
	if before, known := m.base[demandMark+string(p)]; known {
		if before == m.hash(d.canon) {
			return false, ""
		}
		return false, reasonBoth
	}
	_, was := m.base[string(p)]
	switch {
	case !there && !was:
		return true, ""
	case there && !was:
		return false, reasonFilled
	}
	return false, reasonBoth
}

// reopens tells the status of a lead that we closed by an outcome, which made the status ours too.
func (m *merger) reopens(p Path) bool {
	return p == "status" && m.theirs.Type == "Leads" && !m.ours[p] && m.ours["outcome"]
}

// replaced tells whether a person changed or removed the value without label that the demanded one is to take the place of.
func (m *merger) replaced(d *demand, demanded map[Path]bool) bool {
	if !slot(d.list, d.path, "") || m.ours[d.path] {
		return false
	}
	for p := range m.ours {
		if p.List() == d.list && slot(d.list, p, "") && !demanded[p] && !m.theirs.Has(p) {
			return true
		}
	}
	return false
}

// isJSONList tells the custom fields that hold a JSON array.
func isJSONList(d *demand) bool {
	_, custom := d.path.Custom()
	return custom && strings.HasPrefix(d.canon, "[") && json.Valid([]byte(d.canon))
}

// fieldLabel is a path's name in reports, where no demand gives one.
func fieldLabel(p Path) string {
	if list := p.List(); list == listPhone || list == listAddress {
		return dotted(list, p.label())
	}
	return fieldName(p)
}
