package rezoratest

import (
	"encoding/json"
	"slices"
	"strconv"
)

// appendRow writes a row as the current API shows it: live or tombstone,
// reduced to fields, with the oddities that are switched on.
func (x *exchange) appendRow(b []byte, v view, r *row, fields []string, html bool) []byte {
	res := v.res
	odd := x.cfg.NumericIDs || x.cfg.OddTimes || x.cfg.UnknownFields || res.name == attachments && len(x.cfg.AttachmentFault) > 0
	if x.cfg.NoFields {
		fields = nil
	}
	if r.deletedAt != 0 {
		t := tombstone(res, r, x.cfg.TombstoneBare)
		if odd {
			x.disfigure(res, r, t)
		}
		return append(b, encodeOrdered(res.order, t)...)
	}
	if fields == nil && !odd {
		if !html || r.html == "" {
			return append(b, r.body...)
		}
		b = append(b, r.body[:len(r.body)-1]...)
		b = append(b, `,"html":`...)
		return append(append(b, mustEncode(r.html)...), '}')
	}
	if !odd && !slices.ContainsFunc(fields, func(f string) bool { return !res.always(f) }) {
		return appendKeyFields(b, res, r)
	}
	m := decode(r.body)
	if html && r.html != "" {
		m["html"] = r.html
	}
	if odd {
		x.disfigure(res, r, m)
	}
	if fields != nil {
		for k := range m {
			if !res.always(k) && !slices.Contains(fields, k) {
				delete(m, k)
			}
		}
	}
	return append(b, encodeOrdered(res.order, m)...)
}

// appendKeyFields is the answer to fields=id, the sweep, without a decode.
func appendKeyFields(b []byte, res *resource, r *row) []byte {
	b = append(b, `{"id":`...)
	b = append(b, mustEncode(r.id)...)
	if res.sub != "" {
		b = append(b, ',')
		b = strconv.AppendQuote(b, res.sub)
		b = append(b, ':')
		b = append(b, mustEncode(r.sub)...)
	}
	b = append(b, `,"updated_at":"`...)
	b = append(b, instant(r.updated).String()...)
	return append(b, `","deleted":false}`...)
}

// tombstone is what is left of a deleted row: the natural keys, or with bare
// not even those (rezora contract 3.5 rule 4).
func tombstone(res *resource, r *row, bare bool) map[string]any {
	at := instant(r.deletedAt).String()
	t := map[string]any{"id": r.id, "deleted": true, "deleted_at": at, "updated_at": at}
	if bare {
		return t
	}
	if res.sub != "" {
		t[res.sub] = r.sub
	}
	if len(res.natural) > 0 {
		var last map[string]json.RawMessage
		if json.Unmarshal(r.body, &last) == nil {
			for _, k := range res.natural {
				t[k] = last[k]
			}
		}
	}
	return t
}
