package report

// fidelityView is the fidelity table of a page: sums by object, and the fields of each.
type fidelityView struct {
	Sums    *grid
	Objects []fidelityObject
}

type fidelityObject struct {
	Name, Say string
	Grid      *grid
}

func fidelityOf(f Fidelity) fidelityView {
	head := []string{"#At the source", "#As it was", "#Other form", "#Shortened, rest in the archive", "#Archive only", "#Record not in Nutshell"}
	v := fidelityView{Sums: newGrid(append([]string{"Object"}, head...)...)}
	by := map[string]*fidelityObject{}
	for _, t := range f.Totals() {
		v.Sums.add(kindWord(t.Object), t.Source, t.Carried, t.Transformed, t.Truncated, t.Archived, t.Refused)
		v.Objects = append(v.Objects, fidelityObject{Name: kindWord(t.Object), Grid: newGrid(append([]string{"Field"}, head...)...)})
	}
	for i, t := range f.Totals() {
		by[t.Object] = &v.Objects[i]
	}
	fields := map[string]int{}
	for _, r := range f.Rows() {
		by[r.Object].Grid.add(code(r.Field), r.Source, r.Carried, r.Transformed, r.Truncated, r.Archived, r.Refused)
		fields[r.Object]++
		by[r.Object].Say = plural(fields[r.Object], "field", "fields")
	}
	return v
}
