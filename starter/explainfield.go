package main

import (
	"encoding/json"
	"slices"
	"strings"

	"rezora2nutshell/internal/target"
)

// asked tells whether a demand is about the field that was asked for, by its name in the source or in Nutshell; every one is when none was.
func (e *explanation) asked(w target.Want) bool {
	return e.field == "" || w.Field == e.field || w.Field == "customFields."+e.field || strings.HasPrefix(w.Field, e.field+".") ||
		slices.ContainsFunc(w.Of, e.about)
}

// about tells whether a source field is the one asked for, or inside of it.
func (e *explanation) about(field string) bool {
	return e.field == "" || field == e.field || strings.HasPrefix(field, e.field+".")
}

// valueAt finds what stands at a dotted path of an item; names of custom properties may hold dots themselves.
func valueAt(item json.RawMessage, path string) (json.RawMessage, bool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(item, &m) != nil {
		return nil, false
	}
	if v, ok := m[path]; ok {
		return v, true
	}
	head, rest, nested := strings.Cut(path, ".")
	if v, ok := m[head]; ok && nested {
		return valueAt(v, rest)
	}
	return nil, false
}

// sourceField shows one field of the record as it was read, served, and known to the legacy API.
func (e *explanation) sourceField() {
	for _, part := range []struct {
		title string
		item  json.RawMessage
	}{{"In the source record", e.staged.Canon}, {"As it was served", e.staged.Raw}, {"In the legacy API", e.staged.Legacy}} {
		if v, ok := valueAt(part.item, e.field); ok {
			e.section(part.title+", "+e.field, v)
		}
	}
}
