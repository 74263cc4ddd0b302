package rezoratest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// row is one record. body is its live JSON without html and is replaced,
// never changed in place; a deleted row keeps its last live body, which
// tombstones, filters and Restore draw on.
type row struct {
	id, sub   string
	updated   int64 // position in the keyset; equals deletedAt once deleted
	deletedAt int64 // 0 = live
	body      []byte
	html      string
	keys      []string // filter values, in the order of resource.filters
	rev       int
	flags     flag
}

type flag uint8

const (
	currentOnly      flag = 1 << iota // the legacy view does not know the row
	servedDeleted                     // live in legacy although deleted here
	legacySubscribed                  // legacy says subscribed whatever the row says
	legacyUnsubbed                    // legacy says unsubscribed whatever the row says
)

func (r *row) has(f flag) bool { return r.flags&f != 0 }

// key joins both parts of the row's identity.
func key(id, sub string) string {
	if sub == "" {
		return id
	}
	return sub + "\x00" + id
}

// place is a position in the order of rezora contract 3.3 rule 1.
type place struct {
	Updated int64  `json:"u"`
	ID      string `json:"i"`
	Sub     string `json:"s,omitempty"`
}

func (r *row) place() place { return place{r.updated, r.id, r.sub} }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.Updated, q.Updated), strings.Compare(p.ID, q.ID), strings.Compare(p.Sub, q.Sub))
}

// newRow encodes one of the typed rows.
func newRow(res *resource, item any) *row {
	v := reflect.ValueOf(item)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	r := &row{id: v.Field(0).String(), body: mustEncode(item), rev: 1}
	r.updated = v.FieldByName("UpdatedAt").Int()
	if res.subCol >= 0 {
		r.sub = v.Field(res.subCol).String()
	}
	r.keys = make([]string, len(res.filters))
	for i, col := range res.column {
		if col >= 0 {
			r.keys[i] = fold(res.filters[i], v.Field(col).String())
		}
	}
	switch x := item.(type) {
	case *template:
		r.html = x.html
	case *campaign:
		r.html = x.html
		r.keys[2] = listingKey(len(x.Listings), func(i int) string { return x.Listings[i].ListingID })
	}
	return r
}

// listingKey packs the listings of a campaign into one filter value.
func listingKey(n int, id func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\n" + id(i) + "\n")
	}
	return b.String()
}

// rowFromMap encodes a canonical map; fields it lacks get their empty value.
func rowFromMap(res *resource, m map[string]any) (*row, error) {
	full := clone(res.zero)
	merge(full, m)
	html, _ := full["html"].(string)
	delete(full, "html")
	r := &row{id: text(full["id"]), html: html, rev: 1}
	if r.id == "" || len(r.id) > 64 {
		return nil, fmt.Errorf("rezoratest: %s: id %q is empty or over 64 bytes", res.name, r.id)
	}
	full["id"] = r.id
	updated, err := parseInstant(text(full["updated_at"]))
	if err != nil {
		return nil, fmt.Errorf("rezoratest: %s %s: updated_at: %w", res.name, r.id, err)
	}
	full["updated_at"] = updated.String()
	r.updated = int64(updated)
	if res.sub != "" {
		r.sub = text(full[res.sub])
	}
	r.keys = make([]string, len(res.filters))
	for i, f := range res.filters {
		r.keys[i] = fold(f, text(full[f]))
	}
	if list, ok := full["listings"].([]any); ok && res.name == campaigns {
		r.keys[2] = listingKey(len(list), func(i int) string {
			l, _ := list[i].(map[string]any)
			return text(l["listing_id"])
		})
	}
	r.body = encodeOrdered(res.order, full)
	return r, nil
}

// canonical brings Go values (ints, times, typed slices) to plain JSON ones.
func canonical(m map[string]any) (map[string]any, error) {
	b, err := encode(m)
	if err != nil {
		return nil, fmt.Errorf("rezoratest: encode row: %w", err)
	}
	c := decode(b)
	for _, k := range []string{"created_at", "updated_at", "deleted_at"} {
		if t, err := time.Parse(time.RFC3339Nano, text(c[k])); err == nil {
			c[k] = instant(t.Unix()).String()
		}
	}
	return c, nil
}

// merge lays src over dst. Objects are merged key by key, so that a caller may
// give one phone only; a custom_properties map replaces the old one.
func merge(dst, src map[string]any) {
	for k, v := range src {
		sub, ok := v.(map[string]any)
		old, had := dst[k].(map[string]any)
		if ok && had && k != "custom_properties" {
			old = maps.Clone(old)
			merge(old, sub)
			dst[k] = old
			continue
		}
		dst[k] = v
	}
}

func clone(m map[string]any) map[string]any { return decode(mustEncode(m)) }

// text reads an id or enum that may have been given as a number.
func text(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case nil:
		return ""
	case bool:
		return fmt.Sprint(x)
	default:
		return ""
	}
}

// encodeOrdered writes an object with the fields of order first.
func encodeOrdered(order []string, m map[string]any) []byte {
	b := []byte{'{'}
	put := func(k string, v any) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, mustEncode(k)...)
		b = append(b, ':')
		b = append(b, mustEncode(v)...)
	}
	for _, k := range order {
		if v, ok := m[k]; ok {
			put(k, v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(order, k) {
			put(k, m[k])
		}
	}
	return append(b, '}')
}
