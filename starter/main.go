// Command starter is the operator's tool: it starts a migration, shows where it is, sends what people decide, undoes it, and lists what
// it left behind. Everything it sends could be sent with temporal or tctl alone.
//
// Exit codes: 0 done; 1 failed; 2 bad usage (unknown command or migration, missing argument, bad setting), with one line on standard
// error; 3 finished, but with discrepancies or rows in doubt that a person accepted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"rezora2nutshell/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], console{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: config.Environ()})
	stop()
	os.Exit(code)
}
