package main

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/verify"
)

// mostDiffering bounds the list of records that came out otherwise.
const mostDiffering = 100

// compareRehearsal says which records of a finished run came out otherwise than rehearsed.
func (c console) compareRehearsal(ctx context.Context, name, folder string) error {
	var was rehearsed
	b, err := os.ReadFile(filepath.Join(folder, fileRehearsal))
	if err != nil || json.Unmarshal(b, &was) != nil || was.Migration != name {
		return usage("--compare: %s holds no finished rehearsal of %s", folder, name)
	}
	lines, err := openLines(filepath.Join(folder, fileLines))
	if err != nil {
		return err
	}
	defer lines.close()
	return c.withRun(ctx, name, func(b *book, run *ledger.Run) error {
		d := differing{console: c, run: run, was: was, lines: lines}
		err := c.shown(ctx, b.settings, run, func(page []verify.Result) error { return d.page(ctx, page) })
		if err != nil {
			return err
		}
		if err := d.until(ctx, nil); err != nil {
			return err
		}
		return d.say()
	})
}

// differing walks through the records of the rehearsal and of the run side by side: both are in the order of objects and ids.
type differing struct {
	console
	run          *ledger.Run
	was          rehearsed
	lines        *lineFile
	first        []ledger.Ref // that came out otherwise
	other, since int64        // all of them, and those that the source has changed
}

// page compares the records of one page.
func (d *differing) page(ctx context.Context, page []verify.Result) error {
	for len(page) > 0 {
		ref := ledger.Ref{Object: page[0].Effect.Object, SourceID: page[0].Effect.SourceID}
		var sums []string
		for len(page) > 0 && page[0].Effect.Object == ref.Object && page[0].Effect.SourceID == ref.SourceID {
			sums = append(sums, lineSum(page[0]))
			page = page[1:]
		}
		if err := d.until(ctx, &ref); err != nil {
			return err
		}
		slices.Sort(sums)
		same := false
		if d.lines.ref == ref {
			same = slices.Equal(d.lines.sums, sums)
			if err := d.lines.advance(); err != nil {
				return err
			}
		}
		if same {
			continue
		}
		if err := d.add(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// until takes the records of the rehearsal before one of the run, or all that are left: the run does not have them.
func (d *differing) until(ctx context.Context, ref *ledger.Ref) error {
	for !d.lines.over && (ref == nil || compareRefs(d.lines.ref, *ref) < 0) {
		if err := d.add(ctx, d.lines.ref); err != nil {
			return err
		}
		if err := d.lines.advance(); err != nil {
			return err
		}
	}
	return nil
}

// add counts a record that came out otherwise; what the source has changed since the extract was sealed could not be rehearsed.
func (d *differing) add(ctx context.Context, ref ledger.Ref) error {
	changed, err := verify.ChangedSince(ctx, d.run, ref)
	switch {
	case err != nil:
		return err
	case changed:
		d.since++
		return nil
	}
	d.other++
	if len(d.first) < mostDiffering {
		d.first = append(d.first, ref)
	}
	return nil
}

func (d *differing) say() error {
	at := timeText(d.was.At)
	if d.other+d.since == 0 {
		d.printf("as rehearsed on %s: every record came out the same, target root %s\n", at, d.was.TargetRoot)
		return nil
	}
	d.printf("%s records came out otherwise than rehearsed on %s; %s more have changed at the source since\n", count(d.other), at, count(d.since))
	for _, ref := range d.first {
		d.printf("  %s %s\n", ref.Object, ref.SourceID)
	}
	if more := d.other - int64(len(d.first)); more > 0 {
		d.printf("  and %s more\n", count(more))
	}
	if d.other == 0 {
		return nil
	}
	d.printf("starter explain %s <object> <source id> tells what each demanded and what Nutshell shows\n", d.run.Info().Name)
	return errFindings
}

func compareRefs(a, b ledger.Ref) int {
	return cmp.Or(cmp.Compare(slices.Index(api.Objects, a.Object), slices.Index(api.Objects, b.Object)), cmp.Compare(a.SourceID, b.SourceID))
}
