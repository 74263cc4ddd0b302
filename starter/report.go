package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/ledger"
)

func reportCommand(c console) *cobra.Command {
	cmd := &cobra.Command{
		Use: "report <migration>", Short: "Lists the reports and archives of a migration, and where they lie",
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.listReports(cmd.Context(), args[0]) },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "quarantined <migration>", Short: "Lists the records that were set aside, each with its reason",
		Args: exactly("migration"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.listQuarantined(cmd.Context(), args[0]) },
	})
	return cmd
}

// listReports shows the single files with their addresses, and folders of files as one line.
func (c console) listReports(ctx context.Context, name string) error {
	return c.withRun(ctx, name, func(b *book, _ *ledger.Run) error {
		a, err := archive.Open(ctx, b.settings.Archive.URL, b.settings.Archive.LinkBase)
		if err != nil {
			return fmt.Errorf("open the archive (ARCHIVE_URL): %w", err)
		}
		defer func() { _ = a.Close() }() // read only
		folder := a.For(name)
		files := map[string]int{}
		bytes := map[string]int64{}
		var order []string
		for f, err := range folder.List(ctx, "") {
			if err != nil {
				return fmt.Errorf("list the archive of %s: %w", name, err)
			}
			key := f.Name
			if dir, _, deep := strings.Cut(f.Name, "/"); deep {
				key = dir + "/"
			}
			if files[key] == 0 {
				order = append(order, key)
			}
			files[key]++
			bytes[key] += f.Size
		}
		if len(order) == 0 {
			c.printf("%s has no reports yet; they are written in phases owners and sample\n", name)
			return nil
		}
		for _, key := range order {
			what := humanize.IBytes(uint64(max(0, bytes[key])))
			if strings.HasSuffix(key, "/") {
				what = fmt.Sprintf("%s files, %s", count(int64(files[key])), what)
			}
			c.printf("%-28s %-22s %s\n", key, what, strings.TrimSuffix(folder.URL(path.Clean(key)), "/"))
		}
		return nil
	})
}

// listQuarantined prints one line for each effect that was set aside: object, source id, what it is to its record, code, reason.
func (c console) listQuarantined(ctx context.Context, name string) error {
	return c.withRun(ctx, name, func(_ *book, run *ledger.Run) error {
		n := 0
		err := run.EachEffect(ctx, ledger.EffectFilter{States: []ledger.State{ledger.Quarantined}}, func(e ledger.Effect) error {
			if !slices.Contains(api.Objects, e.Object) { // a probe that was meant to be refused
				return nil
			}
			n++
			what := e.SourceID
			if e.Role != ledger.RoleRecord {
				what += " (" + e.Role + ")"
			}
			if e.Parent != "" {
				what += " on " + e.Parent
			}
			c.printf("%-12s %-36s %-18s %s\n", e.Object, what, e.Code, e.Reason)
			return nil
		})
		if err != nil {
			return fmt.Errorf("list what %s set aside: %w", name, err)
		}
		if n == 0 {
			c.printf("%s has set nothing aside\n", name)
		}
		return nil
	})
}
