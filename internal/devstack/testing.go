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
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	t, err := StartTemporal(ctx, TemporalOptions{Dir: tb.TempDir(), Headless: true})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := t.Stop(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return t
}

// TestPostgres starts a PostgreSQL server that ends with the test. The test fails when there is none.
func TestPostgres(tb TB) *Postgres {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	p, err := StartPostgres(ctx)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return p
}

// TestPrometheus starts a Prometheus server that ends with the test. The test fails when there is none.
func TestPrometheus(tb TB, config string) *Prometheus {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	p, err := StartPrometheus(ctx, config, tb.TempDir())
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := p.Stop(); err != nil {
			tb.Fatalf("%v", err)
		}
	})
	return p
}
