package rezoratest

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// exchange is one request and its answer.
type exchange struct {
	s      *Server
	cfg    Config
	w      http.ResponseWriter
	r      *http.Request
	api    string
	class  string // path class for the statistics
	id     string // request id
	cred   string // who asks, once authorized
	now    time.Time
	status int
	plan   faultPlan
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request, api, class string) *exchange {
	x := &exchange{s: s, cfg: s.config(), w: w, r: r, api: api, class: class}
	x.now = x.cfg.Now()
	x.id = r.Header.Get("X-Request-Id")
	if x.id == "" || len(x.id) > 64 {
		x.id = uuid.NewString()
	}
	h := w.Header()
	h.Set("Date", x.now.UTC().Format(http.TimeFormat))
	h.Set("X-Request-Id", x.id)
	h.Set("Cache-Control", "no-store")
	s.stats.enter(api)
	return x
}

func (x *exchange) finish() { x.s.stats.leave(x.api, x.class, strconv.Itoa(x.status)) }

// readOnly refuses and records everything but GET.
func (x *exchange) readOnly() bool {
	if x.r.Method == http.MethodGet {
		return true
	}
	x.s.stats.violate(Violation{x.api, x.r.Method, x.r.URL.EscapedPath(), "not a GET"}, false)
	x.w.Header().Set("Allow", http.MethodGet)
	x.fail(http.StatusMethodNotAllowed, "method_not_allowed", "only GET is allowed")
	return false
}

const jsonType = "application/json; charset=utf-8"

func (x *exchange) json(status int, body []byte) { x.send(status, jsonType, body) }

// send writes a whole answer, compressed if asked, slowed or cut by switch.
func (x *exchange) send(status int, contentType string, body []byte) {
	x.status = status
	h := x.w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	if status != http.StatusNotModified {
		h.Set("Vary", "Accept-Encoding")
		if len(body) > 0 && acceptsGzip(x.r) {
			h.Set("Content-Encoding", "gzip")
			body = compress(body)
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if x.plan.cut && len(body) > 1 {
		x.s.stats.fault("cutBody")
		x.w.WriteHeader(status)
		_, _ = x.w.Write(body[:len(body)/2])
		_ = http.NewResponseController(x.w).Flush()
		panic(http.ErrAbortHandler)
	}
	x.w.WriteHeader(status)
	x.slowly(body)
}

// slowly writes body, with the delay of slowBodyMs before each KiB.
func (x *exchange) slowly(body []byte) {
	out := x.w
	if x.plan.slow {
		out = slowWriter{out, x.r.Context(), time.Duration(x.cfg.SlowBodyMs) * time.Millisecond}
	}
	_, _ = out.Write(body)
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}
