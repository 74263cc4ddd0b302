package nutshell_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
)

// Every row of nutshell contract 1.4, as a create sees it: sent once only
// where it may have been stored, and judged by status and code alone.
func TestVerdictOnACreate(t *testing.T) {
	envelope := func(code int) string {
		return fmt.Sprintf(`{"error":{"code":%d,"message":"words of the server","data":null},"id":null,"jsonrpc":"2.0"}`, code)
	}
	const html = "<html><body>no</body></html>"
	rows := []struct {
		name   string
		status int
		body   string
		want   nutshell.Outcome
		code   int
		is     func(error) bool
	}{
		{"parse error", 400, envelope(-32700), nutshell.Refused, -32700, nil},
		{"invalid request", 400, envelope(-32600), nutshell.Refused, -32600, nil},
		{"bad params", 400, envelope(-32602), nutshell.Refused, -32602, nil},
		{"validation", 400, envelope(400), nutshell.Refused, 400, nil},
		{"legacy null result", 400, `{"error":{"code":400,"message":"x"},"result":null,"id":"c"}`, nutshell.Refused, 400, nil},
		{"unknown key", 401, envelope(401), nutshell.Refused, 401, nutshell.IsUnauthorized},
		{"unauthorized HTML", 401, html, nutshell.Refused, 0, nutshell.IsUnauthorized},
		{"plan limit", 403, envelope(403), nutshell.Refused, 403, nutshell.IsForbidden},
		{"missing record", 404, envelope(404), nutshell.Refused, 404, nutshell.IsNotFound},
		{"missing method", 404, envelope(-32601), nutshell.Refused, -32601, nutshell.IsMethodMissing},
		{"wrong verb", 405, html, nutshell.Refused, 0, nil},
		{"too large", 413, envelope(413), nutshell.Refused, 413, nil},
		{"another 4xx", 422, html, nutshell.Refused, 0, nil},
		{"code decides on a 200", 200, envelope(400), nutshell.Refused, 400, nil},
		{"request time-out", 408, html, nutshell.InDoubt, 0, nil},
		{"server fault", 500, envelope(-32603), nutshell.InDoubt, -32603, nil},
		{"server fault on a 200", 200, envelope(-32603), nutshell.InDoubt, -32603, nil},
		{"server fault on a 400", 400, envelope(-32603), nutshell.InDoubt, -32603, nil},
		{"limit on a 200 is no proof", 200, envelope(429), nutshell.InDoubt, 429, nil},
		{"gateway fault", 502, html, nutshell.InDoubt, 0, nil},
		{"gateway time-out", 504, html, nutshell.InDoubt, 0, nil},
		{"maintenance", 503, html, nutshell.InDoubt, 0, nil},
		{"limiter answering 503", 503, envelope(503), nutshell.InDoubt, 503, nutshell.IsRateLimited},
		{"refusal hidden in a 500", 500, envelope(400), nutshell.InDoubt, 400, nil},
		{"redirect", 307, html, nutshell.InDoubt, 0, nil},
		{"empty 200", 200, "", nutshell.InDoubt, 0, nil},
		{"blank 200", 200, " \n", nutshell.InDoubt, 0, nil},
		{"HTML 200", 200, html, nutshell.InDoubt, 0, nil},
		{"cut JSON", 200, `{"result":{"id":41`, nutshell.InDoubt, 0, nil},
		{"two values", 200, `{"result":` + contact + `}{}`, nutshell.InDoubt, 0, nil},
		{"no result", 200, `{"id":null,"jsonrpc":"2.0"}`, nutshell.InDoubt, 0, nil},
		{"null result", 200, `{"result":null}`, nutshell.InDoubt, 0, nil},
		{"result without id", 200, `{"result":{"rev":"0"}}`, nutshell.InDoubt, 0, nil},
		{"result without rev", 200, `{"result":{"id":7}}`, nutshell.InDoubt, 0, nil},
		{"answer to another call", 200, `{"result":` + contact + `,"id":"other"}`, nutshell.InDoubt, 0, nil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) {
				answer(w, row.status, row.body, "Location", "/elsewhere", "Retry-After", "1")
			})
			_, err := s.client(t, nil).Create(t.Context(), nutshell.Contacts, map[string]any{"name": "Ines Okafor"})
			e, is := nutshell.AsError(err)
			require.True(t, is, "%v", err)
			assert.Equal(t, row.want, e.Outcome)
			assert.Equal(t, row.status, e.HTTPStatus)
			assert.Equal(t, row.code, e.Code)
			assert.Len(t, s.seen(), 1, "a create is sent once")
			if row.is != nil {
				assert.True(t, row.is(err))
			}
			assert.NotContains(t, err.Error(), "words of the server")
			assert.NotContains(t, err.Error(), "Ines")
			if e.Code != 0 && row.name != "legacy null result" {
				assert.Equal(t, "words of the server", e.Reason)
			}
			require.Len(t, s.observed(), 1)
			assert.Equal(t, string(row.want), s.observed()[0].Outcome)
		})
	}
}

func TestVerdictOnStaleRevAndDeletes(t *testing.T) {
	stale := `{"error":{"code":409,"message":"rev key is out-of-date","data":null},"id":null}`
	s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
		switch n {
		case 1, 2:
			answer(w, 409, stale)
		case 3:
			ok(in, w, "true")
		case 4:
			ok(in, w, "false")
		case 5:
			answer(w, 500, `{"error":{"code":-32603,"message":"Internal error"}}`)
		}
	})
	c := s.client(t, nil)
	_, err := c.Edit(t.Context(), nutshell.Contacts, 1, "2", map[string]any{"description": "x"})
	assert.True(t, nutshell.IsStale(err))
	assert.True(t, nutshell.IsStale(c.Delete(t.Context(), nutshell.Contacts, 1, "2")))
	assert.NoError(t, c.Delete(t.Context(), nutshell.Contacts, 1, "2"))
	assert.True(t, nutshell.IsInDoubt(c.Delete(t.Context(), nutshell.Contacts, 1, "2")), "anything but true is no answer")
	assert.True(t, nutshell.IsInDoubt(c.Delete(t.Context(), nutshell.Contacts, 1, "2")), "and not sent again by itself")
	assert.Len(t, s.seen(), 5)
}

// Only HTTP 429 proves that a write was not carried out.
func TestLimiterRefusalIsWaitedOutAndSentAgain(t *testing.T) {
	for _, after := range []string{"1", "", "soon", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)} {
		t.Run(after, func(t *testing.T) {
			s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
				if n <= 3 {
					answer(w, 429, `{"error":{"code":429,"message":"Rate limit exceeded"}}`, "Retry-After", after)
					return
				}
				ok(in, w, contact)
			})
			e, err := s.client(t, nil).Create(t.Context(), nutshell.Contacts, map[string]any{})
			require.NoError(t, err)
			assert.Equal(t, int64(4101), e.ID)
			assert.Len(t, s.seen(), 4)
		})
	}
}

func TestPatienceWithRefusalsEnds(t *testing.T) {
	s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { answer(w, 429, "slow down") })
	c := s.client(t, func(o *nutshell.Options) { o.Patience = 20 * time.Millisecond })
	_, err := c.Create(t.Context(), nutshell.Contacts, nil)
	assert.True(t, nutshell.IsNotSent(err), "definite: may be sent again later")
	assert.True(t, nutshell.IsRateLimited(err))
}

func TestReadsAreRetried(t *testing.T) {
	faults := map[string]func(w http.ResponseWriter){
		"500":         func(w http.ResponseWriter) { answer(w, 500, `{"error":{"code":-32603,"message":"x"}}`) },
		"502 HTML":    func(w http.ResponseWriter) { answer(w, 502, "<html>") },
		"503 HTML":    func(w http.ResponseWriter) { answer(w, 503, "<html>", "Retry-After", "1") },
		"503 limiter": func(w http.ResponseWriter) { answer(w, 503, `{"error":{"code":503,"message":"x"}}`) },
		"429":         func(w http.ResponseWriter) { answer(w, 429, "") },
		"no answer":   cutOff,
		"cut body":    func(w http.ResponseWriter) { cut(w, `{"result":{"id":4`) },
		"cut JSON":    func(w http.ResponseWriter) { answer(w, 200, `{"result":{"id":4`) },
		"empty":       func(w http.ResponseWriter) { answer(w, 200, "") },
		"no id":       func(w http.ResponseWriter) { answer(w, 200, `{"result":{}}`) },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(n int, in arrived, w http.ResponseWriter) {
				if n <= 2 {
					fault(w)
					return
				}
				ok(in, w, contact)
			})
			e, err := s.client(t, nil).Get(t.Context(), nutshell.Contacts, 4101)
			require.NoError(t, err)
			assert.Equal(t, "2", e.Rev)
			assert.Len(t, s.seen(), 3)
			assert.Equal(t, 3, s.observed()[2].Attempt)
		})
		t.Run(name+" for ever", func(t *testing.T) {
			s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { fault(w) })
			c := s.client(t, func(o *nutshell.Options) { o.Retries, o.Patience = 2, 30*time.Millisecond })
			_, err := c.Get(t.Context(), nutshell.Contacts, 4101)
			require.Error(t, err)
			e, _ := nutshell.AsError(err)
			assert.Contains(t, []nutshell.Outcome{nutshell.Failed, nutshell.NotSent}, e.Outcome)
			assert.False(t, nutshell.IsInDoubt(err))
		})
	}
}

func TestReadsAreNotRetriedAfterADefiniteAnswer(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 307} {
		s := newStand(t, func(_ int, _ arrived, w http.ResponseWriter) { answer(w, status, "<html>", "Location", "/x") })
		_, err := s.client(t, nil).Get(t.Context(), nutshell.Contacts, 4101)
		require.Error(t, err)
		assert.Len(t, s.seen(), 1, "HTTP %d", status)
	}
}
