package e2e

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/record"
)

// BenchmarkAccount moves made-up accounts that hold something of everything, whole, and reports the calls an effect, with crawls, read-back and
// reconciliation, and the events of all workflows, delta rounds left out, for a row staged or effect planned.
func BenchmarkAccount(b *testing.B) {
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
				s.work()
				began := time.Now()
				s.start(`{"migration":"account-` + people + `","write_probes":false,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
				s.confirm("account-"+people, s.until("account-"+people, "the gate", time.Hour, func(p api.Progress) bool { return p.WaitingFor == api.Confirm }))
				p := s.result("account-"+people, 2*time.Hour)
				require.Equal(b, api.StatusCompleted, p.Status, p.Reason)
				effects, calls := s.effects()
				rows := 0
				for _, kind := range record.Kinds {
					rows += s.source.Count(string(kind))
				}
				b.ReportMetric(float64(calls)/float64(effects), "calls/effect")
				b.ReportMetric(float64(effects)/time.Since(began).Seconds(), "effects/s")
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
