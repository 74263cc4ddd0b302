package rezoratest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// serveDV1 answers the current API (rezora contract 3); path begins after the
// base path and is still escaped.
func (s *Server) serveDV1(w http.ResponseWriter, r *http.Request, path string) {
	target, found := routeDV1(path)
	x := s.begin(w, r, apiDV1, target.class())
	defer x.finish()
	x.announceQuota()
	if path == "/auth/token" && r.Method == http.MethodPost && x.cfg.Auth == "token_exchange" {
		x.class = path
		if x.undisturbed() {
			x.exchangeToken()
		}
		return
	}
	if !x.readOnly() || !x.undisturbed() || !x.authorized() || !x.withinQuota() {
		return
	}
	switch status := x.cfg.NotOffered[target.resource]; {
	case !found, status == http.StatusNotFound, target.kind == "count" && x.cfg.NoCount:
		x.fail(http.StatusNotFound, "not_found", "no such path")
		return
	case target.kind == "account":
		x.account()
		return
	case status == http.StatusForbidden || !x.inScope(target.resource):
		x.fail(http.StatusForbidden, "forbidden", "resource outside the scope of the credential")
		return
	}
	switch target.kind {
	case "collection":
		x.collection(resources[target.resource])
	case "count":
		x.count(resources[target.resource])
	case "item":
		x.item(resources[target.resource], target.id)
	case "content":
		x.content(target.id)
	}
}

// target is what a dv1 path names.
type target struct {
	kind     string // collection, count, item, content, account
	resource string
	id       string
}

func (t target) class() string {
	switch t.kind {
	case "account":
		return "/account"
	case "collection":
		return "/" + t.resource
	case "count":
		return "/" + t.resource + "/count"
	case "item":
		return "/" + t.resource + "/{id}"
	case "content":
		return "/attachments/{id}/content"
	}
	return "other"
}

func routeDV1(path string) (target, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if parts[0] == "account" && len(parts) == 1 {
		return target{kind: "account", resource: "account"}, true
	}
	if resources[parts[0]] == nil {
		return target{}, false
	}
	t := target{kind: "collection", resource: parts[0]}
	if len(parts) == 1 {
		return t, true
	}
	id, err := url.PathUnescape(parts[1])
	if err != nil || id == "" {
		return target{}, false
	}
	t.kind, t.id = "item", id
	switch {
	case len(parts) == 2 && parts[1] == "count":
		t.kind = "count"
	case len(parts) == 3 && t.resource == attachments && parts[2] == "content":
		t.kind = "content"
	case len(parts) > 2:
		return target{}, false
	}
	return t, true
}

// account answers GET /account.
func (x *exchange) account() {
	scopes := []string{}
	for _, name := range Resources {
		if x.cfg.NotOffered[name] == 0 && x.inScope(name) {
			scopes = append(scopes, name)
		}
	}
	x.json(http.StatusOK, mustEncode(map[string]any{"data": map[string]any{
		"account_id": "a-1", "company_id": x.s.mainBrokerage(), "scopes": scopes,
		"api_version": "1", "server_time": instant(seconds(x.now)),
	}}))
}

// mainBrokerage is the first live brokerage, if any.
func (s *Server) mainBrokerage() opt {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	for _, r := range s.store.tables[companies].order {
		if r.deletedAt == 0 && r.keys[0] == "brokerage" {
			return opt(r.id)
		}
	}
	return ""
}

// count answers GET /{resource}/count; it takes the time, deleted and filter
// parameters and ignores the others.
func (x *exchange) count(res *resource) {
	values := x.r.URL.Query()
	for name := range values {
		if slices.Contains([]string{"limit", "cursor", "include_total", "fields", "include"}, name) {
			values.Del(name)
		}
	}
	q, bad := readQuery(res, values)
	if bad != nil {
		x.badParameter(*bad)
		return
	}
	x.s.store.mu.RLock()
	n := x.view(res).total(q)
	x.s.store.mu.RUnlock()
	x.json(http.StatusOK, []byte(`{"count":`+strconv.Itoa(n)+`,"as_of":"`+instant(seconds(x.now)).String()+`"}`))
}

func (x *exchange) badParameter(i issue) {
	message := i.Field + ": " + i.Issue
	if i.Field == "limit" && i.Issue == "range" {
		message = "limit must be 1..500"
	}
	x.fail(http.StatusBadRequest, "invalid_parameter", message, i)
}
