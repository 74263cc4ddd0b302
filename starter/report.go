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
		Use: "report <migration>", Short: "Lists the reports and archives of a migration, where they lie, and whether it came out as rehearsed",
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
	return c.withRun(ctx, name, func(b *book, run *ledger.Run) error {
		a, err := archive.Open(ctx, b.settings.Archive.URL, b.settings.Archive.LinkBase)
		if err != nil {
			return fmt.Errorf("open the archive (ARCHIVE_URL): %w", err)
		}
		defer func() { _ = a.Close() }() // read only
		folder := a.For(name)
		parts, err := partsOf(ctx, folder)
		if err != nil {
			return fmt.Errorf("list the archive of %s: %w", name, err)
		}
		if len(parts) == 0 {
			c.printf("%s has no reports yet; they are written in phases owners and sample\n", name)
			return nil
		}
		for _, p := range parts {
			c.printf("%-28s %-22s %s\n", p.name, p.what(), strings.TrimSuffix(folder.URL(path.Clean(p.name)), "/"))
		}
		return c.reportRehearsal(ctx, run, folder)
	})
}

// part is a file of an archive, or a folder of files.
type part struct {
	name  string
	files int64
	bytes int64
}

// what says how large a part is.
func (p part) what() string {
	size := humanize.IBytes(uint64(max(0, p.bytes)))
	if strings.HasSuffix(p.name, "/") {
		return fmt.Sprintf("%s files, %s", count(p.files), size)
	}
	return size
}

func partsOf(ctx context.Context, folder *archive.Folder) ([]part, error) {
	var parts []part
	for f, err := range folder.List(ctx, "") {
		if err != nil {
			return nil, err
		}
		name := f.Name
		if dir, _, deep := strings.Cut(f.Name, "/"); deep {
			name = dir + "/"
		}
		if len(parts) == 0 || parts[len(parts)-1].name != name { // files come in the order of their names
			parts = append(parts, part{name: name})
		}
		last := &parts[len(parts)-1]
		last.files++
		last.bytes += f.Size
	}
	return parts, nil
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
