package rezoratest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// signedPath is where redirects to signed URLs lead, on either host.
const signedPath = "/_files/"

// signedFor is how long a signed URL lasts.
const signedFor = 15 * time.Minute

var attachmentFaults = []string{"wrong_hash", "wrong_size", "expired_once", "missing", "no_range", "cut", "slow"}

// onceBook remembers faults that strike an attachment once.
type onceBook struct {
	mu   sync.Mutex
	done map[string]bool
}

func (b *onceBook) first(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done == nil {
		b.done = map[string]bool{}
	}
	was := b.done[id]
	b.done[id] = true
	return !was
}

func (c Config) attachmentFaultOf(id string) string {
	if f, ok := c.AttachmentFault[id]; ok {
		return f
	}
	return c.AttachmentFault["*"]
}

// spoil makes an attachment item lie about its content.
func (x *exchange) spoil(id string, m map[string]any) {
	if m["deleted"] == true {
		return
	}
	switch x.cfg.attachmentFaultOf(id) {
	case "wrong_hash":
		sum := sha256.Sum256([]byte("wrong " + id))
		m["sha256"] = hex.EncodeToString(sum[:])
	case "wrong_size":
		if n, err := m["size"].(json.Number).Int64(); err == nil {
			m["size"] = n + 1
		}
	}
}

// blob is what is needed to serve an attachment's bytes.
type blob struct {
	id, contentType string
	size            int64
	rev             int
	modified        time.Time
}

// blob looks an attachment up; gone is true for a deleted one.
func (s *Server) blob(id string) (b blob, found, gone bool) {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	r := s.store.tables[attachments].get(id, "")
	if r == nil {
		return b, false, false
	}
	var a struct {
		ContentType string `json:"content_type"`
		Size        int64  `json:"size"`
	}
	if json.Unmarshal(r.body, &a) != nil {
		return b, false, false
	}
	return blob{r.id, a.ContentType, a.Size, r.rev, time.Unix(r.updated, 0)}, true, r.deletedAt != 0
}

// content answers GET /attachments/{id}/content: the bytes, or a redirect to a
// signed URL.
func (x *exchange) content(id string) {
	b, found, gone := x.s.blob(id)
	switch {
	case !found:
		x.fail(http.StatusNotFound, "not_found", "no such item")
	case gone:
		x.fail(http.StatusGone, "gone", "the item was deleted")
	case x.cfg.AttachmentRedirect == "same_host":
		x.redirect(x.s.signedURL("", id, x.now.Add(signedFor)))
	case x.cfg.AttachmentRedirect == "other_host":
		x.redirect(x.s.signedURL(strings.TrimSuffix(x.cfg.FilesBaseURL, "/"), id, x.now.Add(signedFor)))
	default:
		x.bytes(b)
	}
}

func (x *exchange) redirect(to string) {
	x.w.Header().Set("Location", to)
	x.send(http.StatusFound, "", nil)
}

func (s *Server) signedURL(base, id string, until time.Time) string {
	exp := strconv.FormatInt(until.Unix(), 10)
	return base + signedPath + url.PathEscape(id) + "?expires=" + exp + "&signature=" + s.sign(id, exp)
}

func (s *Server) sign(parts ...string) string {
	h := hmac.New(sha256.New, s.secret)
	_, _ = h.Write([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// Files is the handler of the other file host: signed URLs only. A credential
// that arrives here is a violation.
func (s *Server) Files() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveSigned(w, r, false) })
}

// serveSigned answers a signed URL; home tells whether it is on the API's own
// host, where credentials may be sent.
func (s *Server) serveSigned(w http.ResponseWriter, r *http.Request, home bool) {
	x := s.begin(w, r, "files", "signed")
	defer x.finish()
	if !home && carriesCredential(r, x.cfg) {
		s.stats.violate(Violation{"files", r.Method, r.URL.EscapedPath(), "credential sent to the file host"}, true)
	}
	if !x.readOnly() {
		return
	}
	id, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), signedPath))
	exp := r.URL.Query().Get("expires")
	until, _ := strconv.ParseInt(exp, 10, 64)
	if err != nil || r.URL.Query().Get("signature") != s.sign(id, exp) || until <= x.now.Unix() {
		x.fail(http.StatusForbidden, "forbidden", "the link is not valid or has expired")
		return
	}
	b, found, gone := s.blob(id)
	if !found || gone {
		x.fail(http.StatusNotFound, "not_found", "no such file")
		return
	}
	x.bytes(b)
}

func carriesCredential(r *http.Request, c Config) bool {
	return r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" || r.Header.Get(c.Header) != ""
}

// bytes serves the content with ranges, or plays the attachment's fault.
func (x *exchange) bytes(b blob) {
	h := x.w.Header()
	fault := x.cfg.attachmentFaultOf(b.id)
	var out http.ResponseWriter = recorder{x}
	switch fault {
	case "missing":
		x.s.stats.fault(fault)
		x.fail(http.StatusNotFound, "not_found", "no content")
		return
	case "expired_once":
		if x.s.once.first(fault + b.id) {
			x.s.stats.fault(fault)
			x.fail(http.StatusForbidden, "forbidden", "the link has expired")
			return
		}
	case "no_range":
		x.r.Header.Del("Range")
		out = noRanges{out}
	case "slow":
		out = slowWriter{out, x.r.Context(), slowAttachment}
	case "cut":
		if b.size > 1 && x.s.once.first(fault+b.id) {
			x.s.stats.fault(fault)
			out = &cutWriter{ResponseWriter: out, left: b.size / 2}
		}
	}
	if x.plan.slow {
		out = slowWriter{out, x.r.Context(), time.Duration(x.cfg.SlowBodyMs) * time.Millisecond}
	}
	if x.plan.cut && b.size > 1 {
		x.s.stats.fault("cutBody")
		out = &cutWriter{ResponseWriter: out, left: b.size / 2}
	}
	h.Set("Content-Type", b.contentType)
	h.Set("ETag", `"`+b.id+"-"+strconv.Itoa(b.rev)+`"`)
	http.ServeContent(out, x.r, "", b.modified, newByteStream(b.id, b.size))
}
