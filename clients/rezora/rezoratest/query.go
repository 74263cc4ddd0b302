package rezoratest

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is the parsed form of a collection request (rezora contract 3.3).
type query struct {
	limit          int
	cursor         string
	since, before  int64 // seconds; before is exclusive
	includeDeleted bool
	includeTotal   bool
	html           bool
	fields         []string
	filters        map[string]string
	identity       string // the parameters that must not change within a walk
}

// readQuery checks the parameters the resource knows; unknown ones are
// ignored, an empty value means absent, a repeated parameter is an error.
func readQuery(res *resource, values url.Values) (query, *issue) {
	q := query{limit: 100, since: math.MinInt64, before: math.MaxInt64, filters: map[string]string{}}
	var fixed []string
	names := make([]string, 0, len(values))
	for name := range values {
		if res.knows(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if len(values[name]) > 1 {
			return q, &issue{name, "repeated"}
		}
		value := values.Get(name)
		if value == "" {
			continue
		}
		if name != "limit" && name != "cursor" && name != "include_total" {
			fixed = append(fixed, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
		if bad := q.set(name, value); bad != "" {
			return q, &issue{name, bad}
		}
	}
	q.identity = res.name + "?" + strings.Join(fixed, "&")
	return q, nil
}

// set takes one parameter and returns what is wrong with it.
func (q *query) set(name, value string) string {
	switch name {
	case "limit":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > 500 {
			return "range"
		}
		q.limit = n
	case "cursor":
		if len(value) > 512 || strings.Trim(value, cursorAlphabet) != "" {
			return "malformed"
		}
		q.cursor = value
	case "updated_since", "updated_before":
		t, err := parseInstant(value)
		if err != nil {
			return "not an RFC 3339 time"
		}
		if name == "updated_since" {
			q.since = int64(t)
		} else {
			q.before = int64(t)
		}
	case "include_deleted", "include_total":
		if value != "true" && value != "false" {
			return "must be true or false"
		}
		if name == "include_deleted" {
			q.includeDeleted = value == "true"
		} else {
			q.includeTotal = value == "true"
		}
	case "include":
		if value != "html" {
			return "must be html"
		}
		q.html = true
	case "fields":
		for f := range strings.SplitSeq(value, ",") {
			q.fields = append(q.fields, strings.TrimSpace(f))
		}
	default:
		q.filters[name] = fold(name, value)
	}
	return ""
}

const cursorAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-"
