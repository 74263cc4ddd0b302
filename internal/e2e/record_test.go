package e2e

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
)

// record writes the histories of this stack's workflows into the folder that RECORD_HISTORIES names, for the replay tests of package
// workflows: one of each sequence of events. They hold no personal data (I5).
func (s *stack) record(story string) {
	s.Helper()
	dir := os.Getenv("RECORD_HISTORIES")
	if dir == "" {
		return
	}
	seen := map[string]bool{}
	for i, e := range s.workflowsOf(story) {
		var h historypb.History
		var shape strings.Builder
		iter := s.client.GetWorkflowHistory(context.Background(), e.GetWorkflowId(), e.GetRunId(), false, 0)
		for iter.HasNext() {
			event, err := iter.Next()
			require.NoError(s, err)
			h.Events = append(h.Events, event)
			fmt.Fprintln(&shape, event.GetEventType(), event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName())
		}
		kind := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
		like := kind + shape.String()
		if seen[like] {
			continue
		}
		seen[like] = true
		b, err := protojson.Marshal(&h)
		require.NoError(s, err)
		require.NoError(s, writeZipped(filepath.Join(dir, fmt.Sprintf("%s.%03d.%s.json.gz", story, i, kind)), b))
	}
}

func writeZipped(path string, b []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	_, err = z.Write(b)
	return errors.Join(err, z.Close(), f.Close())
}

// TestStoriesWorthReplaying lives through what can happen to a run: nothing, a pause, a rejection, parks, an undo in mid-run and by itself,
// a cancellation, and work so long that its children continue as new. With RECORD_HISTORIES set, their histories are kept (make
// record-histories); without, they must simply end well.
func TestStoriesWorthReplaying(t *testing.T) {
	for story, tell := range map[string]func(*stack){
		"normal": normal, "paused": paused, "rejected": rejected, "parked": parked, "midway": midway, "canceled": canceled, "continued": continued,
	} {
		t.Run(story, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, small(), unlimited())
			tell(s)
			s.record(story)
		})
	}
}

// normal completes; then a record is tried again, and everything is undone by a Rollback of its own.
func normal(s *stack) {
	s.work()
	s.start(`{"migration":"normal","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.finish("normal")
	var aside ledger.Effect
	require.NoError(s, s.reader("normal").EachEffect(context.Background(), ledger.EffectFilter{Object: "attachments", States: []ledger.State{ledger.Quarantined}},
		func(e ledger.Effect) error { aside = e; return nil }))
	require.NotEmpty(s, aside.SourceID)
	_, err := s.retry(`{"migration":"normal","object":"attachments","source_id":"` + aside.SourceID + `"}`)
	require.NoError(s, err)
	p := s.rollback("normal")
	assert.Equal(s, api.StatusRolledBack, p.Status, p.Reason)
}

func rejected(s *stack) {
	s.work()
	s.start(`{"migration":"rejected","sample_size":10,` + fallback + `}`)
	s.signal("rejected", api.Confirm, map[string]any{"approved": true}) // no gate is open: refused
	gate := s.untilGate("rejected")
	s.signal("rejected", api.Confirm, api.Decision{Approved: true, Report: "ffffffffff"}) // another report: refused, with a line in the log
	s.signal("rejected", api.Confirm, api.Decision{Approver: "jo@example.com", Report: gate.Digest})
	p := s.result("rejected", 2*time.Minute)
	require.Equal(s, api.StatusRolledBack, p.Status, p.Reason)
}

func paused(s *stack) {
	s.work()
	s.start(`{"migration":"paused","sample_size":10,"delta_window":"1h","delta_interval":"1s","page_size":10,` + fallback + `}`)
	gate := s.untilGate("paused")
	s.signal("paused", api.Pause, api.By{By: "ops@example.com"})
	s.until("paused", "the pause", time.Minute, func(p api.Progress) bool { return p.Status == api.StatusPaused })
	s.signal("paused", api.Resume, api.By{By: "ops@example.com"})
	s.confirm("paused", gate)
	s.until("paused", "the delta window", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	require.NoError(s, s.tryUpdate("paused", api.Pause, api.By{By: "ops@example.com"}))
	s.resume("paused")
	s.signal("paused", api.Cutover, api.CutoverBy{By: "ops@example.com"})
	p := s.result("paused", 2*time.Minute)
	require.Equal(s, api.StatusCompleted, p.Status, p.Reason)
}

// parked meets an orphan that is taken, an approval that nobody gives in time, and a plan's limit.
func parked(s *stack) {
	orphan := s.orphan()
	s.work()
	s.start(`{"migration":"parked","sample_size":10,"page_size":10,"delta_window":"0s","approval_timeout":"10s"}`)
	s.untilPark("parked", orphan)
	s.accept("parked")
	s.untilGate("parked")
	s.untilPark("parked", "nobody decided in time")
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 30 })
	s.resume("parked")
	s.confirm("parked", s.untilGate("parked"))
	s.untilPark("parked", "takes no more people")
	s.limit(func(l *nutshelltest.Limits) { l.ContactLimit = 0 })
	s.signal("parked", api.Resume, api.By{By: "ops@example.com"})
	s.untilAgain("parked", func(p api.Progress) bool { return p.Status != api.StatusParked })
	p := s.result("parked", 2*time.Minute)
	require.Equal(s, api.StatusCompleted, p.Status, p.Reason)
}

func midway(s *stack) {
	s.work()
	s.start(`{"migration":"midway","sample_size":10,"delta_window":"1h",` + fallback + `}`)
	s.confirm("midway", s.untilGate("midway"))
	s.until("midway", "the delta window", time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	s.signal("midway", api.Rollback, api.By{By: "ops@example.com", Reason: "wrong account"})
	p := s.result("midway", 2*time.Minute)
	require.Equal(s, api.StatusRolledBack, p.Status, p.Reason)
}

func canceled(s *stack) {
	s.work()
	s.start(`{"migration":"canceled","sample_size":10,"rollback_on_cancel":true,` + fallback + `}`)
	s.untilGate("canceled")
	require.NoError(s, s.client.CancelWorkflow(context.Background(), api.MigrationIDPrefix+"canceled", ""))
	p := s.result("canceled", 2*time.Minute)
	require.Equal(s, api.StatusRolledBack, p.Status, p.Reason)
}

// continued has more pages in a step, and more rounds in its window, than one run of a child takes.
func continued(s *stack) {
	const pages, rounds = 500, 40
	for i := range pages {
		s.put("contacts", map[string]any{"name": fmt.Sprintf("Many %d", i), "email": fmt.Sprintf("many%d@example.com", i), "kind": "normal"})
	}
	s.work()
	s.start(`{"migration":"continued","sample_size":10,"page_size":1,"window":16,"delta_window":"24h","delta_interval":"10ms",` + fallback + `}`)
	s.confirm("continued", s.untilGate("continued"))
	s.until("continued", "the delta window", 4*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseDelta })
	require.Eventually(s, func() bool { return s.continuedAsNew(api.DeltaWorkflow) }, 2*time.Minute, time.Second, "more than %d rounds", rounds)
	s.signal("continued", api.Cutover, api.CutoverBy{By: "ops@example.com", Force: true})
	p := s.result("continued", 2*time.Minute)
	require.Equal(s, api.StatusCompleted, p.Status, p.Reason)
	assert.True(s, s.continuedAsNew(api.PagesWorkflow), "more than %d pages", pages)
	s.exactlyOnce()
}
