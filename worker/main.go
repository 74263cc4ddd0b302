// Command worker carries out migrations: it takes workflows and activities from Temporal until it is told to stop. Everything it needs
// stands in its environment; several workers share one PostgreSQL ledger. It ends with 0 after SIGINT or SIGTERM, when the calls in
// flight have ended, with 2 for a setting that is missing or bad, and with 1 for any other failure.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/observe"
)

const usage = "worker: no arguments are taken but healthcheck, which asks a running worker at METRICS_ADDRESS whether it is well; settings stand in the environment"

// Bounds of the Go heap: collections are rare while it is small, and no account makes it large. GOGC and GOMEMLIMIT win.
const (
	gcPercent   = 200
	memoryLimit = 128 << 20
)

func boundHeap() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

func main() {
	boundHeap()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], config.Environ(), os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process around it.
func run(ctx context.Context, args []string, environ map[string]string, stderr io.Writer) int {
	var err error
	switch {
	case len(args) == 0:
		err = work(ctx, environ)
	case len(args) == 1 && args[0] == "healthcheck":
		err = healthcheck(ctx, environ)
	default:
		fmt.Fprintln(stderr, usage)
		return exitUsage
	}
	var setting *config.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &setting):
		fmt.Fprintln(stderr, oneLine(setting))
		return exitUsage
	}
	fmt.Fprintln(stderr, oneLine(err))
	return exitFailed
}

const (
	exitFailed = 1
	exitUsage  = 2
)

func healthcheck(ctx context.Context, environ map[string]string) error {
	c, err := config.LoadParts(environ, config.PartMetrics)
	if err != nil {
		return err
	}
	if c.Metrics.Address == "" {
		return &config.Error{Setting: "METRICS_ADDRESS", Cause: "not set", Cure: "the worker answers health checks there"}
	}
	return observe.CheckHealth(ctx, c.Metrics.Address)
}

// oneLine is an error as one line: whoever starts a worker reads the last line of its output. Addresses in it are masked (I5).
func oneLine(err error) string { return observe.Mask(strings.Join(strings.Fields(err.Error()), " ")) }
