package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
)

// BenchmarkQuota reports which share of the account's call rate a load uses, and which share of its calls is refused: with the rate told
// to the worker, with a hidden one, and with a hidden one that is halved and then doubled.
func BenchmarkQuota(b *testing.B) {
	const rate = 80
	minute := []quotaSpan{{rate, time.Minute}}
	for _, c := range []struct {
		name, told string
		settle     time.Duration // not measured: the rate is learnt
		spans      []quotaSpan
	}{
		{"known", "80", 2 * time.Second, minute},
		{"hidden", "", 15 * time.Second, minute},
		{"changed", "", 15 * time.Second, []quotaSpan{{rate, 20 * time.Second}, {rate / 2, 40 * time.Second}, {rate, 60 * time.Second}}},
		{"raised", "", 15 * time.Second, []quotaSpan{{2 * rate, 30 * time.Second}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				s := newQuotaStackOf(b, "quota-"+c.name, c.told, rate, 0)
				time.Sleep(c.settle) // lets the load run
				used, allowed, refused := 0.0, 0.0, 0.0
				for _, span := range c.spans {
					a, r := s.through(span)
					used, refused = used+a, refused+r
					allowed += span.rate * span.length.Seconds()
				}
				if c.name == "raised" { // how much of it is used by then
					a, r := s.through(quotaSpan{2 * rate, 20 * time.Second})
					used, refused, allowed = a, r, 2*rate*20
				}
				b.ReportMetric(used/allowed, "share")
				b.ReportMetric(100*refused/(used+refused), "%refused")
			}
		})
	}
}

// quotaSpan is a time with one rate.
type quotaSpan struct {
	rate   float64 // calls a second
	length time.Duration
}

// newQuotaStackOf is a migration in the midst of its load, under a strict quota: by so many workers on PostgreSQL, 0 for one on SQLite.
func newQuotaStackOf(b *testing.B, name, told string, rate float64, workers int) *stack {
	c := rezoratest.DefaultConfig()
	c.Data = accountOf(12000, 1, 1)
	dest := unlimited()
	dest.QuotaPerSecond, dest.QuotaBurst = rate, int(rate)
	s := newStack(b, c, dest)
	s.env["NUTSHELL_RATE"] = told
	if told == "" {
		delete(s.env, "NUTSHELL_RATE")
	}
	s.env["NUTSHELL_CONCURRENCY"] = "8"
	if workers > 0 {
		s.onPostgres()
	}
	for range max(1, workers) {
		s.work()
	}
	s.start(`{"migration":"` + name + `","sample_size":1,"write_probes":false,` + fallback + `}`)
	s.confirm(name, s.until(name, "the gate", 5*time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm }))
	s.until(name, "people", 5*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhasePeople })
	return s
}

// through lets the load run for a while under a rate, and counts what was accepted and refused.
func (s *stack) through(span quotaSpan) (accepted, refused float64) {
	limits := s.dest.Limits()
	limits.QuotaPerSecond, limits.QuotaBurst = span.rate, int(span.rate)
	if s.dest.Limits() != limits {
		s.dest.SetLimits(limits)
	}
	before := s.dest.Stats().Quota
	time.Sleep(span.length) // a rate is measured over time
	after := s.dest.Stats().Quota
	require.Greater(s, after.Accepted, before.Accepted, "the load goes on")
	return float64(after.Accepted - before.Accepted), float64(after.Refused - before.Refused)
}
