package nutshell

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// FilterKeys says how the custom fields of one type are named in REST filters.
type FilterKeys struct {
	keys    map[string]string
	blocked map[string]bool
	// Listed is false when the account does not list its fields; the name is
	// then taken for the key (nutshell contract 5.2).
	Listed bool
}

// Key is the filter key of a custom field, and false when the account lists
// the field as not filterable.
func (k FilterKeys) Key(field string) (string, bool) {
	if key, ok := k.keys[field]; ok {
		return key, true
	}
	return field, !k.blocked[field]
}

// FilterKeys reads the filter keys of contacts, accounts or leads.
func (c *Client) FilterKeys(ctx context.Context, t EntityType) (FilterKeys, error) {
	k := c.rest("listFields", KindRead, http.MethodGet, "/rest/"+t.Collection()+"/list/fields")
	var m map[string]any
	k.accept = func(status int, body []byte) (e *Error) {
		m, e = k.readRest(status, body)
		return e
	}
	if err := c.do(ctx, k); err != nil {
		if IsNotFound(err) {
			return FilterKeys{}, nil
		}
		return FilterKeys{}, err
	}
	out := FilterKeys{keys: map[string]string{}, blocked: map[string]bool{}, Listed: true}
	if inner, ok := m["properties"]; ok {
		m = Object(inner)
	}
	for key, v := range m {
		entry, ok := v.(map[string]any)
		if !ok {
			continue
		}
		title := Text(entry["title"])
		if Bool(entry["isFilterable"]) {
			if old, twice := out.keys[title]; !twice || key < old {
				out.keys[title] = key
			}
		} else {
			out.blocked[title] = true
		}
	}
	return out, nil
}

// RestFilter lists the ids of the live records that the server says have value
// in the field of that filter key. Pages count from 0 and hold 100; the last
// one is short. A hit is a hint: confirm it by Get, for a server may ignore
// the filter, and rows carry no values.
func (c *Client) RestFilter(ctx context.Context, t EntityType, key, value string, page int) ([]int64, error) {
	query := url.QueryEscape("filter["+key+"]") + "=" + url.QueryEscape(value) +
		"&" + url.QueryEscape("page[page]") + "=" + strconv.Itoa(max(page, 0)) +
		"&" + url.QueryEscape("page[limit]") + "=" + strconv.Itoa(pageSize)
	k := c.rest("filter", KindRead, http.MethodGet, "/rest/"+t.Collection()+"?"+query)
	return c.restIDs(ctx, k, t)
}

// MultiGet answers which of the ids are live, in the order asked; it asks for
// 100 at a time and is always current. It means something only on an account
// whose REST lists work: where they are switched off, nothing is found.
func (c *Client) MultiGet(ctx context.Context, t EntityType, ids []int64) ([]int64, error) {
	var live []int64
	for len(ids) > 0 {
		n := min(len(ids), pageSize)
		parts := make([]string, n)
		for i, id := range ids[:n] {
			parts[i] = fmt.Sprintf("%d-%s", id, t.Collection())
		}
		ids = ids[n:]
		k := c.rest("multiGet", KindRead, http.MethodGet, "/rest/"+t.Collection()+"/"+strings.Join(parts, ","))
		got, err := c.restIDs(ctx, k, t)
		if err != nil && !IsNotFound(err) {
			return nil, err
		}
		live = append(live, got...)
	}
	return live, nil
}

// restIDs runs a call that answers rows of a collection, and reads their ids.
func (c *Client) restIDs(ctx context.Context, k *call, t EntityType) ([]int64, error) {
	var ids []int64
	k.accept = func(status int, body []byte) *Error {
		ids = nil
		m, e := k.readRest(status, body)
		if e != nil {
			return e
		}
		rows, listed := m[t.Collection()]
		if !listed || !isList(rows) {
			return k.broken(status, "answer without rows")
		}
		for _, row := range List(rows) {
			entry, _ := row.(map[string]any)
			id, ok := ID(entry["id"])
			if !ok {
				return k.broken(status, "row without id")
			}
			ids = append(ids, id)
		}
		return nil
	}
	err := c.do(ctx, k)
	return ids, err
}
