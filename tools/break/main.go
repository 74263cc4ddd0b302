// Command break proves that the tests guard the invariants: it applies the mutations of mutations.yml to a copy of the tree, one at a
// time, and demands that the named tests fail for each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "break:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("break [name...]", flag.ExitOnError)
	root := flags.String("root", ".", "the tree")
	show := flags.Bool("list", false, "list the mutations and do nothing")
	page := flags.String("write", "", "a page that gets the table between its two marker lines")
	if err := flags.Parse(args); err != nil {
		return err
	}
	all, err := load(filepath.Join(*root, "tools/break/mutations.yml"), *root)
	if err != nil {
		return err
	}
	list, err := pick(all, flags.Args())
	if err != nil {
		return err
	}
	if *show {
		for _, m := range list {
			fmt.Printf("%-4s %-28s %s\n", m.Invariant, m.Name, m.Breaks)
		}
		return nil
	}
	if *page != "" && len(list) < len(all) {
		return errors.New("-write takes the whole list")
	}
	verdicts, err := breakAll(ctx, *root, list)
	if len(verdicts) > 0 {
		fmt.Print("\n" + table(verdicts))
	}
	if err == nil && *page != "" {
		err = writeTable(*page, table(verdicts))
	}
	return err
}

// breakAll tries the mutations one by one on one copy. The error names those that no test noticed.
func breakAll(ctx context.Context, root string, list []mutation) (verdicts []verdict, err error) {
	dir, err := os.MkdirTemp("", "break-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyTree(ctx, root, dir); err != nil {
		return nil, err
	}
	b := bench{dir}
	fmt.Fprintf(os.Stderr, "the tests of %d mutations, on the tree as it is\n", len(list))
	if err := b.sound(ctx, list); err != nil {
		return nil, err
	}
	var faults []error
	for i, m := range list {
		v, err := b.try(ctx, m)
		if err != nil {
			err = fmt.Errorf("%s: %w", m.Name, err)
		} else if v.killer == "" {
			err = fmt.Errorf("%s: no test noticed", m.Name)
		}
		if ctx.Err() != nil {
			return verdicts, ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "%3d/%d %-4s %-28s %s %.1fs\n", i+1, len(list), m.Invariant, m.Name, v.killer, v.took.Round(time.Second/10).Seconds())
		if err != nil {
			faults = append(faults, err)
		}
		if v.Name != "" {
			verdicts = append(verdicts, v)
		}
	}
	return verdicts, errors.Join(faults...)
}
