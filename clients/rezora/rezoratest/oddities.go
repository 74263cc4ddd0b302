package rezoratest

import (
	"encoding/json"
	"hash/fnv"
	"strings"
	"time"
)

// disfigure plays the switches that change how a row looks, not what it says.
// What it does to a row depends on its id alone.
func (x *exchange) disfigure(res *resource, r *row, m map[string]any) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key(r.id, r.sub)))
	o := oddity{numeric: x.cfg.NumericIDs, times: x.cfg.OddTimes, dice: h.Sum64()}
	if x.cfg.UnknownFields && r.deletedAt == 0 {
		m["rz_rev"] = r.rev
		m["x_internal"] = map[string]any{"shard": o.dice % 8, "flags": []string{"a", "b"}, "note": nil}
		if p, ok := m["phones"].(map[string]any); ok {
			p["pager"] = ""
		}
	}
	o.object("", m)
	if res.name == attachments {
		x.spoil(r.id, m)
	}
}

type oddity struct {
	numeric, times bool
	dice           uint64
}

func (o oddity) object(path string, m map[string]any) {
	for k, v := range m {
		switch x := v.(type) {
		case map[string]any:
			if k != "custom_properties" && k != "params" && k != "search" && k != "external_ids" {
				o.object(k, x)
			}
		case []any:
			for i, e := range x {
				if sub, ok := e.(map[string]any); ok {
					o.object(k, sub)
				} else if s, ok := e.(string); ok && o.numeric && strings.HasSuffix(k, "_ids") {
					x[i] = digits(s)
				}
			}
		case string:
			switch {
			case o.numeric && isRef(k):
				m[k] = digits(x)
			case o.times && strings.HasSuffix(k, "_at"):
				m[k] = o.time(x, k)
			}
		case nil:
			if o.times && strings.HasSuffix(k, "_at") {
				m[k] = zeroTimes[(o.dice+uint64(len(k)))%uint64(len(zeroTimes))]
			}
		}
	}
}

// isRef tells fields that hold ids of this account from other text.
func isRef(k string) bool {
	switch k {
	case "mls_org_id", "network_post_id", "employee_id":
		return false
	}
	return k == "id" || strings.HasSuffix(k, "_id")
}

// digits turns an id of digits into a JSON number.
func digits(s string) any {
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789") != "" || (s[0] == '0' && s != "0") {
		return s
	}
	return json.Number(s)
}

var zeroTimes = []any{nil, "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "", "0000-00-00T00:00:00Z"}

// time writes the same moment in another form.
func (o oddity) time(s, field string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	switch (o.dice + uint64(len(field))) % 5 {
	case 0:
		return t.In(time.FixedZone("", -7*3600)).Format("2006-01-02T15:04:05-07:00")
	case 1:
		return t.Format("2006-01-02T15:04:05.000Z")
	case 2:
		return t.Format(time.DateTime)
	case 3:
		return t.In(time.FixedZone("", 5*3600+1800)).Format("2006-01-02T15:04:05.000000-07:00")
	}
	return s
}
