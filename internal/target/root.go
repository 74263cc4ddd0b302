package target

import (
	"cmp"
	"slices"
)

// DemandLine is a record's line in the source root: what the map demands, with links by source id. Values that are not sent have no part
// in it. ShownLine gives the same text exactly when Compare finds every demanded value in Nutshell.
func DemandLine(object, sourceID string, wants []Want, resolve Resolve, back Back) string {
	return line(object, sourceID, wants, nil, resolve, back)
}

// ShownLine is a record's line in the target root: what was read back at the demanded paths, with links by source id. What is missing
// there is missing in the line.
func ShownLine(object, sourceID string, wants []Want, v View, resolve Resolve, back Back) string {
	return line(object, sourceID, wants, &v, resolve, back)
}

type linePart struct{ path, canon string }

func line(object, sourceID string, wants []Want, v *View, resolve Resolve, back Back) string {
	ds := demands(wants, resolve, false)
	parts := make([]linePart, 0, len(ds))
	for i := range ds {
		d := &ds[i]
		demanded := d.path // find may move the path to that of an equal value
		canon := d.canon
		if v != nil {
			if d.unresolved {
				continue
			}
			shown, there := d.find(v)
			if !there {
				if canon != "" || isLinkList(d.list) {
					continue
				}
			} else if !d.equal(shown) {
				canon = shown.Canon
			}
		}
		if d.unresolved {
			parts = append(parts, linePart{string(d.Path), canon})
			continue
		}
		parts = append(parts, linePart{bySource(demanded, back), refBySource(d, canon, back)})
	}
	slices.SortFunc(parts, func(a, b linePart) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.canon, b.canon))
	})
	parts = slices.Compact(parts)
	b := appendEscaped(nil, object)
	b = append(b, '\t')
	b = appendEscaped(b, sourceID)
	for _, part := range parts {
		b = append(b, '\t')
		b = appendEscaped(b, part.path)
		b = append(b, '=')
		b = appendEscaped(b, part.canon)
	}
	return string(b)
}

// bySource names the record at the other end of a link by its source id.
func bySource(p Path, back Back) string {
	entityType, id, ok := p.Linked()
	if !ok || back == nil {
		return string(p)
	}
	if ref, known := back(entityType, id); known {
		return p.List() + ":@" + ref.String()
	}
	return string(p)
}

// refBySource does the same for a scalar that holds a record.
func refBySource(d *demand, canon string, back Back) string {
	wire, ok := d.wire.(map[string]any)
	if !ok || d.list != "" || back == nil || wire["entityType"] == nil {
		return canon
	}
	for i := 0; i < len(canon); i++ {
		if canon[i] != '/' {
			continue
		}
		if ref, known := back(canon[:i], idOf(canon[i+1:])); known {
			return "@" + ref.String()
		}
	}
	return canon
}

const hexDigits = "0123456789abcdef"

// appendEscaped keeps a value on one line and apart from its neighbours.
func appendEscaped(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < 0x20 || c == '\\' || c == '=' || c == 0x7f:
			b = append(b, '\\', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}
