package rezora_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

func TestPassingFaultsAreRetried(t *testing.T) {
	fine := envelope("", contact("1", 1))
	for name, fault := range map[string]func(w http.ResponseWriter){
		"408":     func(w http.ResponseWriter) { send(w, 408, ``) },
		"500":     func(w http.ResponseWriter) { send(w, 500, `"text"`) },
		"502":     func(w http.ResponseWriter) { send(w, 502, `<html>`) },
		"503":     func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); send(w, 503, `{"message":"x"}`) },
		"504":     func(w http.ResponseWriter) { send(w, 504, `{"type":"about:blank"}`) },
		"429":     func(w http.ResponseWriter) { send(w, 429, ``) },
		"html":    func(w http.ResponseWriter) { send(w, 200, `<html>login</html>`) },
		"no data": func(w http.ResponseWriter) { send(w, 200, `{"meta":{}}`) },
		"cut": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(fine)))
			_, _ = w.Write([]byte(fine[:20]))
		},
		"cut without length": func(w http.ResponseWriter) { send(w, 200, fine[:len(fine)-2]) },
		"closed": func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, _ *http.Request, n int) {
				if n < 4 {
					fault(w)
					return
				}
				send(w, 200, fine)
			})
			got, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{})
			require.NoError(t, err)
			assert.Equal(t, []string{"1"}, got)
		})
		t.Run(name+", for good", func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) { fault(w) })
			o := options(s.URL)
			o.Limits.Attempts, o.Limits.MaxWaitTotal = 4, time.Second
			if name == "429" {
				o.Limits.MaxWaitTotal = 10 * time.Millisecond
			}
			_, _, err := ids(t, client(t, o), rezora.WalkRequest{})
			require.Error(t, err)
			assert.True(t, rezora.IsPassing(err), "%v", err)
			if name != "429" {
				assert.GreaterOrEqual(t, len(s.requests()), 4)
			}
			assert.NotContains(t, err.Error(), "login", "no text of the answer")
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for name, head := range map[string]func(h http.Header){
		"seconds": func(h http.Header) { h.Set("Retry-After", "1") },
		"date, with another clock": func(h http.Header) {
			now := time.Now().Add(-90 * time.Minute)
			h.Set("Date", now.UTC().Format(http.TimeFormat))
			h.Set("Retry-After", now.Add(time.Second).UTC().Format(http.TimeFormat))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var refused time.Time
			s := newScript(t, func(w http.ResponseWriter, _ *http.Request, n int) {
				if n == 1 {
					refused = time.Now()
					head(w.Header())
					send(w, 429, `{"error":{"code":"rate_limited"}}`)
					return
				}
				assert.GreaterOrEqual(t, time.Since(refused), time.Second, "not earlier, jitter is added")
				send(w, 200, envelope(""))
			})
			o := options(s.URL)
			o.Limits.Attempts = 1 // waiting consumes no attempt
			_, _, err := ids(t, client(t, o), rezora.WalkRequest{})
			require.NoError(t, err)
		})
	}
}

func TestLongRetryAfterIsHandedToTheCaller(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", "301")
		send(w, 429, ``)
	})
	c := client(t, options(s.URL))
	for range 3 {
		_, _, err := ids(t, c, rezora.WalkRequest{})
		due, ok := rezora.Due(err)
		require.True(t, ok, "%v", err)
		assert.WithinDuration(t, time.Now().Add(301*time.Second), due, 2*time.Second)
	}
	assert.Len(t, s.requests(), 1, "nothing is sent before it is due")
}

func TestOwnLimits(t *testing.T) {
	var inFlight, most atomic.Int32
	hold := make(chan struct{})
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		for now := inFlight.Add(1); ; {
			if was := most.Load(); now <= was || most.CompareAndSwap(was, now) {
				break
			}
		}
		<-hold
		inFlight.Add(-1)
		send(w, 200, envelope(""))
	})
	o := options(s.URL)
	o.Limits.RequestsPerS, o.Limits.InFlight = 20, 2
	c := client(t, o)
	start := time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := c.Walk(context.Background(), rezora.WalkRequest{Kind: record.Contacts}, func(context.Context, rezora.Page) error { return nil })
			assert.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return inFlight.Load() == 2 }, 5*time.Second, time.Millisecond)
	close(hold)
	wg.Wait()
	assert.EqualValues(t, 2, most.Load())
	assert.GreaterOrEqual(t, time.Since(start), 7*time.Second/20-10*time.Millisecond, "8 requests at 20 a second")
}

func TestSilenceEndsARequest(t *testing.T) {
	release := make(chan struct{})
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		send(w, 200, envelope(""))
	})
	defer close(release)
	o := options(s.URL)
	o.Limits.Timeout = 50 * time.Millisecond
	_, _, err := ids(t, client(t, o), rezora.WalkRequest{})
	require.NoError(t, err)
}

func TestCancelStopsWaiting(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", "60")
		send(w, 429, ``)
	})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := client(t, options(s.URL)).Walk(ctx, rezora.WalkRequest{Kind: record.Contacts}, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestRedirectsStayOnTheHost(t *testing.T) {
	leaked := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked <- r.Header.Get("Authorization") }))
	defer other.Close()
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case r.URL.Query().Get("updated_since") != "":
			http.Redirect(w, r, other.URL+"/x?secret=1", http.StatusFound)
		case r.URL.Path == "/api/v1/contacts":
			http.Redirect(w, r, "/moved", http.StatusFound)
		default:
			send(w, 200, envelope("", contact("1", 1)))
		}
	})
	c := client(t, options(s.URL))
	got, _, err := ids(t, c, rezora.WalkRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"1"}, got)
	_, _, err = ids(t, c, rezora.WalkRequest{Since: time.Now()})
	require.ErrorContains(t, err, "redirect")
	assert.NotContains(t, err.Error(), "secret")
	assert.Empty(t, leaked)
}

func TestErrorsShowNoSecrets(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		send(w, 400, `{"error":{"code":"tok-1 o.brandt@example.com","message":"o.brandt@example.com"}}`)
	})
	_, _, err := ids(t, client(t, options(s.URL)), rezora.WalkRequest{Filters: map[string]string{"email": "o.brandt@example.com"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "brandt")
	assert.NotContains(t, err.Error(), "tok-1")
	s.Close()
	o := options(s.URL)
	o.Limits.Attempts = 2
	_, _, err = ids(t, client(t, o), rezora.WalkRequest{Filters: map[string]string{"email": "o.brandt@example.com"}})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "brandt")
	assert.True(t, rezora.IsPassing(err))
}

func TestOptionsAreChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*rezora.Options)
		want string
	}{
		"plain http": {func(o *rezora.Options) { o.BaseURL = "http://data.example.com" }, "allow_http"},
		"no host":    {func(o *rezora.Options) { o.BaseURL = "data.example.com" }, "absolute"},
		"user":       {func(o *rezora.Options) { o.BaseURL = "https://u:p@data.example.com" }, "user"},
		"zone":       {func(o *rezora.Options) { o.Zone = "Mars/Olympus" }, "time zone"},
		"profile":    {func(o *rezora.Options) { o.Profile = "dv9" }, "dv9"},
		"mode":       {func(o *rezora.Options) { o.Auth.Mode = "kerberos" }, "kerberos"},
		"secret":     {func(o *rezora.Options) { o.Auth.Secret = nil }, "no secret"},
		"required":   {func(o *rezora.Options) { o.Disabled = []record.Kind{record.Contacts} }, "required"},
		"disabled":   {func(o *rezora.Options) { o.Disabled = []record.Kind{"unicorns"} }, "unicorns"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options("https://data.example.com")
			tc.edit(&o)
			_, err := rezora.New(o)
			require.ErrorContains(t, err, tc.want)
			assert.False(t, strings.Contains(err.Error(), "u:p"))
		})
	}
}

func TestIDsAreOneSegment(t *testing.T) {
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) { send(w, 404, ``) })
	c := client(t, options(s.URL))
	for id, want := range map[string]string{"a/b": "/api/v1/contacts/a%2Fb", "..": "/api/v1/contacts/%2E%2E", "é ?": "/api/v1/contacts/%C3%A9%20%3F", "a:1": "/api/v1/contacts/a:1"} {
		_, state, err := c.Item(context.Background(), record.Contacts, id)
		require.NoError(t, err)
		assert.Equal(t, rezora.Absent, state)
		all := s.requests()
		assert.Equal(t, want, all[len(all)-1].URL.EscapedPath())
	}
	n := len(s.requests())
	_, state, err := c.Item(context.Background(), record.Contacts, "count")
	require.NoError(t, err)
	assert.Equal(t, rezora.Absent, state)
	assert.Len(t, s.requests(), n, "count is never an id")
	_, _, err = c.Item(context.Background(), record.Activities, "open/17")
	require.NoError(t, err)
	all := s.requests()
	assert.Equal(t, "/api/v1/activities/17?type=open", all[len(all)-1].URL.RequestURI())
}

func TestCountFallsBack(t *testing.T) {
	for name, tc := range map[string]struct {
		total string
		want  rezora.Count
	}{
		"total":   {"412", rezora.Count{N: 412, OK: true}},
		"nothing": {"null", rezora.Count{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
				if strings.HasSuffix(r.URL.Path, "/count") {
					send(w, 404, ``)
					return
				}
				assert.Equal(t, "true", r.URL.Query().Get("include_total"))
				send(w, 200, strings.Replace(envelope("x", contact("1", 1)), `"total":null`, `"total":`+tc.total, 1))
			})
			got, err := client(t, options(s.URL)).Count(context.Background(), record.Contacts, rezora.CountRequest{})
			require.NoError(t, err)
			assert.Equal(t, tc.want.N, got.N)
			assert.Equal(t, tc.want.OK, got.OK)
		})
	}
}

func TestTokenExchangeRenewsOnceAndThenGivesUp(t *testing.T) {
	var exchanges atomic.Int32
	s := newScript(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Method == http.MethodPost {
			assert.Equal(t, "/api/v1/auth/token", r.URL.Path)
			send(w, 200, fmt.Sprintf(`{"access_token":"t%d","token_type":"Bearer","expires_in":604800}`, exchanges.Add(1)))
			return
		}
		send(w, 401, `{"error":{"code":"token_expired"}}`)
	})
	o := options(s.URL)
	o.Auth = rezora.Auth{Mode: rezora.TokenExchange, Secret: rezora.Static("u:p")}
	_, _, err := ids(t, client(t, o), rezora.WalkRequest{})
	require.True(t, rezora.IsRejected(err))
	assert.EqualValues(t, 2, exchanges.Load())
	assert.Len(t, s.requests(), 4)
}
