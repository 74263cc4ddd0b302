package target

import "fmt"

// UnresolvedError says that a link leads to a record that has no id in Nutshell (yet).
type UnresolvedError struct{ Link Ref }

func (e *UnresolvedError) Error() string {
	return "link to " + e.Link.String() + ": the record has no id in Nutshell"
}

// demand is a want whose link is resolved and whose path is that of the entry it will be.
type demand struct {
	*Want
	path       Path
	canon      string
	wire       any
	list       string
	unresolved bool
}

// demands resolves links and gives a second value under one label a path of its own. Empty ones are kept only when asked for.
func demands(wants []Want, resolve Resolve, empty bool) []demand {
	out := make([]demand, 0, len(wants))
	for i := range wants {
		w := &wants[i]
		if w.Empty() {
			if empty {
				out = append(out, demand{Want: w, path: w.Path})
			}
			continue
		}
		d := demand{Want: w, path: w.Path, canon: w.Canon, wire: w.Wire, list: w.Path.List()}
		if w.Link != nil {
			d.resolve(resolve)
		}
		if d.list == listPhone || d.list == listAddress {
			for j := range out {
				if out[j].path == d.path && out[j].canon != d.canon {
					d.path = labelled(d.list, "", d.canon)
					break
				}
			}
		}
		out = append(out, d)
	}
	return out
}

func (d *demand) resolve(resolve Resolve) {
	entityType := entityTypes[d.Link.Object]
	var id int64
	ok := false
	if resolve != nil && entityType != "" {
		id, ok = resolve(d.Link.Object, d.Link.SourceID)
	}
	switch {
	case !ok:
		d.unresolved = true
	case d.list == "":
		d.canon, d.wire = refCanon(entityType, id), refWire(entityType, id)
	case d.list == listParticipants:
		d.path, d.wire = ParticipantPath(entityType, id), refWire(entityType, id)
	default:
		d.path, d.wire = LinkPath(d.list, id), linkWire(entityType, id, d.canon)
	}
}

// equal is the comparison of nutshell contract 7.9.
func (d *demand) equal(shown Value) bool {
	switch {
	case d.any, d.canon == shown.Canon:
		return true
	case d.Alt != "" && d.Alt == shown.Alt:
		return true
	case shown.Alt != "" && d.canon == shown.Alt:
		return true
	case d.parts:
		return sameName(d.canon, shown.Canon)
	case d.kind != KindUnknown:
		canon, alt := canonicalCustom(d.kind, shown.Wire)
		return d.canon == canon || alt != "" && d.canon == alt
	}
	return false
}

// find looks the demand up in a record: by its path, and an entry that goes by value also under the path that another form of the
// same value has there. Where the account's field turns out to be a multiple select, the value is one of its choices.
func (d *demand) find(v *View) (Value, bool) {
	if shown, ok := v.Fields[d.path]; ok {
		return shown, true
	}
	switch {
	case d.list == listPhone && d.path.label() == "":
		for _, e := range v.lists[listPhone] {
			if e.label == "" && d.equal(v.Fields[e.path]) {
				d.path = e.path
				return v.Fields[e.path], true
			}
		}
	case d.list == "" && len(v.lists) > 0:
		if name, ok := d.path.Custom(); ok && len(v.lists[string(d.path)]) > 0 {
			d.list, d.path = string(d.path), ChoicePath(name, d.canon)
			shown, ok := v.Fields[d.path]
			return shown, ok
		}
	}
	return Value{}, false
}

func resolved(wants []Want, resolve Resolve) ([]demand, error) {
	out := demands(wants, resolve, false)
	for i := range out {
		if out[i].unresolved {
			return nil, &UnresolvedError{*out[i].Link}
		}
	}
	return out, nil
}

// input is the key under which a demand is sent, "" for one that is only read. It fails for a field that the entity type does not have.
func (d *demand) input(entityType string) (*field, error) {
	return inputOf(entityType, d.path)
}

func inputOf(entityType string, p Path) (*field, error) {
	key := string(p)
	if list := p.List(); list != "" {
		key = list
	}
	if f := byPath[entityType][key]; f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%s has no field %s", entityType, fieldName(p))
}

// fieldName is what an error may say of a path: never the value that the path of an entry holds (I5).
func fieldName(p Path) string {
	if name, ok := p.Custom(); ok {
		return "customFields." + name
	}
	if list := p.List(); list != "" {
		return list
	}
	return string(p)
}

// slot tells the entries without label of lists where one value can take another's place: they are as much one field as those of one
// label. E-mails go by value.
func slot(list string, p Path, label string) bool {
	switch list {
	case listPhone, listAddress:
		return p.label() == ""
	case listURL:
		return label == ""
	}
	return false
}
