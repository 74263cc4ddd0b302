package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/verify"
)

// Repair tries again what differs: records that are missing are made again, fields that differ are set again under the approved map. What
// people changed stays.
func (a *Activities) Repair(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		number, err := value[int](ctx, w.run, keyReconcileCrawl)
		if err != nil {
			return out, err
		}
		v, err := w.verifier(ctx, verify.Crawled{Run: w.run, Crawl: number, Client: w.Nutshell})
		if err != nil {
			return out, err
		}
		name := fmt.Sprintf("repair/%d", number)
		if err := w.planRepairs(ctx, v, name); err != nil {
			return out, err
		}
		if err := w.writeRepairs(ctx, name); err != nil {
			return out, err
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// planRepairs compares again, against the crawl of the last reconciliation, and plans an edit or a new record for each fault.
func (w *work) planRepairs(ctx context.Context, v *verify.Verifier, name string) error {
	for _, object := range loadObjects {
		var page []ledger.Effect
		flush := func() error {
			err := w.repairPage(ctx, v, name, page)
			page = page[:0]
			return err
		}
		err := w.run.EachEffect(ctx, ledger.EffectFilter{Object: object, HasTarget: true}, func(e ledger.Effect) error {
			if page = append(page, e); len(page) < reconcilePage {
				return nil
			}
			return flush()
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return fmt.Errorf("plan repairs of %s: %w", object, err)
		}
	}
	return nil
}

func (w *work) repairPage(ctx context.Context, v *verify.Verifier, name string, rows []ledger.Effect) error {
	results, err := v.Page(ctx, verify.Latest(rows))
	if err != nil {
		return err
	}
	var planned []ledger.Effect
	for _, r := range results {
		missing, mismatched := r.Faults()
		if r.Found && missing+mismatched == 0 || r.Effect.Role == mapping.RoleNote && r.Found {
			continue
		}
		newest, err := w.newestEpoch(ctx, r.Effect)
		if err != nil {
			return err
		}
		e := ledger.Effect{
			EffectKey: r.Effect.EffectKey, Step: name, Round: r.Effect.Round + 1, Verb: ledger.Edit, State: ledger.Planned, How: r.Effect.How,
			TargetType: r.Effect.TargetType, TargetID: r.Effect.TargetID,
		}
		e.Epoch = newest + 1
		planned = append(planned, e)
	}
	return w.run.Plan(ctx, planned)
}

func (w *work) newestEpoch(ctx context.Context, e ledger.Effect) (int, error) {
	all, err := w.run.EffectsOf(ctx, e.Object, []string{e.SourceID})
	if err != nil {
		return 0, err
	}
	if n := newestAt(all[e.SourceID], e.EffectKey); n != nil {
		return n.Epoch, nil
	}
	return e.Epoch, nil
}

func (w *work) writeRepairs(ctx context.Context, name string) error {
	writer, err := w.writer(ctx)
	if err != nil {
		return err
	}
	writer.Repairing = true
	return w.writeAll(ctx, writer, name)
}

// writeAll carries out the effects of a step that the workflows know nothing of.
func (w *work) writeAll(ctx context.Context, writer *effect.Writer, name string) error {
	n, _, err := w.run.StepSize(ctx, name)
	if err != nil || n == 0 {
		return err
	}
	for from := int64(1); from <= n; from += planPage {
		rows, err := w.run.Effects(ctx, name, false, from, min(from+planPage-1, n))
		if err != nil {
			return err
		}
		if _, err := writer.Page(ctx, w.turn, rows, ""); err != nil {
			return err
		}
	}
	_, err = writer.Resolve(ctx, w.turn, name)
	return err
}
