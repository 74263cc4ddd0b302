package rezoratest

import (
	"net/http"
	"strconv"
	"strings"
)

// servePrototype answers the prototype dialect (rezora contract 7.4): every
// collection is one bare array of all rows, whatever the query says.
func (s *Server) servePrototype(w http.ResponseWriter, r *http.Request, path string) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	c := prototypeViews[parts[0]]
	class := "other"
	if c != nil && len(parts) <= 2 {
		class = "/" + parts[0]
		if len(parts) == 2 {
			class += "/{id}"
		}
	}
	x := s.begin(w, r, apiPrototype, class)
	defer x.finish()
	x.announceQuota()
	if !x.readOnly() || !x.undisturbed() || !x.authorized() || !x.withinQuota() {
		return
	}
	if class == "other" {
		x.fail(http.StatusNotFound, "", "")
		return
	}
	if status := x.cfg.NotOffered[c.resource]; status != 0 || !x.inScope(c.resource) {
		if status == 0 {
			status = http.StatusForbidden
		}
		x.fail(status, "", "")
		return
	}
	s.store.mu.RLock()
	v := prototypeView{st: s.store, cfg: &x.cfg}
	rows := c.rows(v, c)
	s.store.mu.RUnlock()
	if len(parts) == 1 {
		x.json(http.StatusOK, mustEncode(rows))
		return
	}
	for _, m := range rows {
		if id, ok := m[c.id].(int64); ok && strconv.FormatInt(id, 10) == parts[1] {
			x.json(http.StatusOK, mustEncode(m))
			return
		}
	}
	if parts[0] == "users" {
		x.fail(http.StatusBadRequest, "", "user not found")
		return
	}
	x.fail(http.StatusNotFound, "", "")
}

// prototypeView reads the account for the prototype dialect. Callers hold the
// store's lock.
type prototypeView struct {
	st  *store
	cfg *Config
}

// collection is one prototype collection over a resource.
type collection struct {
	resource string
	id       string // wire name of the id
	fields   []wireField
	keep     func(prototypeView, *row) bool
	deleted  string // flag of soft-deleted rows; empty: they vanish
	rows     func(prototypeView, *collection) []map[string]any
}

// wireField says how one wire field is made: kind is id, text, time, bit,
// count, raw, a name of prototypeCodes, or a part of a listing id.
type wireField struct{ name, path, kind string }

// plain lists the rows of a collection that shows one object per row.
func plain(v prototypeView, c *collection) []map[string]any {
	out := []map[string]any{}
	for _, r := range v.st.tables[c.resource].byID() {
		if r.deletedAt != 0 && c.deleted == "" || c.keep != nil && !c.keep(v, r) {
			continue
		}
		m := decode(r.body)
		if r.deletedAt != 0 {
			m["updated_at"] = instant(r.deletedAt).String()
		}
		w := map[string]any{}
		for _, f := range c.fields {
			w[f.name] = f.value(m)
		}
		if c.deleted != "" {
			w[c.deleted] = flagOf(r.deletedAt != 0)
		}
		out = append(out, w)
	}
	return out
}

func flagOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// dig reads a dotted path of a canonical row; nil if a part is missing.
func dig(m map[string]any, path string) any {
	for {
		head, rest, more := strings.Cut(path, ".")
		if !more {
			return m[head]
		}
		m, _ = m[head].(map[string]any)
		path = rest
	}
}

func (f wireField) value(m map[string]any) any {
	v := dig(m, f.path)
	switch f.kind {
	case "id":
		_, n := splitID(text(v))
		return max(0, n)
	case "text":
		if s := text(v); s != "" {
			return s
		}
		return nil
	case "time":
		if t, err := parseInstant(text(v)); err == nil {
			return strings.TrimSuffix(t.String(), "Z")
		}
		return "0001-01-01T00:00:00"
	case "bit":
		return flagOf(v == true)
	case "count":
		if v == nil {
			return 0
		}
		return v
	case "org", "listing type", "listing number":
		return listingPart(text(v), f.kind)
	case "raw":
		return v
	}
	s := text(v)
	if code, ok := prototypeCodes[f.kind][s]; ok {
		return code
	}
	return s
}

// listingPart takes an id of the form org:type:number apart.
func listingPart(id, part string) any {
	p := strings.Split(id, ":")
	if len(p) != 3 {
		return nil
	}
	switch part {
	case "org":
		return p[0]
	case "listing type":
		if n, err := strconv.ParseInt(p[1], 10, 64); err == nil {
			return n
		}
		return p[1]
	}
	return p[2]
}

var prototypeCodes = map[string]map[string]int{
	"role":    {"agent": 1, "admin": 2, "observer": 3, "assistant": 4},
	"status":  {"active": 1, "suspended": 2, "trial": 3, "pending": 4, "free": 5, "deactivated": 6},
	"list":    {"standard": 0, "primary_sphere": 1, "synced": 0, "master": 0},
	"version": {"v1": 1, "v2": 2, "static": 3},
}
