package rezora_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
)

// dv1ish serves 60 contacts for every resource and lets a test spoil one thing.
func dv1ish(spoil func(w http.ResponseWriter, r *http.Request) bool) func(http.ResponseWriter, *http.Request, int) {
	serve := paged(60)
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Date", "Thu, 02 May 2024 08:00:00 GMT")
		q := r.URL.Query()
		switch {
		case spoil != nil && spoil(w, r):
		case r.URL.Path == "/api/v1/account":
			send(w, 200, `{"data":{"account_id":"a-1","company_id":"brk-12","scopes":["contacts"],"api_version":"1","server_time":"`+asOf+`"}}`)
		case strings.HasSuffix(r.URL.Path, "/count"):
			send(w, 200, `{"count":60,"as_of":"`+asOf+`"}`)
		case strings.HasSuffix(r.URL.Path, "/activities"), strings.HasSuffix(r.URL.Path, "/social_posts"):
			send(w, 200, envelope(""))
		case q.Get("fields") == "id":
			send(w, 200, envelope("", `{"id":"1","updated_at":"2024-05-01T00:00:00Z","deleted":false}`))
		case strings.HasPrefix(q.Get("updated_since"), "2024-05-03"):
			send(w, 200, envelope(""))
		default:
			serve(w, r)
		}
	}
}

func TestPreflightAdaptsAndReports(t *testing.T) {
	s := newScript(t, dv1ish(func(w http.ResponseWriter, r *http.Request) bool {
		if limit, _ := strconv.Atoi(r.URL.Query().Get("limit")); limit > 100 {
			send(w, 400, `{"error":{"code":"invalid_parameter"}}`)
			return true
		}
		return false
	}))
	caps, err := client(t, options(s.URL)).Preflight(context.Background())
	require.NoError(t, err)
	assert.Equal(t, "account:a-1", caps.Fingerprint)
	assert.Equal(t, "brk-12", caps.Account.CompanyID)
	got := caps.Of(record.Contacts)
	assert.Equal(t, 62, got.Limit, "500 halved until it is accepted")
	assert.Equal(t, rezora.DeltaParam, got.Delta)
	assert.Equal(t, rezora.CountEndpoint, got.Count)
	assert.Equal(t, 60, *got.Total)
	assert.True(t, got.FieldsID)
	assert.Equal(t, rezora.DeletesSweep, got.Deletes, "no tombstone seen: a sweep is planned")
	for _, r := range s.requests() {
		assert.Equal(t, http.MethodGet, r.Method)
	}
}

// A cursor may expire at any page, also between the two pages by which the preflight judges the order.
func TestPreflightReadsAnewWhenACursorHasExpired(t *testing.T) {
	expired := map[string]bool{}
	var mu sync.Mutex
	s := newScript(t, dv1ish(func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Query().Get("cursor") == "" || expired[r.URL.Path] {
			return false
		}
		expired[r.URL.Path] = true
		send(w, 410, `{"error":{"code":"cursor_expired"}}`)
		return true
	}))
	_, err := client(t, options(s.URL)).Preflight(context.Background())
	require.NoError(t, err)
	assert.True(t, expired["/api/v1/contacts"])
}

func TestPreflightStops(t *testing.T) {
	first := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/companies") }
	for name, tc := range map[string]struct {
		spoil func(w http.ResponseWriter, r *http.Request) bool
		want  string
	}{
		"clock": {func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Date", "Thu, 02 May 2024 09:00:00 GMT")
			return false
		}, "as_of"},
		"envelope": {func(w http.ResponseWriter, r *http.Request) bool {
			if first(r) {
				send(w, 200, `{"items":[]}`)
			}
			return first(r)
		}, "envelope"},
		"no id": {func(w http.ResponseWriter, r *http.Request) bool {
			if first(r) {
				send(w, 200, envelope("", `{"name":"x"}`))
			}
			return first(r)
		}, "item shape"},
		"order": {func(w http.ResponseWriter, r *http.Request) bool {
			if first(r) && r.URL.Query().Get("limit") == "2" && r.URL.Query().Get("cursor") == "" {
				send(w, 200, envelope("z", contact("2", 9), contact("1", 8)))
				return true
			}
			return false
		}, "order"},
		"cursor": {func(w http.ResponseWriter, r *http.Request) bool {
			if first(r) && r.URL.Query().Get("limit") == "2" {
				send(w, 200, envelope("z", contact("1", 1), contact("2", 2)))
				return true
			}
			return false
		}, "paging"},
		"everything 404": {func(w http.ResponseWriter, _ *http.Request) bool { send(w, 404, ``); return true }, "base_path"},
		"everything 403": {func(w http.ResponseWriter, _ *http.Request) bool { send(w, 403, ``); return true }, "scope"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, dv1ish(tc.spoil))
			_, err := client(t, options(s.URL)).Preflight(context.Background())
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestCredentialsNeverPrintWhatIsSecret(t *testing.T) {
	c := rezora.Credential{Level: rezora.AgentLevel, AgentID: "3107", Username: "someone", Password: "s3cret"}
	text := fmt.Sprintf("%v %+v %#v", c, c, []rezora.Credential{c})
	raw, err := json.Marshal(c)
	require.NoError(t, err)
	for _, secret := range []string{"someone", "s3cret"} {
		assert.NotContains(t, text+string(raw), secret)
	}
}

func TestShippedProfilesAreValid(t *testing.T) {
	for _, name := range []string{"dv1", "prototype"} {
		p, err := rezora.LoadProfile(name)
		require.NoError(t, err)
		assert.Equal(t, name, p.Profile)
	}
	for text, want := range map[string]string{"profile: x\nversion: 2\n": "version", "profile: x\nversion: 1\nsecret: y\n": "secret",
		"profile: x\nversion: 1\npaging: {style: pages}\n": "paging.style"} {
		path := filepath.Join(t.TempDir(), "p.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := rezora.LoadProfile(path)
		require.ErrorContains(t, err, want)
	}
}
