package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// The hosts of the two accounts. There is no network: a wire leads to the simulators' handlers.
const (
	rezoraHost   = "rezora.example.com"
	nutshellHost = "nutshell.example.com"
)

// wire is a worker's connection to both accounts.
type wire struct {
	worker *worker
	story  *story
}

// RoundTrip carries one exchange, unless the worker dies before it or after it. An account goes on with a request whose worker has died.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	g, call, handler := w.story.gate, req.URL.Path, w.story.rezora
	if req.URL.Host == nutshellHost {
		call, handler = methodOf(req, body), w.story.nutshell
	}
	if err := g.pass(w.worker, "before "+call); err != nil {
		return nil, err
	}
	var s strike
	if req.URL.Host == nutshellHost {
		s = g.strike()
	}
	if s.fault != "" {
		w.story.nutshell.SetFaults(nutshelltest.Fault{Match: "*", Kind: s.fault, Times: 1, DelayMs: int(s.delay / time.Millisecond)})
	}
	answers := make(chan *http.Response, 1)
	go func() {
		answer := serve(req.Context(), handler, req, body)
		if writes(call) {
			w.story.note(func(n *nutshelltest.Server) error {
				serve(context.Background(), n, req, body)
				return nil
			})
		}
		answers <- answer
	}()
	if s.crash && s.fault == nutshelltest.LateCommit { // the worker is long gone when the account carries the request out
		return nil, g.kill(w.worker)
	}
	var answer *http.Response
	select {
	case answer = <-answers:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if s.crash {
		return nil, g.kill(w.worker)
	}
	if err := g.pass(w.worker, "after "+call); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, fmt.Errorf("connection closed: %w", io.ErrUnexpectedEOF)
	}
	return answer, nil
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// serve hands a request to an account. The answer is nil when the account closes the connection.
func serve(ctx context.Context, h http.Handler, req *http.Request, body []byte) (answer *http.Response) {
	in := req.Clone(ctx)
	in.Body, in.ContentLength, in.RequestURI, in.RemoteAddr = io.NopCloser(bytes.NewReader(body)), int64(len(body)), req.URL.RequestURI(), "192.0.2.1:1"
	in.Host = req.URL.Host
	defer func() {
		if reason := recover(); reason != nil && !aborted(reason) {
			panic(reason)
		}
	}()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, in)
	answer = rec.Result()
	answer.Request = req
	return answer
}

// methodOf names a call of Nutshell: its JSON-RPC method, or verb and path.
func methodOf(req *http.Request, body []byte) string {
	if _, rest, ok := bytes.Cut(body, []byte(`"method":"`)); ok && req.URL.Path == "/api/v1/json" {
		name, _, _ := bytes.Cut(rest, []byte(`"`))
		return string(name)
	}
	return req.Method + " " + req.URL.Path
}

// writes tells whether a call of Nutshell may change the account.
func writes(call string) bool {
	for _, verb := range []string{"new", "edit", "delete", "POST ", "PUT ", "PATCH ", "DELETE "} {
		if strings.HasPrefix(call, verb) {
			return true
		}
	}
	return false
}

// aborted tells the panic by which a handler of net/http cuts its answer off.
func aborted(reason any) bool {
	err, ok := reason.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
