package target

// FillEmpty is policy `merge` for a record that was in Nutshell before: it sets only fields that are empty there, an entry of a list and
// the relationship of a link each being a field of its own, a person's name one field; values without label share one field, but for
// e-mails. What people filled with another value is left to them and returned beside.
func FillEmpty(v View, wants []Want, resolve Resolve) (set, left []Want) {
	ds := demands(wants, resolve, false)
	for i := range ds {
		d := &ds[i]
		if d.unresolved {
			set = append(set, *d.Want)
			continue
		}
		shown, there := d.find(&v)
		switch {
		case there && d.equal(shown):
		case there && isLinkList(d.list) && shown.Canon == "":
			set = append(set, *d.Want)
		case there, d.taken(&v):
			left = append(left, *d.Want)
		default:
			set = append(set, *d.Want)
		}
	}
	return set, left
}

// taken tells whether the place of a value without label holds another one. E-mails have no place of their own: they are added by value.
func (d *demand) taken(v *View) bool {
	if !slot(d.list, d.path, "") {
		return false
	}
	for _, e := range v.lists[d.list] {
		if slot(d.list, e.path, e.label) {
			return true
		}
	}
	return false
}
