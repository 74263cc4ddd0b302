package rezoratest

import (
	"maps"
	"slices"
)

// The secondary collections that a client folds into contacts and campaigns.
// Their own ids number the rows; nothing refers to them.

// parts lists what each live row of a resource holds, in the order of ids.
func (v prototypeView) parts(c *collection, split func(id int64, m map[string]any) []map[string]any) []map[string]any {
	out := []map[string]any{}
	for _, r := range v.st.tables[c.resource].byID() {
		if r.deletedAt != 0 {
			continue
		}
		_, n := splitID(r.id)
		for _, w := range split(n, decode(r.body)) {
			w[c.id] = int64(len(out) + 1)
			out = append(out, w)
		}
	}
	return out
}

func sharedContacts(v prototypeView, c *collection) []map[string]any {
	return v.parts(c, func(id int64, m map[string]any) (out []map[string]any) {
		shared, _ := m["shared_agent_ids"].([]any)
		for _, a := range shared {
			_, n := splitID(text(a))
			out = append(out, map[string]any{"contactId": id, "userId": n})
		}
		return out
	})
}

// contactProperties shows the values whose property is defined: the view
// names a property by the id of its definition only.
func contactProperties(v prototypeView, c *collection) []map[string]any {
	defined := map[string]int64{}
	for _, r := range v.st.tables[customProperties].byID() {
		if m := decode(r.body); r.deletedAt == 0 && text(m["object"]) == "contact" {
			_, defined[text(m["name"])] = splitID(r.id)
		}
	}
	return v.parts(c, func(id int64, m map[string]any) (out []map[string]any) {
		values, _ := m["custom_properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if n, ok := defined[name]; ok {
				out = append(out, map[string]any{"contactId": id, "contactMetaTypeId": n, "metaValue": asText(values[name])})
			}
		}
		return out
	})
}

// asText writes a property value the way the prototype stores all of them.
func asText(v any) any {
	switch v.(type) {
	case nil:
		return nil
	case map[string]any, []any:
		return string(mustEncode(v))
	}
	return text(v)
}

func campaignListings(v prototypeView, c *collection) []map[string]any {
	return v.parts(c, func(id int64, m map[string]any) (out []map[string]any) {
		list, _ := m["listings"].([]any)
		for _, e := range list {
			l, _ := e.(map[string]any)
			ref := text(l["listing_id"])
			w := map[string]any{
				"newsletterId": id, "orgId": listingPart(ref, "org"), "listingTypeId": listingPart(ref, "listing type"),
				"listingId": listingPart(ref, "listing number"), "listingOrder": l["position"], "listingHeadline": nil, "listingMessage": nil,
			}
			if s := text(l["headline"]); s != "" {
				w["listingHeadline"] = s
			}
			if s := text(l["message"]); s != "" {
				w["listingMessage"] = s
			}
			out = append(out, w)
		}
		return out
	})
}
