package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// TestTheUnionOfCurrentAndLegacyArrives reads both APIs: people only the old one knows arrive, and an opt-out in either counts.
func TestTheUnionOfCurrentAndLegacyArrives(t *testing.T) {
	c := small()
	c.LegacyOnly, c.CurrentOnly, c.UnsubscribedOnlyIn = 0.1, 0.1, "legacy"
	s := newStack(t, c, unlimited())
	path := filepath.Join(s.dir, "legacy.csv")
	require.NoError(t, s.source.WriteCredentials(path))
	s.env["REZORA_LEGACY_BASE_URL"], s.env["REZORA_LEGACY_CREDENTIALS_FILE"] = s.source.URL+"/v1", path
	before := s.furnish()
	s.work()
	s.start(`{"migration":"union","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.confirm("union", s.untilGate("union"))
	p := s.result("union", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("union", before, true, nil)
	var pre struct {
		Coverage []struct {
			Resource string `json:"resource"`
			Coverage string `json:"coverage"`
		} `json:"coverage"`
		Discrepancies []json.RawMessage `json:"discrepancies"`
	}
	require.NoError(t, json.Unmarshal(s.archived("union", "pre-migration.json"), &pre))
	require.NotEmpty(t, pre.Coverage)
	for _, row := range pre.Coverage {
		assert.Equal(t, "complete", row.Coverage, row.Resource)
	}
	assert.NotEmpty(t, pre.Discrepancies)
	assert.Empty(t, s.source.Stats().Violations)
}

// TestAnAgentWithoutALegacyCredentialParksUntilAPersonAcceptsIt: what was not read is not taken for empty.
func TestAnAgentWithoutALegacyCredentialParksUntilAPersonAcceptsIt(t *testing.T) {
	t.Parallel()
	c := small()
	c.LegacyQuotaPerSecond = 30
	s := newStack(t, c, unlimited())
	agent := s.source.Agents()[0].ID
	require.NoError(t, s.source.Configure(func(c *rezoratest.Config) { c.LegacyNoCredential = []string{agent} }))
	path := filepath.Join(s.dir, "legacy.csv")
	require.NoError(t, s.source.WriteCredentials(path))
	s.env["REZORA_LEGACY_BASE_URL"], s.env["REZORA_LEGACY_CREDENTIALS_FILE"] = s.source.URL+"/v1", path
	w := s.work()
	s.start(`{"migration":"partly","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.untilPark("partly", agent)
	assert.Zero(t, s.written())
	require.NoError(t, w.Stop(20*time.Second))
	s.file("rezora.yaml", rezoraSettings+"union: {accept_incomplete: [\""+agent+"\"]}\n")
	s.work()
	s.resume("partly")
	s.finish("partly")
	s.exactlyOnce()
	s.clean("partly")
}
