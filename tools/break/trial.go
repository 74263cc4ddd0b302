package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// patience is how long the tests of one mutation may take; a mutation may make a program wait for ever.
const patience = 4 * time.Minute

// bench is a copy of the tree to break things in.
type bench struct{ dir string }

// verdict is what became of a mutation.
type verdict struct {
	mutation
	killer string // the test that noticed, "" when none did
	took   time.Duration
}

// sound runs every test of the list on the copy as it is. One that fails without a mutation proves nothing when it fails with one.
func (b bench) sound(ctx context.Context, list []mutation) error {
	runs := map[string][]string{}
	for _, m := range list {
		for test := range strings.SplitSeq(m.Run, "|") {
			if !slices.Contains(runs[m.Package], test) {
				runs[m.Package] = append(runs[m.Package], test)
			}
		}
	}
	for _, pkg := range sorted(runs) {
		binary, err := b.build(ctx, pkg)
		if err != nil {
			return fmt.Errorf("the tree does not compile: %w", err)
		}
		if out, err := b.test(ctx, binary, pkg, strings.Join(runs[pkg], "|")); err != nil {
			return fmt.Errorf("tests of %s fail without any mutation:\n%s", pkg, out)
		}
	}
	return nil
}

// try applies a mutation, runs its tests and takes it back. A mutation that does not compile is an error: the compiler noticed, not a test.
func (b bench) try(ctx context.Context, m mutation) (v verdict, err error) {
	began := time.Now()
	mutated, err := m.apply(b.dir)
	if err != nil {
		return v, err
	}
	whole, err := b.replace(mutated)
	defer func() {
		_, back := b.replace(whole)
		err = errors.Join(err, back)
	}()
	if err != nil {
		return v, err
	}
	binary, err := b.build(ctx, m.Package)
	if err != nil {
		return v, fmt.Errorf("the mutated program does not compile: %w", err)
	}
	out, failure := b.test(ctx, binary, m.Package, m.Run)
	v = verdict{mutation: m, took: time.Since(began)}
	if failure == nil || ctx.Err() != nil {
		return v, ctx.Err()
	}
	if v.killer = killer(out); v.killer == "" {
		return v, fmt.Errorf("the tests ended without naming one that failed:\n%s", out)
	}
	return v, nil
}

// replace writes the texts of some files and gives those they had.
func (b bench) replace(texts map[string]string) (before map[string]string, err error) {
	before = map[string]string{}
	for file, text := range texts {
		path := filepath.Join(b.dir, file)
		old, err := os.ReadFile(path)
		if err != nil {
			return before, err
		}
		before[file] = string(old)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return before, err
		}
	}
	return before, nil
}

// build compiles the tests of a package.
func (b bench) build(ctx context.Context, pkg string) (binary string, err error) {
	binary = filepath.Join(b.dir, "break.test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-o", binary, "./"+pkg) //nolint:gosec // the list is part of the tree
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
}

// test runs compiled tests where go test would.
func (b bench) test(ctx context.Context, binary, pkg, run string) (output string, err error) {
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^("+run+")$", "-test.count=1", "-test.failfast", "-test.timeout", patience.String()) //nolint:gosec // just built
	cmd.Dir = filepath.Join(b.dir, pkg)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var (
	failed  = regexp.MustCompile(`(?m)^\s*--- FAIL: (Test\w+)`)
	running = regexp.MustCompile(`(?m)^panic: test timed out[\s\S]*?\b(Test\w+)`)
	raised  = regexp.MustCompile(`(?m)^panic: [\s\S]*?\.(Test\w+)`)
)

// killer is the first test that the output says has failed, hung or panicked.
func killer(output string) string {
	for _, e := range []*regexp.Regexp{failed, running, raised} {
		if m := e.FindStringSubmatch(output); m != nil {
			return m[1]
		}
	}
	return ""
}
