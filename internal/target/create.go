package target

import (
	"cmp"
	"fmt"
	"slices"
)

// CreateBody is the object of newX: for a note the keys entity and note. Values that newX ignores (a task's completion, a lead's outcome)
// are left out and belong to a second call. It fails with *UnresolvedError for a link to a record without id, for a field that the
// entity type does not have, and for two values of one scalar.
func CreateBody(entityType string, wants []Want, resolve Resolve) (map[string]any, error) {
	if schema[entityType] == nil {
		return nil, fmt.Errorf("entity type %q cannot be created", entityType)
	}
	ds, err := resolved(wants, resolve)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", entityType, err)
	}
	body := map[string]any{}
	lists := map[string][]entry{}
	var custom map[string]any
	seen := map[Path]string{}
	for i := range ds {
		d := &ds[i]
		if before, twice := seen[d.path]; twice {
			if before != d.canon {
				return nil, fmt.Errorf("create %s: two values for %s", entityType, fieldName(d.path))
			}
			continue
		}
		seen[d.path] = d.canon
		if name, ok := d.path.Custom(); ok {
			if !hasCustomFields(entityType) {
				return nil, fmt.Errorf("create %s: %w", entityType, errNoCustomFields)
			}
			if custom == nil {
				custom = map[string]any{}
			}
			if d.list == "" {
				custom[name] = d.wire
			} else {
				choices, _ := custom[name].([]any)
				custom[name] = append(choices, d.wire)
			}
			continue
		}
		f, err := d.input(entityType)
		if err != nil {
			return nil, fmt.Errorf("create: %w", err)
		}
		switch {
		case f.in == "" || f.late:
		case d.list != "":
			lists[d.list] = append(lists[d.list], entry{d.path, d.entryLabel(), d.wire})
		case f.shape == shapeStatus && entityType == "Leads":
			if d.canon == leadPending {
				body["isPending"] = true
			}
		default:
			body[f.in] = scalarInput(f, d.wire)
		}
	}
	for list, entries := range lists {
		in := byPath[entityType][list].in
		if isDictionary(list) {
			body[in] = dictionaryBody(entries, 0)
		} else {
			slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.path, b.path) })
			body[in] = listBody(entries)
		}
	}
	if custom != nil {
		body["customFields"] = custom
	}
	return body, nil
}

// entryLabel is the label under which a demanded entry is sent, "" for a decimal key.
func (d *demand) entryLabel() string {
	if d.list == listPhone || d.list == listAddress {
		return d.path.label()
	}
	return ""
}
