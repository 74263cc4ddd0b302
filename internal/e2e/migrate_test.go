package e2e

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/ledger"
)

func small() rezoratest.Config {
	c := rezoratest.DefaultConfig()
	c.Size = "XS"
	return c
}

func unlimited() nutshelltest.Config {
	c := nutshelltest.DefaultConfig()
	c.FindRatePerSecond = 0
	return c
}

type reconciliation struct {
	Objects []struct {
		Object                                                                            string
		Source, Matched, Missing, Mismatched, Unexpected, Duplicated, Flagged, Unverified int64
	}
	DiscrepancyRate float64 `json:"discrepancy_rate"`
	SourceRoot      string  `json:"source_root"`
	TargetRoot      string  `json:"target_root"`
}

func TestAnAccountMovesWhole(t *testing.T) {
	s := newStack(t, small(), unlimited())
	s.work()
	s.start(`{"migration":"acme","sample_size":20,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	gate := s.untilGate("acme")
	assert.Len(t, gate.Digest, 64)
	s.confirm("acme", gate)
	p := s.result("acme", 3*time.Minute)
	require.Equal(t, "completed", p.Status, p.Reason)

	var rec reconciliation
	require.NoError(t, json.Unmarshal(s.archived("acme", "reconciliation.json"), &rec))
	for _, o := range rec.Objects {
		t.Logf("%+v", o)
		assert.Equal(t, o.Source, o.Matched+o.Missing+o.Mismatched+o.Flagged+o.Unverified, o.Object)
	}
	assert.Zero(t, rec.DiscrepancyRate)
	assert.Equal(t, rec.SourceRoot, rec.TargetRoot)
	assert.Empty(t, s.source.Stats().Violations, "the source is never written to")
	t.Logf("calls %+v, progress %+v", p.Calls, p.Objects)
}

func TestTheAuditLogNamesWhoDecidedAndVerifies(t *testing.T) {
	s := newStack(t, small(), unlimited())
	s.work()
	s.start(`{"migration":"audited","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.confirm("audited", s.untilGate("audited"))
	p := s.result("audited", 2*time.Minute)
	require.Equal(t, "completed", p.Status, p.Reason)
	log := s.archived("audited", "audit.jsonl")
	lines, bad, why, err := ledger.VerifyAudit(bytes.NewReader(log))
	require.NoError(t, err)
	assert.Zero(t, bad, why)
	assert.Greater(t, lines, int64(100))
	var approved, exported map[string]any
	for line := range bytes.Lines(log) {
		var l map[string]any
		require.NoError(t, json.Unmarshal(line, &l))
		switch l["event"] {
		case "approved":
			approved = l
		case "exported":
			exported = l
		}
	}
	require.NotNil(t, approved)
	assert.Equal(t, "jo@example.com", approved["approver"], "who they say they are")
	assert.NotEmpty(t, approved["identity"], "who Temporal says they are")
	assert.Equal(t, p.AuditHead, exported["hash"])
	cut := bytes.Join(bytes.SplitAfter(log, []byte("\n"))[:lines-3], nil)
	_, bad, _, err = ledger.VerifyAudit(bytes.NewReader(cut))
	require.NoError(t, err)
	assert.NotZero(t, bad, "a cut tail shows")
}
