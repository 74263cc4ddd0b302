package target

import (
	"errors"
	"fmt"
	"slices"
)

// EditBody is the partial object of editX that sets and clears the given fields of a record as it stands, and nil when nothing would
// change. A list that changes is sent whole, the other entries as they are and the primary one marked; a custom field and a scalar
// are cleared by null, an entry by leaving it out. It fails as CreateBody does.
func EditBody(v View, set []Want, clear []Path, resolve Resolve) (map[string]any, error) {
	ds, err := resolved(set, resolve)
	if err != nil {
		return nil, fmt.Errorf("edit %s %d: %w", v.Type, v.ID, err)
	}
	e := editor{v: &v, body: map[string]any{}, lists: map[string]*listEdit{}, lead: leadChange{clear: map[Path]bool{}}}
	for i := range ds {
		if err := e.set(&ds[i]); err != nil {
			return nil, fmt.Errorf("edit %s %d: %w", v.Type, v.ID, err)
		}
	}
	for _, p := range clear {
		if err := e.clear(p); err != nil {
			return nil, fmt.Errorf("edit %s %d: %w", v.Type, v.ID, err)
		}
	}
	if v.Type == "Leads" {
		e.lead.write(&v, e.body)
	}
	for list, edit := range e.lists {
		e.writeList(list, edit)
	}
	if e.custom != nil {
		e.body["customFields"] = e.custom
	}
	if len(e.body) == 0 {
		return nil, nil
	}
	return e.body, nil
}

var errNoCustomFields = errors.New("the entity type has no custom fields")

type editor struct {
	v      *View
	body   map[string]any
	custom map[string]any
	lists  map[string]*listEdit
	lead   leadChange
	done   map[Path]bool
}

type listEdit struct {
	set   []*demand
	clear map[Path]bool
}

func (e *editor) set(d *demand) error {
	shown, there := d.find(e.v)
	if e.done == nil {
		e.done = map[Path]bool{}
	}
	e.done[d.path] = true
	if d.list == "" && isLeadState(d.path) && e.v.Type == "Leads" {
		e.lead.put(d)
		return nil
	}
	if there && d.equal(shown) {
		return nil
	}
	if d.list != "" {
		if err := e.writable(d.path); err != nil {
			return err
		}
		edit := e.list(d.list)
		edit.set = append(edit.set, d)
		return nil
	}
	if name, ok := d.path.Custom(); ok {
		return e.setCustom(name, d.wire)
	}
	f, err := d.input(e.v.Type)
	if err == nil && f.in != "" {
		e.body[f.in] = scalarInput(f, d.wire)
	}
	return err
}

func (e *editor) clear(p Path) error {
	if e.done[p] || !e.v.Has(p) {
		return nil
	}
	if e.v.Type == "Leads" && isLeadState(p) {
		e.lead.clear[p] = true
		return nil
	}
	if list := p.List(); list != "" {
		if err := e.writable(p); err != nil {
			return err
		}
		e.list(list).clear[p] = true
		return nil
	}
	if name, ok := p.Custom(); ok {
		return e.setCustom(name, nil)
	}
	f, err := inputOf(e.v.Type, p)
	if err == nil && f.in != "" {
		e.body[f.in] = nil
	}
	return err
}

func (e *editor) setCustom(name string, wire any) error {
	if !hasCustomFields(e.v.Type) {
		return errNoCustomFields
	}
	if e.custom == nil {
		e.custom = map[string]any{}
	}
	e.custom[name] = wire
	return nil
}

// writable refuses entries of lists that are only read.
func (e *editor) writable(p Path) error {
	if _, ok := p.Custom(); ok && hasCustomFields(e.v.Type) {
		return nil
	}
	f, err := inputOf(e.v.Type, p)
	if err == nil && f.in == "" {
		return fmt.Errorf("%s cannot be written", fieldName(p))
	}
	return err
}

func (e *editor) list(list string) *listEdit {
	if e.lists[list] == nil {
		e.lists[list] = &listEdit{clear: map[Path]bool{}}
	}
	return e.lists[list]
}

// writeList builds the whole new list. The primary entry stays the one that is primary; where that one leaves the list, the first
// new entry takes its place, else the first of those left.
func (e *editor) writeList(list string, edit *listEdit) {
	old := e.v.lists[list]
	entries := make([]entry, 0, len(old)+len(edit.set))
	placed := map[Path]bool{}
	for i, x := range old {
		if edit.clear[x.path] && leaves(old, i) {
			continue
		}
		for _, d := range edit.set {
			if d.path == x.path {
				x.wire = d.wire
				placed[d.path] = true
			}
		}
		entries = append(entries, x)
	}
	primary := slices.IndexFunc(entries, func(x entry) bool { return x.path == e.v.Primary[list] })
	for _, d := range edit.set {
		if placed[d.path] {
			continue
		}
		placed[d.path] = true
		if primary < 0 {
			primary = len(entries)
		}
		entries = append(entries, entry{d.path, d.entryLabel(), d.wire})
	}
	if primary < 0 {
		primary = 0
	}
	if isDictionary(list) {
		e.body[byPath[e.v.Type][list].in] = dictionaryBody(entries, primary)
		return
	}
	whole := listBody(entries)
	if name, ok := Path(list).Custom(); ok {
		_ = e.setCustom(name, whole)
		return
	}
	e.body[byPath[e.v.Type][list].in] = whole
}

// leaves tells which of several entries with one value goes when the value is cleared: the unlabelled ones, for the migration gives such
// values no label; the first where all have one.
func leaves(entries []entry, i int) bool {
	labelled, first := true, -1
	for j, e := range entries {
		if e.path == entries[i].path {
			labelled = labelled && e.label != ""
			if first < 0 {
				first = j
			}
		}
	}
	return entries[i].label == "" || labelled && first == i
}
