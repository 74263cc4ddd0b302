package union

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rezora2nutshell/internal/record"
)

// merge takes the record of current whole. What legacy says otherwise is reported; unsubscribed alone is either of the two, and
// fill_empty fills what current leaves empty.
func merge(p Policy, d Decision, current, translated, legacy record.Record) (Decision, error) {
	d.UnionID, d.Alias = current.ID, current.ID != legacy.ID
	d.Provenance, d.Stored = record.FromBoth, true
	now, err := object(current.Canon)
	if err != nil {
		return d, err
	}
	old, err := object(translated.Canon)
	if err != nil {
		return d, err
	}
	c := comparer{schema: record.Schema(current.Kind), fill: p.FillEmpty}
	changed := c.compare(c.schema, now, old, "")
	d.Differences, d.Filled = c.differences, c.filled
	if current.Kind == record.Contacts && isTrue(old["unsubscribed"]) {
		d.UnsubscribedFromLegacy = !servedOptOut(current, now)
		if !isTrue(now["unsubscribed"]) {
			now["unsubscribed"] = json.RawMessage("true")
			changed = true
		}
	}
	out := current
	if changed {
		if out.Canon, err = marshal(now); err != nil {
			return d, err
		}
		if out.Raw == nil {
			out.Raw = current.Canon
		}
	}
	out = withLegacy(out, legacy)
	out.Provenance = d.Provenance
	d.Record = out
	return d, nil
}

// servedOptOut tells whether current itself calls a contact unsubscribed: a union before this one may have set the flag, so the item as it
// was served decides where it has one in plain form.
func servedOptOut(current record.Record, now map[string]json.RawMessage) bool {
	if current.Raw != nil {
		raw, err := object(current.Raw)
		if v, says := raw["unsubscribed"]; err == nil && says && (isTrue(v) || string(v) == "false") {
			return isTrue(v)
		}
	}
	return isTrue(now["unsubscribed"])
}

// notCompared are fields that mean nothing across the two APIs, or are decided elsewhere.
var notCompared = map[string]bool{"id": true, "updated_at": true, "deleted": true, "deleted_at": true, "unsubscribed": true}

// coarse are values by which legacy names several of current's: its kinds know neither synced nor master.
var coarse = map[string][]string{"normal": {"synced", "master"}, "standard": {"synced", "master"}}

// comparer holds a legacy item against a current one, field by field of what legacy knows.
type comparer struct {
	schema      *record.Fields
	fill        bool
	differences []string
	filled      []string
}

// compare reports whether it changed the current object.
func (c *comparer) compare(fields *record.Fields, now, old map[string]json.RawMessage, prefix string) bool {
	changed := false
	for _, f := range fields.All() {
		was, known := old[f.Name]
		if !known || prefix == "" && notCompared[f.Name] {
			continue
		}
		path := prefix + f.Name
		if f.Type == record.Object && !f.List {
			changed = c.nested(f, now, was, path) || changed
			continue
		}
		is := now[f.Name]
		if same(is, was) || f.Type == record.Enum && slices.Contains(coarse[plain(was)], plain(is)) {
			continue
		}
		if c.fill && empty(is) && !empty(was) {
			now[f.Name], changed = was, true
			c.filled = append(c.filled, path)
			continue
		}
		c.differences = append(c.differences, path)
	}
	return changed
}

func (c *comparer) nested(f *record.Field, now map[string]json.RawMessage, was json.RawMessage, path string) bool {
	inner, err := object(was)
	if err != nil || inner == nil {
		return false
	}
	mine, err := object(now[f.Name])
	if err != nil {
		return false
	}
	if mine == nil {
		mine = map[string]json.RawMessage{}
	}
	if !c.compare(f.Fields, mine, inner, path+".") {
		return false
	}
	b, err := marshal(mine)
	if err != nil {
		return false
	}
	now[f.Name] = b
	return true
}

// same compares two JSON values; missing, null and "" are one.
func same(a, b json.RawMessage) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	return bytes.Equal(a, b) || plain(a) == plain(b)
}

func empty(v json.RawMessage) bool {
	return len(v) == 0 || string(v) == "null" || string(v) == `""`
}

// plain is a scalar without its JSON dress.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

func isTrue(v json.RawMessage) bool { return string(v) == "true" }

func object(b json.RawMessage) (map[string]json.RawMessage, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(b, &out); err != nil {
		return nil, fmt.Errorf("canonical item is no object")
	}
	return out, nil
}

// marshal writes an object with sorted names, values as they are.
func marshal(v map[string]json.RawMessage) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write canonical item: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// text reads a text field of an item.
func text(rec record.Record, field string) (string, error) {
	o, err := object(rec.Canon)
	if err != nil || empty(o[field]) {
		return "", err
	}
	return plain(o[field]), nil
}

// withText replaces a text field of an item; the item as served stays beside it.
func withText(rec record.Record, field, value string) (record.Record, error) {
	o, err := object(rec.Canon)
	if err != nil {
		return rec, err
	}
	if !empty(o[field]) && plain(o[field]) == value {
		return rec, nil
	}
	if o == nil {
		o = map[string]json.RawMessage{}
	}
	b, err := json.Marshal(strings.Clone(value))
	if err != nil {
		return rec, fmt.Errorf("write %s: %w", field, err)
	}
	o[field] = b
	if rec.Raw == nil {
		rec.Raw = rec.Canon
	}
	rec.Canon, err = marshal(o)
	return rec, err
}
