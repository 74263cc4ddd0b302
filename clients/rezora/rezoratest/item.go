package rezoratest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// item answers GET /{resource}/{id}.
func (x *exchange) item(res *resource, id string) {
	values := x.r.URL.Query()
	known := url.Values{}
	for _, name := range []string{"include_deleted", "include", "type"} {
		if vs, ok := values[name]; ok && (name != "type" || res.name == activities) {
			known[name] = vs
		}
	}
	q, bad := readQuery(res, known)
	if bad != nil {
		x.badParameter(*bad)
		return
	}
	kind := q.filters["type"]
	if res.name == activities && x.cfg.CollidingEventIDs && kind == "" {
		x.badParameter(issue{"type", "required: activity ids are unique within their type only"})
		return
	}

	x.s.store.mu.RLock()
	v := x.view(res)
	var r *row
	if kind != "" {
		r = v.t.get(id, kind)
	} else {
		r = v.t.find(id)
	}
	var body []byte
	gone := r != nil && r.deletedAt != 0
	lives := gone && v.tombstoneLives(r)
	if r != nil && (!gone || lives && q.includeDeleted) {
		body = x.appendRow([]byte(`{"data":`), v, r, nil, q.html)
		body = append(body, '}')
	}
	x.s.store.mu.RUnlock()

	switch {
	case r == nil, gone && !lives && x.cfg.ForgetDeleted:
		x.fail(http.StatusNotFound, "not_found", "no such item")
	case body == nil:
		x.fail(http.StatusGone, "gone", "the item was deleted")
	default:
		x.sendTagged(body, r.updated)
	}
}

// sendTagged sends a body with its validators, or 304 if the client has it.
func (x *exchange) sendTagged(body []byte, updated int64) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := x.w.Header()
	h.Set("ETag", tag)
	h.Set("Last-Modified", time.Unix(updated, 0).UTC().Format(http.TimeFormat))
	for have := range strings.SplitSeq(x.r.Header.Get("If-None-Match"), ",") {
		if have = strings.TrimPrefix(strings.TrimSpace(have), "W/"); have == tag || have == "*" {
			x.send(http.StatusNotModified, "", nil)
			return
		}
	}
	x.json(http.StatusOK, body)
}
