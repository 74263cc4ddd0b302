package rezoratest_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func steer(t *testing.T, s *rezoratest.Server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+"/_sim/"+path, strings.NewReader(body))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}

func TestControlPlane(t *testing.T) {
	s := start(t)
	status, _ := steer(t, s, "GET", "health", "")
	assert.Equal(t, 200, status)

	status, body := steer(t, s, "POST", "rows/contacts", `{"name":"Steered","owner_agent_id":"3101"}`)
	require.Equal(t, 200, status)
	var made struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	assert.Equal(t, 200, get(t, s, "/api/v1/contacts/"+made.ID).Status)
	status, _ = steer(t, s, "DELETE", "rows/contacts/"+made.ID, "")
	assert.Equal(t, 200, status)
	assert.Equal(t, 410, get(t, s, "/api/v1/contacts/"+made.ID).Status)
	status, _ = steer(t, s, "POST", "restore/contacts/"+made.ID, "")
	assert.Equal(t, 200, status)
	status, _ = steer(t, s, "POST", "touch/contacts/"+made.ID, "")
	assert.Equal(t, 200, status)

	for path, want := range map[string]int{"rows/agents": 3, "legacy/agents": 3, "agents": 3} {
		status, body = steer(t, s, "GET", path, "")
		require.Equal(t, 200, status)
		var rows []map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &rows))
		assert.Len(t, rows, want, path)
	}
	status, body = steer(t, s, "POST", "churn?n=5", "")
	assert.Equal(t, 200, status)
	var changes []rezoratest.Change
	require.NoError(t, json.Unmarshal([]byte(body), &changes))
	assert.NotEmpty(t, changes)

	for path, want := range map[string]int{"nosuch": 404, "rows/people": 404, "churn?n=x": 404} {
		status, _ = steer(t, s, "GET", path, "")
		assert.Equal(t, want, status, path)
	}
	status, _ = steer(t, s, "DELETE", "rows/contacts/nosuch", "")
	assert.Equal(t, 404, status)
	assert.Empty(t, s.Stats().Violations, "steering is no violation")
}

func TestPatchConfig(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.NotOffered = map[string]int{"tasks": 404} })
	status, body := steer(t, s, "PATCH", "config", `{"failEvery":1,"failStatus":502,"notOffered":{"leads":403}}`)
	require.Equal(t, 200, status, body)
	assert.Equal(t, 502, get(t, s, "/api/v1/agents").Status)
	status, _ = steer(t, s, "PATCH", "config", `{"failEvery":0}`)
	require.Equal(t, 200, status)
	assert.Equal(t, 403, get(t, s, "/api/v1/leads").Status)
	assert.Equal(t, 200, get(t, s, "/api/v1/tasks").Status, "a patch replaces a map")
	for _, bad := range []string{`{"seed":2}`, `{"failEvry":1}`, `{"failStatus":404}`, `{"errorBody":"xml"}`, `nonsense`} {
		status, _ = steer(t, s, "PATCH", "config", bad)
		assert.Equal(t, 400, status, bad)
	}
	assert.Equal(t, 403, get(t, s, "/api/v1/leads").Status, "a refused patch changes nothing")
	_, body = steer(t, s, "GET", "config", "")
	assert.NotContains(t, body, token, "secrets are not shown")
	assert.Contains(t, body, `"failStatus":502`)

	status, body = steer(t, s, "GET", "stats", "")
	require.Equal(t, 200, status)
	assert.Contains(t, body, `"dv1 /agents":1`)
	assert.Equal(t, 4, s.Stats().Total("dv1"))
	steer(t, s, "DELETE", "stats", "")
	assert.Zero(t, s.Stats().Total("dv1"))
}

func TestListenAndServe(t *testing.T) {
	s := rezoratest.New(config())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.ListenAndServe(ctx, addr) }()
	require.Eventually(t, func() bool {
		res, err := http.Get("http://" + addr + "/_sim/health")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, 5*time.Second, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestConfigFromYAML(t *testing.T) {
	c := rezoratest.DefaultConfig()
	require.NoError(t, yaml.Unmarshal([]byte("failEvery: 3\nnumericIds: true\nnotOffered: {leads: 403}\nusers: [{user: a, password: b}]\nlegacyIdShift: 5\n"), &c))
	assert.Equal(t, 3, c.FailEvery)
	assert.True(t, c.NumericIDs)
	assert.Equal(t, map[string]int{"leads": 403}, c.NotOffered)
	assert.Equal(t, []rezoratest.Credential{{User: "a", Password: "b"}}, c.Users)
	assert.EqualValues(t, 5, c.LegacyIDShift)
	assert.Equal(t, 30, c.TombstoneDays, "what is not named keeps its default")
}

func TestValidate(t *testing.T) {
	for name, change := range map[string]func(*rezoratest.Config){
		"size": func(c *rezoratest.Config) { c.Size = "XL" }, "auth": func(c *rezoratest.Config) { c.Auth = "none" },
		"notOffered": func(c *rezoratest.Config) { c.NotOffered = map[string]int{"people": 404} }, "status": func(c *rezoratest.Config) { c.NotOffered = map[string]int{"leads": 500} },
		"share": func(c *rezoratest.Config) { c.DirtyText = 1.5 }, "zone": func(c *rezoratest.Config) { c.LegacyZone = "Mars/Base" },
		"resource": func(c *rezoratest.Config) { c.NoSince = []string{"people"} }, "fault": func(c *rezoratest.Config) { c.AttachmentFault = map[string]string{"*": "melt"} },
	} {
		assert.Error(t, config(change).Validate(), name)
	}
	assert.NoError(t, rezoratest.Config{}.Validate())
}
