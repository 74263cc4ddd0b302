package activities

import (
	"context"
	"slices"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

// dangling counts the references of a page that lead to records which the source does not serve (rezora contract 4.1).
func (w *work) dangling(ctx context.Context, page []ledger.Staged, into *report.Danglings) error {
	held := make([][]record.Reference, len(page))
	wanted := map[record.Kind][]string{}
	for i, s := range page {
		refs, err := record.References(s.Record)
		if err != nil {
			return err
		}
		held[i] = refs
		for _, ref := range refs {
			wanted[ref.Kind] = append(wanted[ref.Kind], ref.ID)
		}
	}
	served := map[record.Kind]map[string]bool{}
	for _, kind := range record.Kinds {
		ids := wanted[kind]
		slices.Sort(ids)
		var err error
		if served[kind], err = w.run.Served(ctx, kind, slices.Compact(ids)); err != nil {
			return err
		}
	}
	for i, s := range page {
		for _, ref := range held[i] {
			if !served[ref.Kind][ref.ID] {
				into.Add(s.Kind, s.ID, ref)
			}
		}
	}
	return nil
}
