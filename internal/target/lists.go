package target

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// readDictionary reads an object keyed by label, unlabelled entries under any decimal key, and the copy of the primary entry.
func (v *View) readDictionary(list string, shown any) {
	switch x := shown.(type) {
	case map[string]any:
		if len(x) == 0 {
			return
		}
		keys := make([]string, 0, len(x))
		for key := range x {
			if key != "--primary" {
				keys = append(keys, key)
			}
		}
		if len(keys) > 1 {
			slices.SortFunc(keys, compareKeys)
		}
		for _, key := range keys {
			v.addEntry(list, key, x[key])
		}
		v.setPrimary(list, x["--primary"])
	case []any: // what PHP makes of the keys 0, 1, 2...
		for _, value := range x {
			v.addEntry(list, "", value)
		}
		v.setPrimary(list, nil)
	default:
		v.addEntry(list, "", shown)
		v.setPrimary(list, nil)
	}
}

// compareKeys puts decimal keys first, by number, then labels in code-point order: the first is primary unless one is marked.
func compareKeys(a, b string) int {
	x, y := isDecimal(a), isDecimal(b)
	switch {
	case x && y:
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	case x:
		return -1
	case y:
		return 1
	}
	return strings.Compare(a, b)
}

func isDecimal(s string) bool { return s != "" && allDigits(s) }

func (v *View) addEntry(list, key string, shown any) {
	label := key
	if isDecimal(key) {
		label = ""
	}
	p, value := dictionaryValue(list, label, shown)
	if value.Canon == "" {
		return
	}
	v.lists[list] = append(v.lists[list], entry{p, label, value.Wire})
	if _, twice := v.Fields[p]; !twice {
		v.Fields[p] = value
	}
}

// dictionaryValue reads one entry as shown.
func dictionaryValue(list, label string, shown any) (Path, Value) {
	switch list {
	case listEmail:
		s := textOf(shown)
		canon := canonicalEmail(s)
		return Path(listEmail + ":" + canon), Value{Canon: canon, Wire: s}
	case listURL:
		s := textOf(shown)
		canon := canonicalURL(s)
		return Path(listURL + ":" + canon), Value{Canon: canon, Wire: s}
	case listPhone:
		n := phoneWire(shown)
		return labelled(list, label, n.canon), Value{n.canon, n.alt, shown}
	default:
		parts := addressWire(shown)
		canon := canonicalAddress(parts)
		return labelled(list, label, canon), Value{Canon: canon, Wire: addressInput(parts)}
	}
}

// setPrimary finds the entry that the copy under "--primary" equals; without a copy it is the first one.
func (v *View) setPrimary(list string, copied any) {
	entries := v.lists[list]
	if len(entries) == 0 {
		return
	}
	v.Primary[list] = entries[0].path
	if copied == nil || len(entries) == 1 {
		return
	}
	_, primary := dictionaryValue(list, "", copied)
	for _, e := range entries {
		if v.Fields[e.path].Canon == primary.Canon {
			v.Primary[list] = e.path
			return
		}
	}
}

// readTags reads names, or objects with a name.
func (v *View) readTags(shown any) {
	tags, _ := shown.([]any)
	for _, tag := range tags {
		if m, ok := tag.(map[string]any); ok {
			tag = m["name"]
		}
		name := textOf(tag)
		if name == "" {
			continue
		}
		p := tagPath(name)
		if _, twice := v.Fields[p]; twice {
			continue
		}
		v.Fields[p] = Value{Canon: strings.ToLower(name), Wire: name}
		v.lists[listTags] = append(v.lists[listTags], entry{path: p, wire: name})
	}
}

func tagPath(name string) Path { return Path(listTags + ":" + strings.ToLower(name)) }

// readLinks reads stubs. The value of a link is its relationship, so that a link without one is a field with an empty value.
func (v *View) readLinks(f *field, shown any) {
	links, _ := shown.([]any)
	for _, link := range links {
		entityType, id := refOf(link, linkTypes[f.path])
		if id == 0 {
			continue
		}
		p := LinkPath(f.path, id)
		if f.path == listParticipants {
			p = ParticipantPath(entityType, id)
		}
		relationship := ""
		if m, ok := link.(map[string]any); ok && f.rel {
			relationship = textOf(m["relationship"])
		}
		wire := linkWire(entityType, id, relationship)
		if _, twice := v.Fields[p]; twice {
			continue
		}
		v.Fields[p] = Value{Canon: relationship, Wire: wire}
		v.lists[f.path] = append(v.lists[f.path], entry{path: p, wire: wire})
	}
}

// linkWire is a link as input; every link says its entity type (nutshell contract 7.11).
func linkWire(entityType string, id int64, relationship string) map[string]any {
	out := refWire(entityType, id)
	if relationship != "" {
		out["relationship"] = relationship
	}
	return out
}

// readCustom reads custom fields, each choice of a multiple select as a field of its own.
func (v *View) readCustom(shown any, defs Defs) {
	fields, _ := shown.(map[string]any)
	for name, raw := range fields {
		def, known := defs[name]
		values, several := raw.([]any)
		if !several && !(known && def.Multiple) {
			canon, alt := canonicalCustom(def.Type, raw)
			v.put(CustomPath(name), canon, alt, customInput(def.Type, raw))
			continue
		}
		if !several {
			values = []any{raw}
		}
		list := string(CustomPath(name))
		for _, choice := range values {
			text := textOf(choice)
			p := ChoicePath(name, text)
			if _, twice := v.Fields[p]; text == "" || twice {
				continue
			}
			v.Fields[p] = Value{Canon: text, Wire: choice}
			v.lists[list] = append(v.lists[list], entry{path: p, wire: choice})
		}
	}
}
