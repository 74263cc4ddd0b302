package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/devstack"
)

// settings lead to two simulators and a ledger of the test's own.
func settings(t *testing.T, more ...string) map[string]string {
	t.Helper()
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Tokens = "XS", []string{"secret-token"}
	rezora, nutshell := rezoratest.NewServer(cfg), nutshelltest.NewServer(nutshelltest.DefaultConfig())
	t.Cleanup(rezora.Close)
	t.Cleanup(nutshell.Close)
	env := map[string]string{
		"TEMPORAL_ADDRESS": "127.0.0.1:9", "REZORA_BASE_URL": rezora.URL, "REZORA_TOKEN": "secret-token", "LOG_LEVEL": "error",
		"NUTSHELL_BASE_URL": nutshell.URL, "NUTSHELL_USERNAME": nutshelltest.SeedUser, "NUTSHELL_API_KEY": nutshelltest.SeedKey,
		"LEDGER_URL": "sqlite://" + filepath.Join(t.TempDir(), "migration.db"),
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

func TestEndsWithOneLineThatNamesTheCause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		more  []string
		code  int
		parts []string
	}{
		"missing setting":      {more: []string{"NUTSHELL_API_KEY", ""}, code: exitUsage, parts: []string{"NUTSHELL_API_KEY"}},
		"bad setting":          {more: []string{"NUTSHELL_RATE", "fast"}, code: exitUsage, parts: []string{"NUTSHELL_RATE", "fast"}},
		"plain http elsewhere": {more: []string{"NUTSHELL_BASE_URL", "http://app.example.com"}, code: exitUsage, parts: []string{"NUTSHELL_BASE_URL", "https"}},
		"bad ledger":           {more: []string{"LEDGER_URL", "mysql://x"}, code: exitUsage, parts: []string{"LEDGER_URL"}},
		"arguments":            {args: []string{"--fast"}, code: exitUsage, parts: []string{"no arguments"}},
		"health, no address":   {args: []string{"healthcheck"}, code: exitUsage, parts: []string{"METRICS_ADDRESS"}},
		"health, nobody there": {args: []string{"healthcheck"}, more: []string{"METRICS_ADDRESS", "127.0.0.1:9"}, code: exitFailed, parts: []string{"health"}},
		"no temporal":          {code: exitFailed, parts: []string{"TEMPORAL_ADDRESS", "127.0.0.1:9"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			code := run(t.Context(), c.args, settings(t, c.more...), &stderr)
			assert.Equal(t, c.code, code, stderr.String())
			assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one line: %q", stderr.String())
			for _, p := range c.parts {
				assert.Contains(t, stderr.String(), p)
			}
			for _, secret := range []string{"secret-token", nutshelltest.SeedKey} {
				assert.NotContains(t, stderr.String(), secret)
			}
		})
	}
}

func TestWorkerIsWellUntilItIsTold(t *testing.T) {
	t.Parallel()
	temporal := devstack.TestTemporal(t)
	port, err := devstack.FreePort()
	require.NoError(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	env := settings(t, "TEMPORAL_ADDRESS", temporal.Address, "METRICS_ADDRESS", address)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	go func() { ended <- run(ctx, nil, env, &stderr) }()

	require.Eventually(t, func() bool { return run(t.Context(), []string{"healthcheck"}, env, io.Discard) == 0 }, 20*time.Second, 50*time.Millisecond)
	res, err := http.Get("http://" + address + "/metrics")
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Contains(t, string(body), "migration_ledger_up 1")

	stop()
	select {
	case code := <-ended:
		assert.Zero(t, code, stderr.String())
	case <-time.After(20 * time.Second):
		t.Fatal("the worker does not end when it is told to")
	}
}
