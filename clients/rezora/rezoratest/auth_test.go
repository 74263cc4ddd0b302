package rezoratest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func ask(t *testing.T, s *rezoratest.Server, path string, set func(*http.Request)) answer {
	t.Helper()
	a, err := call(t, http.MethodGet, s.URL+path, func(r *http.Request) {
		r.Header.Del("Authorization")
		if set != nil {
			set(r)
		}
	})
	require.NoError(t, err)
	return a
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func TestAuthModes(t *testing.T) {
	user := rezoratest.Credential{User: "mig", Password: "p:w"}
	for _, tc := range []struct {
		mode      string
		good, bad func(*http.Request)
		challenge string
	}{
		{"bearer", bearer(token), bearer("nope"), `Bearer realm="rezora"`},
		{"header", func(r *http.Request) { r.Header.Set("X-API-Key", token) }, bearer(token), `Bearer realm="rezora"`},
		{"basic", func(r *http.Request) { r.SetBasicAuth("mig", "p:w") }, func(r *http.Request) { r.SetBasicAuth("mig", "x") }, `Basic realm="rezora"`},
		{"token_exchange", nil, bearer(token), `Bearer realm="rezora"`},
	} {
		s := start(t, func(c *rezoratest.Config) { c.Auth, c.Users = tc.mode, []rezoratest.Credential{user} })
		for _, set := range []func(*http.Request){nil, tc.bad} {
			a := ask(t, s, "/api/v1/agents", set)
			assert.Equal(t, 401, a.Status, tc.mode)
			assert.Equal(t, "unauthorized", a.code(t))
			assert.Equal(t, tc.challenge, a.Header.Get("WWW-Authenticate"), tc.mode)
		}
		if tc.good != nil {
			assert.Equal(t, 200, ask(t, s, "/api/v1/agents", tc.good).Status, tc.mode)
		}
		assert.Equal(t, 401, ask(t, s, "/api/v1/nosuch", nil).Status, "the credential is checked before the path")
	}
}

func exchange(t *testing.T, s *rezoratest.Server, user, password string) (int, map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": user, "password": password})
	require.NoError(t, err)
	res, err := http.Post(s.URL+"/api/v1/auth/token", "application/json", strings.NewReader(string(body)))
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	m := map[string]any{}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&m))
	return res.StatusCode, m
}

func TestTokenExchangeAndExpiry(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) {
		c.Auth, c.Users, c.ExpireTokenAfter = "token_exchange", []rezoratest.Credential{{User: "mig", Password: "pw"}}, 2
	})
	status, _ := exchange(t, s, "mig", "wrong")
	assert.Equal(t, 401, status)
	status, got := exchange(t, s, "mig", "pw")
	require.Equal(t, 200, status)
	assert.Equal(t, "Bearer", got["token_type"])
	assert.EqualValues(t, 604800, got["expires_in"])
	first := got["access_token"].(string)
	for range 2 {
		assert.Equal(t, 200, ask(t, s, "/api/v1/agents", bearer(first)).Status)
	}
	a := ask(t, s, "/api/v1/agents", bearer(first))
	assert.Equal(t, 401, a.Status)
	assert.Equal(t, "token_expired", a.code(t))
	assert.Contains(t, a.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
	_, got = exchange(t, s, "mig", "pw")
	assert.Equal(t, 200, ask(t, s, "/api/v1/agents", bearer(got["access_token"].(string))).Status, "a new token counts anew")
	assert.Empty(t, s.Stats().Violations, "the token exchange is no violation")
}

func TestTokenTTL(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c), func(c *rezoratest.Config) { c.TokenTTL = 60 })
	assert.Equal(t, 200, get(t, s, "/api/v1/agents").Status)
	c.Add(time.Minute)
	assert.Equal(t, "token_expired", get(t, s, "/api/v1/agents").code(t))
}

func TestScopesAndAccount(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) {
		c.Scopes = map[string][]string{token: {"agents", "contacts", "leads"}}
		c.NotOffered = map[string]int{"leads": 404, "contacts": 403}
	})
	data := get(t, s, "/api/v1/account").json(t)["data"].(map[string]any)
	assert.Equal(t, []any{"agents"}, data["scopes"])
	assert.Equal(t, "1", data["api_version"])
	assert.Contains(t, data["company_id"], "brk-")
	for path, want := range map[string]int{
		"/agents": 200, "/notes": 403, "/notes/1": 403, "/notes/count": 403, "/leads": 404, "/leads/count": 404, "/leads/8801": 404, "/contacts": 403,
	} {
		assert.Equal(t, want, get(t, s, "/api/v1"+path).Status, path)
	}
	require.NoError(t, s.Configure(func(c *rezoratest.Config) { c.NotOffered = map[string]int{"account": 404} }))
	assert.Equal(t, 404, get(t, s, "/api/v1/account").Status)
}

func TestOnlyGet(t *testing.T) {
	s := start(t)
	paths := []string{"/api/v1/contacts", "/api/v1/nosuch", "/api/contacts", "/v1/contacts.json", "/api/v1/auth/token", "/elsewhere"}
	n := 0
	for _, path := range paths {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
			a, err := call(t, method, s.URL+path, func(r *http.Request) { r.Header.Del("Authorization") })
			require.NoError(t, err)
			n++
			assert.Equal(t, 405, a.Status, "%s %s", method, path)
			assert.Equal(t, "GET", a.Header.Get("Allow"))
		}
	}
	v := s.Stats().Violations
	require.Len(t, v, n)
	assert.Equal(t, "POST", v[0].Method)
	assert.Equal(t, "/api/v1/contacts", v[0].Path)
}
