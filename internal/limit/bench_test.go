package limit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/limit"
)

// BenchmarkAcquire draws permits at the highest ceiling there is, 50,000 a second, from many goroutines: what is missing to it is what the
// limiter costs.
func BenchmarkAcquire(b *testing.B) {
	l, err := limit.New(limit.Options{Backend: limit.NewMemory(), Ceiling: 50_000})
	require.NoError(b, err)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Acquire(b.Context(), limit.All); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "permits/s")
}
