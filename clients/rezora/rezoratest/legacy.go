package rezoratest

import (
	"net/http"
	"slices"
	"strings"
)

// serveLegacy answers the legacy API (rezora contract 2); path begins after
// /v1. Checks run in the order of 2.2: method, credential, path, level,
// format, id.
func (s *Server) serveLegacy(w http.ResponseWriter, r *http.Request, path string) {
	bare, format := splitFormat(path)
	t, found := routeLegacy(bare)
	x := s.begin(w, r, apiLegacy, t.class)
	defer x.finish()
	if !x.readOnly() || !x.undisturbed() {
		return
	}
	agentID, ok := x.legacyLogin()
	if !ok || !x.withinQuota() {
		return
	}
	company := agentID == ""
	switch {
	case !found:
		x.fail(http.StatusNotFound, "not_found", "")
	case t.company != company:
		x.fail(http.StatusForbidden, "forbidden", "")
	case x.legacyFault(agentID, bare):
	case format == "" && !prefersJSON(r), format != "" && format != "json":
		x.fail(http.StatusNotAcceptable, "not_acceptable", "")
	default:
		s.store.mu.RLock()
		rows, found := x.legacyView(agentID).read(t)
		s.store.mu.RUnlock()
		if !found {
			x.fail(http.StatusNotFound, "not_found", "")
			return
		}
		x.json(http.StatusOK, mustEncode(rows))
	}
}

// legacyFault answers with the status that legacyFail holds for a path, for
// everyone or for one agent.
func (x *exchange) legacyFault(agentID, path string) bool {
	status, hit := x.cfg.LegacyFail[path]
	if one, ok := x.cfg.LegacyFail[agentID+" "+path]; ok {
		status, hit = one, true
	}
	if !hit {
		return false
	}
	x.s.stats.fault("legacyFail")
	if status == 429 || status == 503 {
		x.retryAfter(1)
	}
	x.fail(status, "", "")
	return true
}

// splitFormat cuts the suffix off the last segment.
func splitFormat(path string) (bare, format string) {
	slash, dot := strings.LastIndexByte(path, '/'), strings.LastIndexByte(path, '.')
	if dot <= slash {
		return path, ""
	}
	return path[:dot], path[dot+1:]
}

func prefersJSON(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		media, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(media), "application/json") {
			return true
		}
	}
	return false
}

// legacyTarget is what a legacy path names.
type legacyTarget struct {
	class           string
	company         bool
	resource        string
	id, sub, member string // sub is agents or contacts
}

func routeLegacy(path string) (legacyTarget, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	t := legacyTarget{class: "other", resource: parts[0]}
	if slices.Contains(parts, "") || len(parts) > 4 {
		return t, false
	}
	subs := map[string]string{"agents": "", "groups": "agents", "contacts": "", "lists": "contacts"}
	sub, known := subs[t.resource]
	if !known || len(parts) > 2 && (sub == "" || parts[2] != sub) {
		return t, false
	}
	t.company = t.resource == "agents" || t.resource == "groups"
	t.class = "/" + t.resource
	if len(parts) > 1 {
		t.id = parts[1]
		t.class += "/{id}"
	}
	if len(parts) > 2 {
		t.sub = parts[2]
		t.class += "/" + t.sub
	}
	if len(parts) > 3 {
		t.member = parts[3]
		t.class += "/{id}"
	}
	return t, true
}
