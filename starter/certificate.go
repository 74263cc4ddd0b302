package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// certificate says what a shredding destroyed, and what it does not reach.
type certificate struct {
	run      ledger.Generation
	ledgerID string
	settings config.Config
	rows     int64 // source records that can never be read again
	effects  int64 // effects whose pre-images can never be read again
	head     string
	lines    int64
	folder   string
	archived []part
}

// certify gathers what the certificate of a shredded migration says, and exports the audit log once more: it ends with the shredding.
func (b *book) certify(ctx context.Context, run *ledger.Run) (c certificate, err error) {
	c = certificate{run: run.Info(), ledgerID: b.ID(), settings: b.settings}
	for _, kind := range record.Kinds {
		live, gone, err := run.Count(ctx, kind)
		if err != nil {
			return c, err
		}
		c.rows += live + gone
	}
	counts, err := run.Counts(ctx)
	if err != nil {
		return c, err
	}
	for _, n := range counts {
		c.effects += n.N
	}
	a, err := archive.Open(ctx, b.settings.Archive.URL, b.settings.Archive.LinkBase)
	if err != nil {
		return c, fmt.Errorf("open the archive (ARCHIVE_URL): %w", err)
	}
	defer func() { _ = a.Close() }() // every file is closed by then
	folder := a.For(c.run.Name)
	err = folder.Write(ctx, "audit.jsonl", func(w io.Writer) (err error) {
		c.head, c.lines, err = run.ExportAudit(ctx, w)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("export the audit log to the archive (ARCHIVE_URL): %w", err)
	}
	c.folder = strings.TrimSuffix(folder.URL("audit.jsonl"), "audit.jsonl")
	c.archived, err = partsOf(ctx, folder)
	return c, err
}

func (c certificate) write(w io.Writer) error {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		if label != "" {
			label += ":"
		}
		fmt.Fprintf(&b, "  %-13s "+format+"\n", append([]any{label}, args...)...)
	}
	b.WriteString("Certificate of destruction\n\n")
	line("migration", "%s, run %d, %s on %s", c.run.Name, c.run.Gen, c.run.Status, c.run.ClosedAt.UTC().Format(time.RFC3339))
	line("ledger", "%s, id %s", place(c.settings.Ledger), c.ledgerID)
	line("destroyed", "%s", c.run.ShreddedAt.UTC().Format(time.RFC3339))
	line("what", "the key of the migration. %s source records and the pre-images of", count(c.rows))
	line("", "%s effects, with all match keys, can never be read again;", count(c.effects))
	line("", "the migration can never be rolled back")
	line("audit log", "%s lines, head %s", count(c.lines), c.head)
	b.WriteString("\nNot reached, to be dealt with by hand:\n\n")
	line("archive", "%s", c.folder)
	for _, a := range c.archived {
		line("", "  %-26s %s", a.name, a.what())
	}
	line("backups", "copies of the ledger%s that were made before, wherever", at(c.settings.Ledger))
	line("", "the file of its key is at hand too: %s", c.settings.Ledger.KeyFile)
	if c.run.Status == ledger.StatusRolledBack {
		line("Nutshell", "what people have edited since stays there; the rest was taken back")
	} else {
		line("Nutshell", "everything that was migrated stays there")
	}
	line("Rezora", "the source was only read, and stays as it is")
	line("Temporal", "its histories hold ids, and what operators typed, until their retention ends")
	if c.settings.Ledger.Dialect == config.Postgres {
		line("workers", "those that run now hold the key in memory until they end: restart them")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// place is where a ledger lies, without the password of a server.
func place(l config.Ledger) string {
	if l.Path != "" {
		return l.Path
	}
	u, err := url.Parse(l.URL.Reveal())
	if err != nil {
		return "PostgreSQL"
	}
	return "PostgreSQL at " + path.Join(u.Host, u.Path)
}
