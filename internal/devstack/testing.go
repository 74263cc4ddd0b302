package devstack

import (
	"context"
	"time"
)

// TB is the part of testing.TB that the helpers need; this package itself does not import testing.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// startLimit bounds the start of a server in a test, a first build of the Temporal CLI included.
const startLimit = 15 * time.Minute

// TestTemporal starts a Temporal server that ends with the test. The test fails when there is none.
func TestTemporal(tb TB) *Temporal {
	tb.Helper()
	return started(tb, func(ctx context.Context) (*Temporal, error) {
		return StartTemporal(ctx, TemporalOptions{Dir: tb.TempDir(), Headless: true})
	})
}

// TestPostgres starts a PostgreSQL server that ends with the test. The test fails when there is none.
func TestPostgres(tb TB) *Postgres {
	tb.Helper()
	return started(tb, func(ctx context.Context) (*Postgres, error) { return StartPostgres(ctx) })
}

// TestPrometheus starts a Prometheus server that ends with the test. The test fails when there is none.
func TestPrometheus(tb TB, config string) *Prometheus {
	tb.Helper()
	return started(tb, func(ctx context.Context) (*Prometheus, error) { return StartPrometheus(ctx, config, tb.TempDir()) })
}

// started runs a server until the test ends.
func started[S interface{ Stop() error }](tb TB, start func(context.Context) (S, error)) S {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	s, err := start(ctx)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return s
}
