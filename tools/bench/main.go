// Command bench runs the measurements that the project promises figures for, one after the other, and prints one table: what, the goal, the
// figure, whether it is met. What was not asked for stands there as not run.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench [part...]", flag.ExitOnError)
	million := flags.Bool("million", false, "measure the memory of a million people, too: hours")
	if err := flags.Parse(args); err != nil {
		return err
	}
	parts := flags.Args()
	for _, p := range parts {
		if !slices.ContainsFunc(measurements, func(m measurement) bool { return m.part == p }) {
			return fmt.Errorf("there is no part %q; the parts are %s", p, strings.Join(partNames(), ", "))
		}
	}
	var rows []row
	var failed []string
	for _, m := range measurements {
		asked := len(parts) == 0 || slices.Contains(parts, m.part)
		var got metrics
		if asked && (*million || !m.million) {
			fmt.Fprintf(os.Stderr, "%s: %s %s\n", m.part, strings.Join(m.env, " "), m.bench)
			var err error
			if got, err = run(ctx, m); err != nil {
				failed = append(failed, fmt.Sprintf("%s: %v", m.part, err))
			}
		}
		if asked {
			rows = append(rows, m.rows(got)...)
		}
	}
	fmt.Printf("%s, %d processors, %s, %s\n\n%s", processor(), runtime.NumCPU(), runtime.Version(), time.Now().Format(time.DateOnly), table(rows))
	if len(failed) > 0 {
		return fmt.Errorf("not measured:\n%s", strings.Join(failed, "\n"))
	}
	return nil
}

// run runs one benchmark once and reads its figures.
func run(ctx context.Context, m measurement) (metrics, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", m.bench, "-benchtime", "1x", "-timeout", "24h", m.pkg) //nolint:gosec // all of it stands in figures.go
	cmd.Env = append(os.Environ(), m.env...)
	cmd.Stderr = os.Stderr
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	got := read(out.String())
	if err != nil && len(got) == 0 {
		return nil, fmt.Errorf("%w\n%s", err, out.String())
	}
	return got, nil
}

// processor is the machine's, where it can be told.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}
