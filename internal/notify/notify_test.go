package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/notify"
	"rezora2nutshell/internal/step"
)

var parked = notify.Notice{
	Key: "k-1", Migration: "acme", Kind: step.ToldPark, Phase: "owners", Status: "parked", WaitingFor: "accept resume", Code: "orphans",
	Cause: "2 agents have no user", Link: "http://ui.example/w", At: time.Date(2026, 5, 2, 8, 0, 0, 0, time.UTC),
}

func TestANoticeSaysWhatAPersonNeeds(t *testing.T) {
	var got map[string]any
	var header http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		b, _ := io.ReadAll(r.Body)
		assert.NoError(t, json.Unmarshal(b, &got))
	}))
	defer s.Close()
	require.NoError(t, notify.New(s.URL).Send(t.Context(), parked))
	assert.Equal(t, map[string]any{
		"text": "Migration acme is parked in phase owners (orphans): 2 agents have no user\n" +
			"It waits for: accept or resume. The commands: starter status acme\nRunbook: docs/runbook/orphans.md\nhttp://ui.example/w",
		"key": "k-1", "migration": "acme", "kind": "park", "phase": "owners", "status": "parked", "waiting_for": "accept resume", "code": "orphans",
		"cause": "2 agents have no user", "runbook": "docs/runbook/orphans.md", "link": "http://ui.example/w", "at": "2026-05-02T08:00:00Z",
	}, got)
	assert.Equal(t, "k-1", header.Get("Idempotency-Key"))
	assert.Equal(t, "application/json; charset=utf-8", header.Get("Content-Type"))
}

func TestGatesAndEndsHaveTheirOwnWords(t *testing.T) {
	gate := notify.Notice{Migration: "acme", Kind: step.ToldGate, Phase: "approval", Status: "waiting", WaitingFor: "confirm", Cause: "read the report"}.Complete()
	assert.Equal(t, "Migration acme waits for a decision in phase approval: read the report\nIt waits for: confirm. The commands: starter status acme", gate.Text)
	end := notify.Notice{Migration: "acme", Kind: step.ToldEnd, Phase: "done", Status: "completed", Link: "file:///r.html"}.Complete()
	assert.Equal(t, "Migration acme has ended: completed\nfile:///r.html", end.Text)
}

// Nothing that stands in a cause becomes markup or shows an address (I5).
func TestACauseIsNoMarkupAndNoAddress(t *testing.T) {
	n := parked
	n.Cause = `lead status "<!channel> & co" of ann@example.com`
	n = n.Complete()
	assert.Contains(t, n.Text, `"&lt;!channel&gt; &amp; co" of [e-mail]`)
	assert.NotContains(t, n.Cause, "ann@")
}

func TestOnlyAYesIsDelivered(t *testing.T) {
	followed := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed++ }))
	defer elsewhere.Close()
	code, after := 0, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", elsewhere.URL)
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(code)
	}))
	defer s.Close()
	for _, c := range []struct {
		code  int
		after string
		wait  time.Duration
	}{{307, "", 0}, {302, "", 0}, {404, "", 0}, {429, "7", 7 * time.Second}, {503, "999999", time.Hour}, {500, "soon", 0}} {
		code, after = c.code, c.after
		var f *notify.Failure
		require.ErrorAs(t, notify.New(s.URL+"/T0/secret-token").Send(t.Context(), parked), &f)
		assert.Equal(t, c.wait, f.After)
		assert.NotContains(t, f.Error(), "secret-token")
	}
	assert.Zero(t, followed, "a redirect would take the notice to somebody else")
}

func TestFailuresNameNoAddress(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx context.Context
		url string
	}{{t.Context(), "http://127.0.0.1:1/services/secret-token"}, {ctx, "http://127.0.0.1:1/services/secret-token"}, {t.Context(), "https://127.0.0.1:1/secret-token?a=secret-token"}} {
		err := notify.New(c.url).Send(c.ctx, parked)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret-token")
	}
}
