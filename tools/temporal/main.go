// Command temporal prints the path of the Temporal CLI that tests and demonstrations use, and builds it first when there is
// none. Progress goes to standard error.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"rezora2nutshell/internal/devstack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	path, err := devstack.TemporalCLI(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(path)
}
