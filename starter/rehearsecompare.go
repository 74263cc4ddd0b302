package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/projection"
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
	left, err := readLines(filepath.Join(folder, fileLines))
	if err != nil {
		return err
	}
	return c.withRun(ctx, name, func(b *book, run *ledger.Run) error {
		extra := map[item]int{}
		err := c.lines(ctx, b.settings, run, func(object, id, sum string) error {
			key := line{item{object, id}, sum}
			if left[key] > 0 {
				left[key]--
			} else {
				extra[key.item]++
			}
			return nil
		})
		if err != nil {
			return err
		}
		differing := map[item]bool{}
		for key, n := range left {
			if n > 0 {
				differing[key.item] = true
			}
		}
		for key := range extra {
			differing[key] = true
		}
		return c.differing(ctx, run, was, slices.SortedFunc(maps.Keys(differing), item.compare))
	})
}

// changedSince tells that a delta round brought something new about a record: itself, or a row of the source that stands in its fields.
func changedSince(ctx context.Context, run *ledger.Run, it item) (bool, error) {
	s, found, err := run.Get(ctx, projection.KindOf(it.object), it.id)
	if err != nil || found && (s.Round > 0 || s.Deleted) {
		return true, err
	}
	effects, err := run.EffectsOf(ctx, it.object, []string{it.id})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(effects[it.id], func(e ledger.Effect) bool { return e.Round > 0 }), nil
}

// item is a source record, and line one of its records in Nutshell.
type (
	item struct{ object, id string }
	line struct {
		item
		sum string
	}
)

func (a item) compare(b item) int {
	return slices.Compare([]string{a.object, a.id}, []string{b.object, b.id})
}

func readLines(file string) (map[line]int, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("--compare: %s cannot be read", file)
	}
	defer func() { _ = f.Close() }()
	out := map[line]int{}
	r := csv.NewReader(f)
	r.FieldsPerRecord = 3
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		out[line{item{row[0], row[1]}, row[2]}]++
	}
}

// differing lists records; what the source has changed since the extract was sealed could not be rehearsed.
func (c console) differing(ctx context.Context, run *ledger.Run, was rehearsed, items []item) error {
	if len(items) == 0 {
		c.printf("as rehearsed on %s: every record came out the same, target root %s\n", timeText(was.At), was.TargetRoot)
		return nil
	}
	var since int
	var lines []string
	for _, it := range items {
		changed, err := changedSince(ctx, run, it)
		if err != nil {
			return err
		}
		if changed {
			since++
			continue
		}
		if len(lines) < mostDiffering {
			lines = append(lines, fmt.Sprintf("  %s %s", it.object, it.id))
		}
	}
	other := len(items) - since
	c.printf("%s records came out otherwise than rehearsed on %s; %s more have changed at the source since\n", count(int64(other)), timeText(was.At), count(int64(since)))
	for _, l := range lines {
		c.println(l)
	}
	if other > len(lines) {
		c.printf("  and %s more\n", count(int64(other-len(lines))))
	}
	if other == 0 {
		return nil
	}
	c.printf("starter explain %s <object> <source id> tells what each demanded and what Nutshell shows\n", run.Info().Name)
	return errFindings
}
