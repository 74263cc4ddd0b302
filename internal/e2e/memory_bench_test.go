package e2e

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// sizeOf reads a number from the environment: benchmarks and chaos tests are small by default, and as large as asked for.
func sizeOf(tb testing.TB, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(tb, err, name)
	require.Positive(tb, n, name)
	return n
}

// BenchmarkMemory moves PEOPLE people with EVENTS engagement events each, a company for every twenty and a note for every ten, through
// load, delta, reconciliation and rollback, and reports the worker's resident memory: nothing of it may grow with the account.
func BenchmarkMemory(b *testing.B) {
	people, events := sizeOf(b, "PEOPLE", 2000), sizeOf(b, "EVENTS", 10)
	for b.Loop() {
		c := rezoratest.DefaultConfig()
		c.Data = accountOf(people, events, 10)
		s := newStack(b, c, unlimited())
		c.Data = nil
		s.hurry(16)
		p := s.work()
		r := watchResident(b, p)
		r.enter("extract")
		patience := time.Minute + time.Duration(people)*40*time.Millisecond
		s.start(`{"migration":"memory","write_probes":false,"delta_window":"0s",` + fallback + `}`)
		gate := s.until("memory", "the gate", patience, func(p api.Progress) bool {
			r.enter(p.Phase)
			return p.WaitingFor == api.Confirm
		})
		s.churned(people / 100)
		s.confirm("memory", gate)
		s.until("memory", "the end", patience, func(p api.Progress) bool {
			r.enter(p.Phase)
			return p.Status == api.StatusCompleted
		})
		r.enter("rollback")
		back := s.rollbackWithin("memory", patience)
		require.Equal(b, api.StatusRolledBack, back.Status, back.Reason)
		r.enter("end")
		effects, _ := s.effects()
		b.ReportMetric(float64(effects), "effects")
		assert.Less(b, r.report(b), 300.0, "MiB resident")
	}
}

// hurry lets nothing but the engine bound the speed.
func (s *stack) hurry(inFlight int) {
	s.env["NUTSHELL_RATE"], s.env["NUTSHELL_CONCURRENCY"] = "50000", fmt.Sprint(inFlight)
	s.env["NUTSHELL_SETTINGS_FILE"] = s.file("nutshell.yaml",
		fmt.Sprintf("limits: {call_timeout_s: 10, upload_timeout_s: 10, read_lag_s: 0, finds_per_s: 1000, writes_parallel: %d}\n", inFlight))
}

// churned changes some contacts of the source, for the delta to find.
func (s *stack) churned(n int) {
	s.Helper()
	for i := range n {
		id := fmt.Sprint(100000 + i*7)
		_, err := s.source.Put("contacts", map[string]any{"id": id, "phones": map[string]any{"mobile": fmt.Sprintf("+1 512 555 %04d", i%10000)}})
		require.NoError(s, err)
	}
}

// accountOf is rowsOf with a company for every twenty people and a note for one of so many.
func accountOf(people, events, noteEvery int) map[string][]map[string]any {
	data := rowsOf(people, events+1)
	at := time.Date(2023, 5, 1, 8, 0, 0, 0, time.UTC).Format(time.RFC3339)
	for i, c := range data["contacts"] {
		company := fmt.Sprint(900000 + i/20)
		if i%20 == 0 {
			data["companies"] = append(data["companies"], map[string]any{"id": company, "name": fmt.Sprintf("Realty %d", i/20), "created_at": at})
		}
		c["company_id"] = company
		if i%noteEvery == 0 {
			data["notes"] = append(data["notes"], map[string]any{
				"id": fmt.Sprintf("n%d", i), "parent_type": "contact", "parent_id": c["id"], "body": "Asked about a garden.", "created_at": at, "author_agent_id": "1",
			})
		}
	}
	return data
}
