package e2e

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/oracle"
	"rezora2nutshell/internal/record"
)

// BenchmarkAccount moves made-up accounts that hold something of everything, whole, and reports the calls an effect, with crawls, read-back and
// reconciliation, and the events of all workflows, delta rounds left out, for a row staged or effect planned. Several WORKERS share a ledger in
// PostgreSQL.
func BenchmarkAccount(b *testing.B) {
	workers := sizeOf(b, "WORKERS", 1)
	sizes := map[string]string{"1500": "S"}
	if sizeOf(b, "PEOPLE", 1500) >= 60000 {
		sizes = map[string]string{"60000": "M"}
	}
	for people, size := range maps.All(sizes) {
		b.Run(people, func(b *testing.B) {
			for b.Loop() {
				c := small()
				c.Size = size
				s := newStack(b, c, unlimited())
				s.hurry(16)
				if workers > 1 {
					s.onPostgres()
				}
				for range workers {
					s.work()
				}
				before := s.dest.Snapshot()
				began := time.Now()
				s.start(`{"migration":"account-` + people + `","write_probes":false,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
				s.confirm("account-"+people, s.until("account-"+people, "the gate", time.Hour, func(p api.Progress) bool { return p.WaitingFor == api.Confirm }))
				p := s.result("account-"+people, 2*time.Hour)
				took := time.Since(began)
				require.Equal(b, api.StatusCompleted, p.Status, p.Reason)
				b.ReportMetric(float64(len(oracle.Judge(s.account("account-"+people, before)))), "faults")
				effects, calls := s.effects()
				rows := 0
				for _, kind := range record.Kinds {
					rows += s.source.Count(string(kind))
				}
				b.ReportMetric(float64(calls)/float64(effects), "calls/effect")
				b.ReportMetric(float64(effects)/took.Seconds(), "effects/s")
				b.ReportMetric(float64(s.events())/float64(int64(rows)+effects), "events/row")
			}
		})
	}
}

// events are those of all workflows of a stack but the delta rounds, whose number depends on time.
func (s *stack) events() int64 {
	n := int64(0)
	for kind, events := range s.history() {
		if kind != api.DeltaWorkflow {
			n += events
		}
	}
	return n
}
