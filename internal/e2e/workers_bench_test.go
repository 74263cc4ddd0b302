package e2e

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
)

// BenchmarkWorkers runs one, two and four workers on one PostgreSQL ledger: records a second of a load that nothing limits, all on one
// machine, and the share of a told quota that they use together.
func BenchmarkWorkers(b *testing.B) {
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(loadBy(b, workers), "records/s")
			}
		})
	}
	for _, workers := range []int{1, 4} {
		b.Run(fmt.Sprintf("quota-%d", workers), func(b *testing.B) {
			for b.Loop() {
				s := newQuotaStackOf(b, fmt.Sprintf("quota-of-%d", workers), "80", 80, workers)
				time.Sleep(2 * time.Second) // lets the load run
				used, refused := s.through(quotaSpan{80, 30 * time.Second})
				b.ReportMetric(used/(80*30), "share")
				b.ReportMetric(100*refused/(used+refused), "%refused")
			}
		})
	}
}

// loadBy is the records a second of a load by some workers.
func loadBy(b *testing.B, workers int) float64 {
	people := sizeOf(b, "PEOPLE", 3000)
	c := rezoratest.DefaultConfig()
	c.Data = accountOf(people, 5, 1)
	s := newStack(b, c, unlimited())
	s.onPostgres()
	tape := &recorder{handler: s.dest}
	front := httptest.NewServer(tape)
	b.Cleanup(front.Close)
	s.hurry(8)
	s.env["NUTSHELL_BASE_URL"] = front.URL
	for range workers {
		s.work()
	}
	name := fmt.Sprintf("workers-%d", workers)
	patience := 2*time.Minute + time.Duration(people)*40*time.Millisecond
	s.start(`{"migration":"` + name + `","sample_size":1,"write_probes":false,"page_size":200,"window":8,"delta_window":"0s",` + fallback + `}`)
	gate := s.until(name, "the gate", patience, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
	before := tape.end()
	s.confirm(name, gate)
	s.until(name, "the end of the load", patience, func(p api.Progress) bool {
		return p.Phase == api.PhaseArchive || p.Phase == api.PhaseDelta || p.Phase == api.PhaseReconciliation || p.Status == api.StatusCompleted
	})
	rate := tape.rate(before)
	for _, w := range s.workers {
		_ = w.Stop(time.Minute)
	}
	return rate
}

// onPostgres keeps the ledger in a PostgreSQL of its own.
func (s *stack) onPostgres() {
	s.env["LEDGER_URL"] = devstack.TestPostgres(s.TB).URL
	s.env["LEDGER_KEY_FILE"] = s.file("ledger.key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n")
	s.env["ARCHIVE_URL"] = "file://" + filepath.Join(s.dir, "archive")
}
