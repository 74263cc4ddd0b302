package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// BenchmarkHistoryOfTenThousandPeople moves 10,000 people, about 85,000 rows, and reports the events of all workflows, delta rounds left
// out, besides the time and the calls an effect.
func BenchmarkHistoryOfTenThousandPeople(b *testing.B) {
	for b.Loop() {
		run(b)
	}
}

func run(b *testing.B) {
	c := rezoratest.DefaultConfig()
	c.Data = rowsOf(10000, 7)
	s := newStack(b, c, unlimited())
	s.work()
	began := time.Now()
	s.start(`{"migration":"large","write_probes":false,"delta_window":"0s",` + fallback + `}`)
	s.confirm("large", s.untilGate("large"))
	p := s.result("large", 20*time.Minute)
	require.Equal(b, api.StatusCompleted, p.Status, p.Reason)
	effects, calls := s.effects()
	b.ReportMetric(float64(s.events()), "events")
	b.ReportMetric(float64(calls)/float64(effects), "calls/effect")
	b.ReportMetric(float64(effects)/time.Since(began).Seconds(), "effects/s")
}

// rowsOf makes people with a number of rows each: opens and clicks of a few campaigns, memberships of a few groups.
func rowsOf(people, each int) map[string][]map[string]any {
	data := map[string][]map[string]any{
		"agents": {{"id": "1", "email": "bo@example.com", "first_name": "Bo", "last_name": "Lind", "role": "agent", "status": "active"}},
	}
	for g := range 20 {
		data["distribution_groups"] = append(data["distribution_groups"], map[string]any{"id": fmt.Sprint(500 + g), "name": fmt.Sprintf("Group %d", g), "scope": "agent", "owner_agent_id": "1", "kind": "standard"})
		data["campaigns"] = append(data["campaigns"], map[string]any{"id": fmt.Sprint(700 + g), "name": fmt.Sprintf("Piece %d", g), "subject": "News", "kind": "newsletter", "status": "sent", "owner_agent_id": "1"})
	}
	at := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	for p := range people {
		id := fmt.Sprint(100000 + p)
		data["contacts"] = append(data["contacts"], map[string]any{"id": id, "owner_agent_id": "1", "name": fmt.Sprintf("Person %d", p), "email": fmt.Sprintf("p%d@example.com", p), "contact_type": "", "kind": "normal", "created_at": at.Format(time.RFC3339)})
		data["group_memberships"] = append(data["group_memberships"], map[string]any{"id": "m" + id, "group_id": fmt.Sprint(500 + p%20), "contact_id": id})
		for e := range each - 1 {
			data["activities"] = append(data["activities"], map[string]any{
				"id": fmt.Sprintf("open-%s-%d", id, e), "type": "open", "contact_id": id, "campaign_id": fmt.Sprint(700 + (p+e)%20),
				"occurred_at": at.Add(time.Duration(p+e) * time.Minute).Format(time.RFC3339),
			})
		}
	}
	return data
}
