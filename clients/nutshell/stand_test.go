package nutshell_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
)

// stand is a server whose answers a test writes, and what came in.
type stand struct {
	*httptest.Server
	mu    sync.Mutex
	calls []arrived
	infos []nutshell.CallInfo
}

type arrived struct {
	verb, uri, user, key string
	header               http.Header
	rpc                  struct {
		JSONRPC string         `json:"jsonrpc"`
		ID      any            `json:"id"`
		Method  string         `json:"method"`
		Params  map[string]any `json:"params"`
	}
	body []byte
}

// answers maps the n-th call, from 1, to an answer.
type answers func(n int, in arrived, w http.ResponseWriter)

func newStand(t *testing.T, f answers) *stand {
	t.Helper()
	s := &stand{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in arrived
		in.verb, in.uri, in.header = r.Method, r.URL.RequestURI(), r.Header
		in.user, in.key, _ = r.BasicAuth()
		in.body, _ = io.ReadAll(r.Body)
		_ = json.Unmarshal(in.body, &in.rpc)
		s.mu.Lock()
		s.calls = append(s.calls, in)
		n := len(s.calls)
		s.mu.Unlock()
		f(n, in, w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *stand) seen() []arrived {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrived(nil), s.calls...)
}

func (s *stand) observed() []nutshell.CallInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]nutshell.CallInfo(nil), s.infos...)
}

// client makes a client of the stand; change may set more options.
func (s *stand) client(t *testing.T, change func(*nutshell.Options)) *nutshell.Client {
	t.Helper()
	o := nutshell.Options{
		BaseURL: s.URL + "/", Username: "bo@example.com", APIKey: "simkey0123456789",
		Timeout: 2 * time.Second, RetryWait: time.Millisecond, MaxRetryAfter: 30 * time.Millisecond, Patience: 2 * time.Second,
		Observer: func(_ context.Context, i nutshell.CallInfo) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.infos = append(s.infos, i)
		},
	}
	if change != nil {
		change(&o)
	}
	c, err := nutshell.New(o)
	require.NoError(t, err)
	return c
}

// ok answers a JSON-RPC success; result is JSON text.
func ok(in arrived, w http.ResponseWriter, result string) {
	id, _ := json.Marshal(in.rpc.ID)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("x-nutshell-request-id", "r-1")
	_, _ = io.WriteString(w, `{"result":`+result+`,"id":`+string(id)+`,"jsonrpc":"2.0"}`)
}

// answer writes a status and a body, with headers given in pairs.
func answer(w http.ResponseWriter, status int, body string, headers ...string) {
	for i := 0; i+1 < len(headers); i += 2 {
		w.Header().Set(headers[i], headers[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// cutOff ends the connection without an answer.
func cutOff(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// cut sends half of what it promises.
func cut(w http.ResponseWriter, body string) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body)
	_ = buf.Flush()
	_ = conn.Close()
}

const contact = `{"id":4101,"entityType":"Contacts","rev":"2","name":{"displayName":"Ines Okafor"}}`
