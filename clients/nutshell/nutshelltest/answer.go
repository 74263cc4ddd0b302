package nutshelltest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	typeJSON = "application/json; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"

	maxBody = 4 << 20 // bytes of a JSON request
)

// answer is a whole HTTP answer, made before a byte of it is sent.
type answer struct {
	status int
	ctype  string
	body   []byte
	header [][2]string
	pooled *[]byte // body's buffer, given back once it is sent
}

func (a *answer) set(k, v string) *answer {
	a.header = append(a.header, [2]string{k, v})
	return a
}

func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	for _, kv := range a.header {
		h.Set(kv[0], kv[1])
	}
	if a.ctype != "" {
		h.Set("Content-Type", a.ctype)
	}
	if a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// buffers keeps the bodies of big pages from being grown anew for each call.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

func htmlAnswer(status int) *answer {
	text := fmt.Sprintf("<html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n",
		status, http.StatusText(status), http.StatusText(status))
	return &answer{status: status, ctype: typeHTML, body: []byte(text)}
}

// exchange is one JSON-RPC or REST call on its way through the checks.
type exchange struct {
	s    *Server
	w    http.ResponseWriter
	r    *http.Request
	name string // what faults and counters call it
	kind string // create edit delete read upload
	// refusal renders a refusal in the manner of the interface.
	refusal func(*Error) *answer
	left    bool
}

// leave ends the call for the in-flight count, once. It comes before the first
// byte of the answer: a client that sends its next call at once is not two.
func (x *exchange) leave() {
	if !x.left {
		x.left = true
		x.s.counts.leave()
	}
}

// readBody reads at most maxBody bytes and drains the rest. ok is false when the
// client broke off.
func readBody(r *http.Request) (body []byte, tooLarge, ok bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, false, false
	}
	if len(body) > maxBody {
		_, err = io.Copy(io.Discard, r.Body)
		return nil, true, err == nil
	}
	return body, false, true
}

// run puts a call through faults and latency. process does the checks from the
// size on, and the call itself.
func (x *exchange) run(process func() (*answer, *Error)) {
	s := x.s
	s.counts.enter()
	defer x.leave()
	fault := s.inject.pick(x.name, beforeKinds)
	if fault != nil {
		if a := x.before(fault); a != nil {
			s.counts.count(x.name, x.kind, faulted)
			x.send(a)
			return
		}
	}
	a, err := process()
	if err != nil {
		s.counts.count(x.name, x.kind, refused)
		x.send(x.refusal(err))
		return
	}
	s.counts.count(x.name, x.kind, accepted)
	if fault == nil {
		if fault = s.inject.pick(x.name, afterKinds); fault != nil {
			a = x.after(fault, a)
		}
	}
	x.send(a)
}

// before acts a "before" fault out; nil means that the call goes on.
func (x *exchange) before(f *Fault) *answer {
	wait := max(1, f.RetryAfter)
	switch f.Kind {
	case HTTP429:
		return x.refusal(&Error{Code: 429, Status: 429, Message: "Rate limit exceeded", retryAfter: wait})
	case HTTP500:
		return x.refusal(errInternal)
	case HTTP502:
		return htmlAnswer(http.StatusBadGateway)
	case HTTP503:
		a := htmlAnswer(http.StatusServiceUnavailable)
		x.s.setRetryAfter(a, wait)
		return a
	case HTTP504:
		return htmlAnswer(http.StatusGatewayTimeout)
	case CloseBefore:
		x.s.counts.count(x.name, x.kind, faulted)
		x.abort()
	case LateCommit:
		x.s.sleep(f.delay(), nil)
	}
	return nil
}

// after replaces the answer of a call that is committed.
func (x *exchange) after(f *Fault, a *answer) *answer {
	switch f.Kind {
	case CloseAfter:
		x.abort()
	case Error500After:
		return x.refusal(errInternal)
	case Empty200:
		return &answer{status: http.StatusOK, ctype: a.ctype}
	case Truncated:
		return &answer{status: http.StatusOK, ctype: a.ctype, body: a.body[:len(a.body)/2], pooled: a.pooled}
	case Slow:
		x.s.sleep(f.delay(), x.r.Context().Done())
	}
	return a
}

func (f *Fault) delay() time.Duration { return time.Duration(f.DelayMs) * time.Millisecond }

// abort closes the connection without a byte of answer.
func (x *exchange) abort() {
	x.leave()
	if h, ok := x.w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			panic(http.ErrAbortHandler)
		}
	}
	panic(http.ErrAbortHandler)
}

func (x *exchange) send(a *answer) {
	x.s.sleep(x.s.inject.delay(), x.r.Context().Done())
	x.leave()
	x.s.number(a)
	a.write(x.w)
	if a.pooled != nil {
		buffers.Put(a.pooled)
	}
}

// sleep waits for d, until gone is closed, or until the simulator closes.
func (s *Server) sleep(d time.Duration, gone <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-gone:
	case <-s.closed:
		panic(http.ErrAbortHandler)
	}
}

// number gives an answer the id that every JSON-RPC and REST answer carries.
func (s *Server) number(a *answer) *answer {
	return a.set("x-nutshell-request-id", fmt.Sprintf("%016x", s.serial.Add(1)))
}

func (s *Server) setRetryAfter(a *answer, seconds int) {
	if seconds > 0 && s.cfg.RetryAfterHeader {
		a.set("Retry-After", strconv.Itoa(seconds))
	}
}

// limited asks a limiter for one token.
func (s *Server) limited(l *limiter, key APIKey) *Error {
	if wait, ok := l.take(key.Key, s.now()); !ok {
		return s.rateLimited(wait)
	}
	return nil
}
