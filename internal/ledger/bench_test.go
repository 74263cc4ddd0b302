package ledger_test

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

func stores(b *testing.B, run func(b *testing.B, s *store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, realTime(sqliteStore(b))) })
	b.Run("postgres", func(b *testing.B) { run(b, realTime(postgresStore(b))) })
}

// realTime sets the test's clock to now, once: reading the real one is not what is measured.
func realTime(s *store) *store {
	s.clock.t = time.Now()
	return s
}

func benchPage(n, from int) []record.Record {
	page := make([]record.Record, n)
	for i := range page {
		id := fmt.Sprint(9_000_000 + from + i)
		page[i] = contact(id, "person"+id+"@example.com", "owner_agent_id", "3107", "company_id", "brk-12", "name", "Maria Vega "+id,
			"first_name", "Maria", "last_name", "Vega", "title", "Broker", "kind", "client", "email_status", "valid", "source", "import",
			"company_name", "Vega & Partners", "contact_type", "buyer", "created_at", "2024-03-04T18:22:09Z", "updated_at", "2024-03-04T18:22:09Z")
	}
	return page
}

// BenchmarkStagePage stages new pages of 500 encrypted records.
func BenchmarkStagePage(b *testing.B) {
	stores(b, func(b *testing.B, s *store) {
		r := s.begin(b)
		var pages [][]record.Record // made before: their making is not what is measured
		for i := range b.N {
			pages = append(pages, benchPage(500, i*500))
		}
		b.ResetTimer()
		report := cpu(b)
		for _, page := range pages {
			_, err := r.StagePage(b.Context(), record.Contacts, 0, page, ledger.Cursor{})
			require.NoError(b, err)
		}
		report(b.N * 500)
	})
}

// BenchmarkStagePageUnchanged stages a page again that has not changed.
func BenchmarkStagePageUnchanged(b *testing.B) {
	stores(b, func(b *testing.B, s *store) {
		r := s.begin(b)
		page := benchPage(500, 0)
		stage(b, r, 0, page...)
		rows := 0
		report := cpu(b)
		for b.Loop() {
			stage(b, r, 1, page...)
			rows += len(page)
		}
		report(rows)
	})
}

// BenchmarkClaimSettle claims and settles single rows from 8 goroutines, each with an audit line.
func BenchmarkClaimSettle(b *testing.B) {
	stores(b, func(b *testing.B, s *store) {
		r := s.begin(b)
		ids := planMany(b, r, b.N)
		var next atomic.Int64
		b.SetParallelism(4) // of two cores
		b.ResetTimer()
		report := cpu(b)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				c := claim(b, r, ids[next.Add(1)-1])
				settle(b, r, c, ledger.Done, ledger.AuditEvent{Event: "created", Fields: map[string]any{"object": "people", "source_id": c.Key.SourceID, "target_id": 41}})
			}
		})
		report(b.N)
	})
}

// BenchmarkClaimSettleBatch claims and settles batches of 64 rows from 4 goroutines.
func BenchmarkClaimSettleBatch(b *testing.B) {
	const batch = 64
	stores(b, func(b *testing.B, s *store) {
		r := s.begin(b)
		ids := planMany(b, r, b.N*batch)
		var next atomic.Int64
		b.SetParallelism(2)
		b.ResetTimer()
		report := cpu(b)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				at := (next.Add(1) - 1) * batch
				requests := make([]ledger.ClaimRequest, batch)
				for i := range requests {
					requests[i] = ledger.ClaimRequest{Key: person(ids[at+int64(i)])}
				}
				claims, err := r.Claim(b.Context(), requests, ttl)
				require.NoError(b, err)
				outcomes, audit := make([]ledger.Outcome, batch), make([]ledger.AuditEvent, batch)
				for i, c := range claims {
					outcomes[i] = ledger.Outcome{Claim: *c, State: ledger.Done, How: "created", Type: "Contacts", ID: at, Rev: "1", Shown: map[string]string{"name": "0123456789abcdef"}}
					audit[i] = ledger.AuditEvent{Event: "created", Fields: map[string]any{"object": "people", "source_id": c.Key.SourceID}}
				}
				_, err = r.Settle(b.Context(), outcomes, audit...)
				require.NoError(b, err)
			}
		})
		report(b.N * batch)
	})
}

// cpu starts to measure the processor time of this process, which a busy machine does not blur; the result is reported a row.
func cpu(b *testing.B) (report func(rows int)) {
	used := func() time.Duration {
		var u syscall.Rusage
		require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start := used()
	return func(rows int) {
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64((used()-start).Microseconds())/float64(rows), "cpu-us/row")
	}
}

func planMany(b *testing.B, r *ledger.Run, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%09d", i)
	}
	for from := 0; from < n; from += 1000 {
		plan(b, r, ids[from:min(n, from+1000)]...)
	}
	return ids
}
