package target

import "strings"

// Finding is the comparison of one demanded value with what Nutshell shows.
type Finding struct {
	Path    Path // "" for a value that is not sent
	Field   string
	Source  string
	Target  string // what is there, for people
	Verdict string
	Reason  string
}

// Fault tells whether the value is not in Nutshell as the map demands.
func (f Finding) Fault() bool { return f.Verdict == Missing || f.Verdict == Mismatch }

// Compare gives one finding for each want, in their order.
func Compare(wants []Want, v View, resolve Resolve) []Finding {
	ds := demands(wants, resolve, true)
	out := make([]Finding, len(ds))
	for i := range ds {
		out[i] = ds[i].compare(&v)
	}
	return out
}

func (d *demand) compare(v *View) Finding {
	f := Finding{Path: d.path, Field: d.Field, Source: d.Source, Verdict: d.Verdict, Reason: d.Reason}
	if f.Verdict == "" {
		f.Verdict = Equal
	}
	if d.Empty() {
		if shown, ok := v.Fields[d.path]; ok && d.path != "" {
			f.Target = display(d.path, shown)
		}
		return f
	}
	if d.unresolved {
		f.Verdict, f.Reason = Missing, "the linked record "+d.Link.String()+" is not in Nutshell"
		return f
	}
	shown, ok := d.find(v)
	f.Path = d.path
	switch {
	case ok && d.equal(shown):
		f.Target = display(d.path, shown)
	case ok:
		f.Target = display(d.path, shown)
		f.Verdict, f.Reason = Mismatch, "Nutshell shows another value"
	default:
		f.Verdict, f.Reason = Missing, "Nutshell does not show the value"
		if other, ok := d.instead(v); ok {
			f.Target = display(other, v.Fields[other])
			f.Verdict, f.Reason = Mismatch, "Nutshell shows another value"
		}
	}
	return f
}

// instead is the only value without label that stands where a demanded one should.
func (d *demand) instead(v *View) (Path, bool) {
	if !slot(d.list, d.path, "") {
		return "", false
	}
	var others []Path
	for _, e := range v.lists[d.list] {
		if slot(d.list, e.path, e.label) {
			others = append(others, e.path)
		}
	}
	if len(others) != 1 {
		return "", false
	}
	return others[0], true
}

// display is a shown value for people.
func display(p Path, shown Value) string {
	if p == "name" {
		if m, ok := shown.Wire.(map[string]any); ok {
			if s := textOf(m["displayName"]); s != "" {
				return s
			}
			return strings.TrimSpace(textOf(m["givenName"]) + " " + textOf(m["familyName"]))
		}
	}
	switch list := p.List(); {
	case isLinkList(list):
		return displayLink(p, shown.Canon)
	case list == listPhone:
		if m, ok := shown.Wire.(map[string]any); ok {
			return displayPhone(m)
		}
	case list == listAddress:
		return displayParts(addressWire(shown.Wire))
	}
	switch wire := shown.Wire.(type) {
	case string:
		return wire
	default:
		return shown.Canon
	}
}

func displayLink(p Path, relationship string) string {
	entityType, id, _ := p.Linked()
	if relationship == "" {
		return refCanon(entityType, id)
	}
	return relationship + " (" + refCanon(entityType, id) + ")"
}

func displayPhone(m map[string]any) string {
	s := textOf(m["numberFormatted"])
	if s == "" {
		s = textOf(m["number"])
	}
	if ext := textOf(m["extension"]); ext != "" {
		s += " x" + ext
	}
	return s
}

func displayParts(parts [len(addressParts)]string) string {
	kept := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}
