package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
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
