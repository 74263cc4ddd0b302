package target

import "slices"

// Standing says why a demanded value is, or is not, in Nutshell some time after our last write.
type Standing string

// The standings.
const (
	Holds   Standing = "holds"   // Nutshell shows the value, or a rule of the map keeps it out
	Yielded Standing = "yielded" // people had filled the field, or changed it before our last write: it was left to them
	Edited  Standing = "edited"  // a person changed the field since our last write
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
