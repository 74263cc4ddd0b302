package nutshelltest

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rpcRequest is a JSON-RPC envelope. fault is what is wrong with it; id stays
// readable where the body parses.
type rpcRequest struct {
	id     any // string, json.Number or nil
	method string
	params any
	fault  *Error
}

func parseRPC(body []byte) rpcRequest {
	if len(body) == 0 || !utf8.Valid(body) {
		return rpcRequest{fault: errParse}
	}
	v, err := decodeJSON(body)
	if err != nil {
		return rpcRequest{fault: errParse}
	}
	in, ok := v.(map[string]any)
	if !ok {
		return rpcRequest{fault: errRequest}
	}
	q := rpcRequest{params: in["params"]}
	switch id := in["id"].(type) {
	case string, json.Number:
		q.id = id
	}
	if q.method, ok = in["method"].(string); !ok {
		q.fault = errRequest
	}
	return q
}

// decodeJSON reads one JSON value and nothing after it.
func decodeJSON(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return v, nil
}

func (s *Server) serveRPC(w http.ResponseWriter, r *http.Request) {
	body, tooLarge, ok := readBody(r)
	if !ok {
		return
	}
	var q rpcRequest
	if !tooLarge {
		q = parseRPC(body)
	}
	x := &exchange{s: s, w: w, r: r, name: q.method, kind: kindOfMethod(q.method)}
	x.refusal = func(e *Error) *answer { return s.rpcRefusal(e, q.id) }
	x.run(func() (*answer, *Error) {
		if tooLarge {
			return nil, errTooLarge
		}
		who, err := s.authenticate(r)
		if err == nil {
			err = s.limited(s.quota, who.key)
		}
		if err == nil {
			err = q.fault
		}
		if err != nil {
			return nil, err
		}
		m := rpcMethods[q.method]
		if m == nil {
			return nil, errMethod
		}
		params, err := m.bind(q.params)
		if limit := s.limiterOf(m, params); limit != nil {
			if err := s.limited(limit, who.key); err != nil {
				return nil, err
			}
		}
		if err != nil {
			return nil, err
		}
		return s.callRPC(r, m, newCall(s, who, params), q)
	})
}

// limiterOf picks the limiter of nutshell contract 1.5 that counts the call.
func (s *Server) limiterOf(m *method, params object) *limiter {
	switch m.limiter {
	case limitFind:
		if params["stubResponses"] == false {
			return s.find
		}
	case limitGet:
		return s.get
	}
	return nil
}

// callRPC runs a method under the store's lock and wraps its result.
func (s *Server) callRPC(r *http.Request, m *method, c *call, q rpcRequest) (*answer, *Error) {
	const opening = `{"result":`
	buffer := buffers.Get().(*[]byte)
	c.out.b = append((*buffer)[:0], opening...)
	if err := s.invoke(m, c); err != nil {
		buffers.Put(buffer)
		return nil, err
	}
	out := &c.out
	a := &answer{status: http.StatusOK, ctype: typeJSON}
	if s.cfg.ETag && (strings.HasPrefix(q.method, "get") || strings.HasPrefix(q.method, "find")) {
		tag := `"` + strconv.FormatUint(maphash.Bytes(etagSeed, out.b[len(opening):]), 16) + `"`
		a.set("ETag", tag)
		if etagMatches(r.Header.Get("If-None-Match"), tag) {
			a.status, a.ctype = http.StatusNotModified, ""
			return a, nil
		}
	}
	if s.cfg.LegacyErrorNull {
		out.knull("error")
	}
	out.rpcID(q.id)
	*buffer = out.b
	a.body, a.pooled = out.b, buffer
	return a, nil
}

// invoke runs a method, which appends its result to c.out.
func (s *Server) invoke(m *method, c *call) *Error {
	c.parser = s.parser(c.actor)
	if m.lists {
		s.db.reveal(s.lagged())
	}
	if m.writes {
		s.db.mu.Lock()
		defer s.db.mu.Unlock()
	} else {
		s.db.mu.RLock()
		defer s.db.mu.RUnlock()
	}
	c.out = view{writer: writer{php: s.cfg.PHPEscapes, b: c.out.b}, cfg: &s.cfg, db: s.db, now: c.now}
	return m.run(c)
}

// lagged is the time of birth that finds may show by now.
func (s *Server) lagged() int64 {
	return s.now().Add(-seconds(s.Limits().FindLagSeconds)).UnixNano()
}

var etagSeed = maphash.MakeSeed()

func etagMatches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == tag || part == "*" {
			return true
		}
	}
	return false
}

// rpcID closes the envelope.
func (w *view) rpcID(id any) {
	w.key("id")
	switch id := id.(type) {
	case string:
		w.str(id)
	case json.Number:
		w.raw(id.String())
	default:
		w.null()
	}
	w.kstr("jsonrpc", "2.0")
	w.close('}')
}

func (s *Server) rpcRefusal(e *Error, id any) *answer {
	w := view{writer: writer{php: s.cfg.PHPEscapes}, cfg: &s.cfg}
	w.open('{')
	if s.cfg.LegacyErrorNull {
		w.knull("result")
	}
	w.key("error")
	w.open('{')
	w.knum("code", int64(e.Code))
	w.kstr("message", e.Message)
	w.knull("data")
	w.close('}')
	w.rpcID(id)
	a := &answer{status: e.Status, ctype: typeJSON, body: w.b}
	s.setRetryAfter(a, e.retryAfter)
	if e.challenge {
		a.set("WWW-Authenticate", `Basic realm="Nutshell API"`)
	}
	return a
}

// serveDescription is the list of methods, without credentials.
func (s *Server) serveDescription(w http.ResponseWriter) {
	out := view{writer: writer{php: s.cfg.PHPEscapes}, cfg: &s.cfg}
	out.open('{')
	out.kstr("transport", "POST")
	out.kstr("envelope", "JSON-RPC-2.0")
	out.key("services")
	out.open('{')
	for _, name := range methodNames() {
		out.key(name)
		out.open('{')
		out.key("parameters")
		out.open('[')
		for _, p := range rpcMethods[name].params {
			out.open('{')
			out.kstr("name", p)
			out.close('}')
		}
		out.close(']')
		out.close('}')
	}
	out.close('}')
	out.close('}')
	s.number(&answer{status: http.StatusOK, ctype: typeJSON, body: out.b}).write(w)
}

// serveDiscovery answers getApiForUsername with this server for every kind of host.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	body, tooLarge, ok := readBody(r)
	if !ok {
		return
	}
	q := parseRPC(body)
	x := &exchange{s: s, w: w, r: r, name: q.method, kind: "read"}
	x.refusal = func(e *Error) *answer { return s.rpcRefusal(e, q.id) }
	x.run(func() (*answer, *Error) {
		switch {
		case tooLarge:
			return nil, errTooLarge
		case q.fault != nil:
			return nil, q.fault
		case q.method != "getApiForUsername":
			return nil, errMethod
		}
		m := &method{params: []string{"username"}}
		params, err := m.bind(q.params)
		if err != nil {
			return nil, err
		}
		name, ok := params["username"].(string)
		if !ok {
			return nil, badParam("username")
		}
		if !s.knowsUser(name) {
			return nil, &Error{Code: 404, Status: 404, Message: "User not found"}
		}
		out := view{writer: writer{php: s.cfg.PHPEscapes}, cfg: &s.cfg}
		out.open('{')
		out.key("result")
		out.open('{')
		for _, k := range []string{"api", "login", "iphone", "mobile"} {
			out.kstr(k, r.Host)
		}
		out.close('}')
		if s.cfg.LegacyErrorNull {
			out.knull("error")
		}
		out.rpcID(q.id)
		return &answer{status: http.StatusOK, ctype: typeJSON, body: out.b}, nil
	})
}

func (s *Server) knowsUser(name string) bool {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	known := s.cfg.CompanyDomain != "" && strings.EqualFold(name, s.cfg.CompanyDomain)
	s.db.users.order.each(false, func(u *user) bool {
		known = known || (u.enabled && name != "" && strings.EqualFold(u.primaryEmail(), name))
		return !known
	})
	return known
}
