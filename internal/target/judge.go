package target

import "slices"

// Standing says why a demanded value is, or is not, in Nutshell some time after our last write.
type Standing string

// The standings.
const (
	Holds   Standing = "holds"   // Nutshell shows the value, or a rule of the map keeps it out
	Yielded Standing = "yielded" // people had filled the field before us: it was left to them
	Edited  Standing = "edited"  // a person changed the field after we had written it, or the record it belongs to
	Faulty  Standing = "faulty"  // missing or different, and nobody but the server can have done it
)

// Judgement is a finding with its standing.
type Judgement struct {
	Finding
	Standing Standing
}

const reasonYielded = "people had another value there, which stays"

// Judge compares as Compare does and tells people's doing from faults: base and ours are what Remember kept after our last write. A value
// that was yielded gets the verdict truncated, for a rule of the map keeps it out of Nutshell.
func Judge(wants []Want, base map[string]string, ours []Path, now View, hash Hash, resolve Resolve) []Judgement {
	findings := Compare(wants, now, resolve)
	out := make([]Judgement, len(findings))
	m := merger{base: base, theirs: now, hash: hash}
	for i, f := range findings {
		j := Judgement{f, Holds}
		switch {
		case !f.Fault():
		case base[handMark+string(f.Path)] != "":
			j.Standing = Edited
		case yielded(base, ours, f.Path):
			j.Standing, j.Verdict, j.Reason = Yielded, Truncated, reasonYielded
		case !m.unchanged(f.Path):
			j.Standing = Edited
		default:
			j.Standing = Faulty
		}
		out[i] = j
	}
	return out
}

// EditedBesides lists the fields that people changed though the map demands nothing there. judged is what Judge said of the demands, base
// what Remember kept after our last write. A record that came to be linked, or is no longer, shows at the demand for it alone.
func EditedBesides(judged []Judgement, base map[string]string, now View, hash Hash) []Finding {
	known := map[string]bool{}
	for _, j := range judged {
		known[j.Field], known[string(j.Path)] = true, true
	}
	var out []Finding
	for _, p := range Touched(base, now, hash, func(Path) bool { return true }) {
		field := fieldLabel(p)
		if known[field] || known[string(p)] {
			continue
		}
		known[field] = true
		f := Finding{Path: p, Field: field}
		if shown, ok := now.Fields[p]; ok {
			f.Target = display(p, shown)
		}
		out = append(out, f)
	}
	return out
}

// Held are the wants that were not left to people, in their order: what the roots and the reconciliation go by.
func Held(wants []Want, base map[string]string, ours []Path, resolve Resolve) []Want {
	out := make([]Want, 0, len(wants))
	for _, d := range demands(wants, resolve, true) {
		if !yielded(base, ours, d.path) {
			out = append(out, *d.Want)
		}
	}
	return out
}

// LeftToPeople tells a demand that was left to people who had another value there, by what Remember kept after our last write.
func LeftToPeople(w Want, base map[string]string, ours []Path) bool {
	p := string(w.Path)
	return yielded(base, ours, w.Path) && base[demandMark+p] != base[p]
}

// yielded tells the paths whose demand is remembered though their value is not ours.
func yielded(base map[string]string, ours []Path, p Path) bool {
	_, known := base[demandMark+string(p)]
	return known && !slices.Contains(ours, p)
}
