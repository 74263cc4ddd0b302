package nutshell_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
)

func TestNoAnswerLeavesAWriteInDoubt(t *testing.T) {
	s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { cutOff(w) })
	c := s.client(t, nil)
	_, err := c.Create(t.Context(), nutshell.Leads, map[string]any{"description": "x"})
	assert.True(t, nutshell.IsInDoubt(err))
	_, err = c.Edit(t.Context(), nutshell.Leads, 1000, "2", map[string]any{"description": "x"})
	assert.True(t, nutshell.IsInDoubt(err))
	assert.Len(t, s.seen(), 2)
}

func TestTimeOutLeavesAWriteInDoubt(t *testing.T) {
	s := newStand(t, func(_ int, in arrived, w http.ResponseWriter) {
		time.Sleep(150 * time.Millisecond)
		ok(in, w, contact)
	})
	c := s.client(t, func(o *nutshell.Options) { o.Timeout = 30 * time.Millisecond })
	_, err := c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsInDoubt(err))
	assert.ErrorContains(t, err, "no answer within 30ms")
	assert.NotErrorIs(t, err, context.DeadlineExceeded, "it is the call that timed out, not the caller")
}

func TestAnEndedContextShows(t *testing.T) {
	started := make(chan struct{})
	s := newStand(t, func(int, arrived, http.ResponseWriter) {
		close(started)
		time.Sleep(100 * time.Millisecond)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	c := s.client(t, nil)
	_, err := c.Create(ctx, nutshell.Contacts, nil)
	assert.True(t, nutshell.IsInDoubt(err))
	assert.ErrorIs(t, err, context.Canceled)
	_, err = c.Create(ctx, nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err), "no call starts after its deadline")
	assert.ErrorIs(t, err, context.Canceled)
	assert.Len(t, s.seen(), 1)
}

func TestARefusedConnectionIsRetriedAndNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	var tries atomic.Int32
	c, err := nutshell.New(nutshell.Options{BaseURL: "http://" + address, Username: "u", APIKey: "k", RetryWait: time.Millisecond,
		Retries: 2, Observer: func(_ context.Context, i nutshell.CallInfo) {
			tries.Add(1)
			assert.False(t, i.Sent)
		}})
	require.NoError(t, err)
	_, err = c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err))
	assert.ErrorContains(t, err, "connection refused")
	assert.EqualValues(t, 3, tries.Load())
}

// A server that ends kept connections at the worst moments: what the client
// reports must never be less than what the server took in, and nothing may
// arrive twice. The body of each call is its number.
func TestNothingIsSentTwiceOnDeadConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	var mu sync.Mutex
	arrivals := map[string]int{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				for served := 0; ; served++ {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					body, err := io.ReadAll(req.Body)
					if err != nil {
						return
					}
					mu.Lock()
					arrivals[string(body[strings.Index(string(body), `"newContact"`)+1:])]++
					n := len(arrivals)
					mu.Unlock()
					if n%5 == 4 { // taken in, but no answer
						return
					}
					answer := `{"result":` + contact + `}`
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+itoa(len(answer))+"\r\n\r\n"+answer)
					if n%3 == 0 { // kept for the client, dead for us
						return
					}
				}
			}()
		}
	}()
	c, err := nutshell.New(nutshell.Options{BaseURL: "http://" + l.Addr().String(), Username: "u", APIKey: "k", RetryWait: time.Millisecond})
	require.NoError(t, err)
	done, doubt, notSent := 0, 0, 0
	for i := range 300 {
		_, err := c.Create(t.Context(), nutshell.Contacts, map[string]any{"description": itoa(i)})
		switch {
		case err == nil:
			done++
		case nutshell.IsInDoubt(err):
			doubt++
		case nutshell.IsNotSent(err):
			notSent++
		default:
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	total := 0
	for body, n := range arrivals {
		assert.Equal(t, 1, n, body)
		total += n
	}
	assert.LessOrEqual(t, done, total)
	assert.LessOrEqual(t, total, done+doubt)
	assert.Positive(t, doubt)
	assert.Equal(t, 300, done+doubt+notSent)
}

func itoa(n int) string { return nutshell.Text(n) }

// Idle connections closed on the client's side are no connections: the call
// goes out on a new one.
func TestIdleConnectionsMayVanish(t *testing.T) {
	s := newStand(t, func(_ int, in arrived, w http.ResponseWriter) { ok(in, w, contact) })
	transport := nutshell.NewTransport(2)
	c := s.client(t, func(o *nutshell.Options) { o.Transport = transport })
	for range 20 {
		_, err := c.Create(t.Context(), nutshell.Contacts, nil)
		require.NoError(t, err)
		transport.CloseIdleConnections()
		s.CloseClientConnections()
	}
	assert.Len(t, s.seen(), 20)
}

func TestHTTPS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "HTTP/1.1", r.Proto)
		_, _ = io.WriteString(w, `{"result":`+contact+`}`)
	}))
	defer s.Close()
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	c, err := nutshell.New(nutshell.Options{BaseURL: s.URL, Username: "u", APIKey: "k", Retries: -1})
	require.NoError(t, err)
	_, err = c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err), "%v", err)
	assert.ErrorContains(t, err, "certificate is not trusted")

	transport := nutshell.NewTransport(2)
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	c, err = nutshell.New(nutshell.Options{BaseURL: s.URL, Username: "u", APIKey: "k", Transport: transport})
	require.NoError(t, err)
	for range 3 {
		_, err = c.Create(t.Context(), nutshell.Contacts, nil)
		require.NoError(t, err)
		transport.CloseIdleConnections()
		s.CloseClientConnections()
	}
}

// foreign is a transport that the client knows nothing about.
type foreign struct{ err error }

func (f foreign) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return nil, f.err
}

func TestAForeignTransportProvesNothing(t *testing.T) {
	for _, row := range []struct {
		err  error
		want nutshell.Outcome
	}{
		{errors.New("secret words"), nutshell.InDoubt},
		{&net.OpError{Op: "write", Err: errors.New("x")}, nutshell.InDoubt},
		{&net.OpError{Op: "dial", Err: errors.New("no route")}, nutshell.NotSent},
	} {
		s := newStand(t, nil)
		c := s.client(t, func(o *nutshell.Options) { o.Transport = foreign{row.err} })
		_, err := c.Create(t.Context(), nutshell.Contacts, nil)
		e, is := nutshell.AsError(err)
		require.True(t, is)
		assert.Equal(t, row.want, e.Outcome)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestRequestsAreAsTheContractSays(t *testing.T) {
	s := newStand(t, func(_ int, in arrived, w http.ResponseWriter) { ok(in, w, contact) })
	c := s.client(t, nil)
	_, err := c.Create(t.Context(), nutshell.Contacts, map[string]any{"description": "a<b> & ü"})
	require.NoError(t, err)
	_, err = c.NewNote(t.Context(), nutshell.Contacts, 4101, "hello", "ann@example.com")
	require.NoError(t, err)
	calls := s.seen()
	first := calls[0]
	assert.Equal(t, "POST", first.verb)
	assert.Equal(t, "/api/v1/json", first.uri)
	assert.Equal(t, "application/json", first.header.Get("Content-Type"))
	assert.Equal(t, "application/json", first.header.Get("Accept"))
	assert.Empty(t, first.header.Get("Idempotency-Key"))
	assert.Empty(t, first.header.Get("If-None-Match"))
	assert.Equal(t, "bo@example.com", first.user)
	assert.Equal(t, "simkey0123456789", first.key)
	assert.Equal(t, "2.0", first.rpc.JSONRPC)
	assert.IsType(t, "", first.rpc.ID)
	assert.NotEqual(t, first.rpc.ID, calls[1].rpc.ID)
	assert.Equal(t, "newContact", first.rpc.Method)
	assert.Equal(t, map[string]any{"contact": map[string]any{"description": "a<b> & ü"}}, first.rpc.Params)
	assert.Equal(t, "ann@example.com", calls[1].user, "the author of a note")
	assert.Equal(t, map[string]any{"entity": map[string]any{"entityType": "Contacts", "id": 4101.0}, "note": "hello"}, calls[1].rpc.Params)
}

// TestEveryAttemptHasAnIDOfItsOwn: ids are unique (nutshell contract 1.2).
func TestEveryAttemptHasAnIDOfItsOwn(t *testing.T) {
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		if n == 1 {
			answer(w, 502, "<html>")
			return
		}
		ok(in, w, contact)
	})
	_, err := s.client(t, nil).Get(t.Context(), nutshell.Contacts, 4101)
	require.NoError(t, err)
	calls := s.seen()
	require.Len(t, calls, 2)
	assert.NotEqual(t, calls[0].rpc.ID, calls[1].rpc.ID)
	assert.Len(t, calls[1].body, len(calls[0].body))
}

func TestABodyAboveTheLimitIsNotSent(t *testing.T) {
	s := newStand(t, nil)
	_, err := s.client(t, nil).Create(t.Context(), nutshell.Contacts, map[string]any{"description": strings.Repeat("x", 5<<20)})
	assert.True(t, nutshell.IsRefused(err))
	assert.Empty(t, s.seen())
}

func TestOptionsAreChecked(t *testing.T) {
	for _, base := range []string{"", "app.nutshell.com", "ftp://x", "http://app.nutshell.com", "https://u:p@x", "https://x?a=b", "https://x#f", "http://127.0.0.1.example.com"} {
		_, err := nutshell.New(nutshell.Options{BaseURL: base, Username: "u", APIKey: "k"})
		assert.Error(t, err, base)
	}
	for _, base := range []string{"https://app.nutshell.com/", "http://localhost:1", "http://127.0.0.9", "http://[::1]:80"} {
		_, err := nutshell.New(nutshell.Options{BaseURL: base, Username: "u", APIKey: "k"})
		assert.NoError(t, err, base)
	}
	_, err := nutshell.New(nutshell.Options{BaseURL: "https://x", APIKey: "k"})
	assert.Error(t, err)
	_, err = nutshell.New(nutshell.Options{BaseURL: "https://x", Username: "u"})
	assert.Error(t, err)
}
