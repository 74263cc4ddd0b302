package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

// archiveRecords writes records/<object>.jsonl, the source of every record that lost something on its way, and engagement/<id>.json. A
// row without a record of its own in Nutshell always loses something: its times, at least.
func (w *work) archiveRecords(ctx context.Context) error {
	as, err := w.assembler(ctx)
	if err != nil {
		return err
	}
	for _, kind := range planKinds {
		err := w.recordsFile(ctx, kind, func(page []ledger.Staged) ([]json.RawMessage, error) { return w.lossy(ctx, as, kind, page) })
		if err != nil {
			return err
		}
	}
	for _, kind := range projection.BesideKinds {
		err := w.recordsFile(ctx, kind, func(page []ledger.Staged) ([]json.RawMessage, error) {
			raw := make([]json.RawMessage, len(page))
			for i, s := range page {
				raw[i] = s.Source()
			}
			return raw, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// recordsFile writes the file of one kind page by page; a kind that the source never had makes none.
func (w *work) recordsFile(ctx context.Context, kind record.Kind, raw func([]ledger.Staged) ([]json.RawMessage, error)) error {
	live, deleted, err := w.run.Count(ctx, kind)
	if err != nil || live+deleted == 0 {
		return err
	}
	name := "records/" + report.ObjectOf(kind) + ".jsonl"
	return w.folder().Write(ctx, name, func(out io.Writer) error {
		return w.pages(ctx, kind, func(page []ledger.Staged) error {
			lines, err := raw(page)
			if err != nil {
				return err
			}
			return report.Records(out, report.Items(lines))
		})
	})
}

func (w *work) lossy(ctx context.Context, as *projection.Assembler, kind record.Kind, page []ledger.Staged) ([]json.RawMessage, error) {
	projections, err := as.Page(ctx, kind, page)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page))
	for i, s := range page {
		ids[i] = s.ID
	}
	effects, err := w.run.EffectsOf(ctx, objectOfKind(kind), ids)
	if err != nil {
		return nil, fmt.Errorf("read effects of %s: %w", kind, err)
	}
	var raw []json.RawMessage
	for _, s := range page {
		_, unread := mapping.Values(s.Record)
		lost := len(unread) > 0 || standing(effects[s.ID]) != written
		for _, p := range projections[s.ID] {
			lost = lost || p.KeepRaw
			if err := w.engagement(ctx, p); err != nil {
				return nil, err
			}
		}
		if lost {
			raw = append(raw, s.Source())
		}
	}
	return raw, nil
}
