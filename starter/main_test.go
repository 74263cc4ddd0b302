package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
)

// server is one Temporal server for all tests of this package.
var server *devstack.Temporal

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "starter-test-")
	if err == nil {
		server, err = devstack.StartTemporal(context.Background(), devstack.TemporalOptions{Dir: dir, Headless: true})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = server.Stop()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// buffer is a console's output; commands that follow a migration write to it from another goroutine.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// result is how one command line ended.
type result struct {
	code     int
	out, err string
}

// command runs one command line with the given settings.
func command(t *testing.T, environ map[string]string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var out, errs buffer
	code := run(ctx, args, console{in: strings.NewReader(""), out: &out, err: &errs, environ: environ})
	return result{code, out.String(), errs.String()}
}

// live are the settings that lead to the test's server.
func live(more ...string) map[string]string {
	env := map[string]string{"TEMPORAL_ADDRESS": server.Address, "TEMPORAL_TASK_QUEUE": "starter-test"}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

func (r result) oneLine(t *testing.T, code int, parts ...string) {
	t.Helper()
	assert.Equal(t, code, r.code, "exit code; standard error: %s", r.err)
	assert.Equal(t, 1, strings.Count(r.err, "\n"), "standard error is one line: %q", r.err)
	for _, p := range parts {
		assert.Contains(t, r.err, p)
	}
}

func (r result) done(t *testing.T) result {
	t.Helper()
	require.Equal(t, exitDone, r.code, "standard error: %s", r.err)
	assert.Empty(t, r.err)
	return r
}
