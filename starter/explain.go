package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
)

func explainCommand(c console) *cobra.Command {
	return &cobra.Command{
		Use: "explain [migration] <object> <source id> [field]", Short: "Tells everything the ledger knows of one record, or of one field of it",
		Long: `Tells everything the ledger knows of one record of the source: the record as it was read, from which API, what was decided
about it, what Nutshell must show of it and why, what was written, what Nutshell showed when it was compared last, and what was
flagged. The object is one of companies, people, leads, notes, tasks, activities, attachments. A field is named as in the source
(phones.mobile) or as in Nutshell (customFields.Birthday). Without a migration it is the one of the ledger that started last. It shows
personal data.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 && isObject(args[0]) && (len(args) == 2 || !isObject(args[1])) {
				newest, err := c.newest(cmd.Context())
				if err != nil {
					return err
				}
				args = append([]string{newest}, args...)
			}
			field := ""
			if len(args) == 4 {
				args, field = args[:3], args[3]
			}
			if err := exactly("migration", "object", "source id")(cmd, args); err != nil {
				return err
			}
			return c.explain(cmd.Context(), args[0], args[1], args[2], field)
		},
	}
}

func isObject(word string) bool { return slices.Contains(api.Objects, word) }

// newest is the migration of the ledger that started last.
func (c console) newest(ctx context.Context) (string, error) {
	b, err := c.openBook(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = b.Close() }()
	all, err := b.Migrations(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", usage("the ledger%s has no migration yet", at(b.settings.Ledger))
	}
	return slices.MaxFunc(all, func(x, y ledger.Generation) int { return x.StartedAt.Compare(y.StartedAt) }).Name, nil
}

func (c console) explain(ctx context.Context, name, object, id, field string) error {
	kind := projection.KindOf(object)
	if kind == "" {
		return usage("starter explain: unknown object %q; there are %s", object, strings.Join(api.Objects, ", "))
	}
	return c.withRun(ctx, name, func(b *book, run *ledger.Run) error {
		if at := run.Info().ShreddedAt; !at.IsZero() {
			return fmt.Errorf("%s was shredded on %s: its records cannot be read any more", name, at.UTC().Format(time.RFC3339))
		}
		s, found, err := run.Get(ctx, kind, id)
		if err != nil {
			return fmt.Errorf("read %s %s: %w", object, id, err)
		}
		if !found {
			return fmt.Errorf("%s has read no %s with the id %s", name, kind, id)
		}
		e := explanation{console: c, run: run, object: object, kind: kind, staged: s, field: field}
		for _, part := range []func(context.Context, *book) error{e.source, e.decision, e.demands, e.journal, e.compared, e.flags} {
			if err := part(ctx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// explanation tells the parts of the story of one record.
type explanation struct {
	console
	run    *ledger.Run
	object string
	kind   record.Kind
	staged ledger.Staged
	field  string // "" = all
}

var provenances = map[record.Provenance]string{
	record.FromCurrent: "the current API", record.FromBoth: "the current and the legacy API", record.FromLegacyOnly: "the legacy API alone",
	record.Resurrected: "the legacy API, though the current one deleted it",
}

func (e *explanation) source(context.Context, *book) error {
	s := e.staged
	e.printf("%s %s\n", e.object, s.ID)
	from := provenances[s.Provenance]
	if from == "" {
		from = "the source"
	}
	e.printf("  read from    %s; last changed there %s; last changed here in %s\n", from, timeText(s.UpdatedAt), roundText(s.Round))
	if s.Deleted {
		e.println("  deleted      at the source; what follows is the last that was seen of it")
	}
	if e.field != "" {
		e.sourceField()
		return nil
	}
	e.section("Source record", s.Canon)
	if s.Raw != nil {
		e.section("As it was served", s.Raw)
	}
	if s.Legacy != nil {
		e.section("In the legacy API", s.Legacy)
	}
	if s.Tombstone != nil {
		e.section("Tombstone", s.Tombstone)
	}
	return nil
}

func (e *explanation) decision(ctx context.Context, _ *book) error {
	found, err := e.run.Decisions(ctx, e.kind, []string{e.staged.ID})
	if err != nil {
		return fmt.Errorf("read the decision about %s %s: %w", e.object, e.staged.ID, err)
	}
	if d := found[e.staged.ID]; d != nil {
		e.section("Decided over the whole set", d)
	}
	return nil
}

// journal is what was, or is to be, written for the record.
func (e *explanation) journal(ctx context.Context, _ *book) error {
	all, err := e.run.EffectsOf(ctx, e.object, []string{e.staged.ID})
	if err != nil {
		return fmt.Errorf("read the journal of %s %s: %w", e.object, e.staged.ID, err)
	}
	e.printf("\nJournal\n")
	if len(all[e.staged.ID]) == 0 {
		e.println("  nothing is planned for it")
	}
	for _, f := range all[e.staged.ID] {
		target := ""
		if f.TargetID != 0 {
			target = fmt.Sprintf(" -> %s %d, rev %s", f.TargetType, f.TargetID, f.Rev)
		}
		e.printf("  %-10s %-6s %-11s %s%s\n", f.Role, f.Verb, f.State, f.How, target)
		detail := roundText(f.Round)
		if f.Parent != "" {
			detail += ", on " + f.Parent
		}
		if f.Part > 1 {
			detail += fmt.Sprintf(", part %d", f.Part)
		}
		if f.SampleOrd > 0 {
			detail += ", in the sample"
		}
		if f.Attempts > 1 {
			detail += fmt.Sprintf(", tried %d times", f.Attempts)
		}
		e.printf("             %s, %s\n", detail, timeText(f.UpdatedAt))
		if f.Reason != "" {
			e.printf("             %s: %s\n", f.Code, f.Reason)
		}
		if len(f.Ours) > 0 {
			e.printf("             fields written: %s\n", strings.Join(f.Ours, ", "))
		}
	}
	return nil
}

func (e *explanation) flags(ctx context.Context, _ *book) error {
	reasons := map[string]string{}
	err := e.run.Flags(ctx, func(f ledger.FlagRow) error {
		if f.SourceID == e.staged.ID && (f.Object == e.object || f.Object == string(e.kind)) {
			reasons[f.Code] = f.Reason
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the flags of %s %s: %w", e.object, e.staged.ID, err)
	}
	if len(reasons) == 0 {
		return nil
	}
	e.printf("\nFlagged\n")
	for _, code := range slices.Sorted(maps.Keys(reasons)) {
		e.printf("  %s: %s\n", code, reasons[code])
	}
	return nil
}

func (e *explanation) section(title string, body json.RawMessage) {
	var pretty bytes.Buffer
	if json.Indent(&pretty, body, "  ", "  ") != nil {
		pretty.Reset()
		pretty.Write(body)
	}
	e.printf("\n%s\n  %s\n", title, pretty.String())
}

func roundText(round int) string {
	if round == 0 {
		return "the extract"
	}
	return fmt.Sprintf("delta round %d", round)
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}
