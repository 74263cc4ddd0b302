package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/report"
)

// keyRehearsal is where a migration keeps how its last rehearsal came out.
const keyRehearsal = "rehearsal"

// reportRehearsal tells what a rehearsal expects of the migration or, after the reconciliation, whether that came true.
func (c console) reportRehearsal(ctx context.Context, run *ledger.Run, folder *archive.Folder) error {
	if !run.Info().ShreddedAt.IsZero() {
		return nil
	}
	was, err := reconciledRehearsal(ctx, folder)
	if err != nil {
		return fmt.Errorf("read the reconciliation of %s: %w", run.Info().Name, err)
	}
	if was == nil {
		var kept report.Rehearsal
		found, err := run.Value(ctx, keyRehearsal, &kept)
		if err == nil && found {
			c.printf("\nRehearsed (%s): the target root to expect is %s\n", kept.At, kept.TargetRoot)
		}
		return err
	}
	c.printf("\n%s\n", was.Say())
	for i, r := range was.Records {
		if i == mostDiffering {
			c.printf("  and %s more in reconciliation.json\n", count(int64(len(was.Records)-i)))
			break
		}
		c.printf("  %s %s\n", r.Object, r.SourceID)
	}
	if was.More {
		c.printf("starter rehearse %s --compare <folder of the rehearsal> names all of them\n", run.Info().Name)
	}
	return nil
}

// reconciledRehearsal is what the reconciliation says of a rehearsal; nil when there is none, or none was rehearsed.
func reconciledRehearsal(ctx context.Context, folder *archive.Folder) (*report.Rehearsal, error) {
	f, err := folder.Read(ctx, "reconciliation.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	var rec struct {
		Rehearsal *report.Rehearsal `json:"rehearsal"`
	}
	err = json.NewDecoder(f).Decode(&rec)
	return rec.Rehearsal, err
}
