package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// Recrawl crawls the account again right after the approval: people went on working in it while the report was read. It decides only for
// records that are not written yet.
func (a *Activities) Recrawl(ctx context.Context, in step.In) (step.ReportOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.ReportOut, error) {
		var out step.ReportOut
		if err := w.crawlAll(ctx, secondCrawl); err != nil {
			return out, err
		}
		as, err := w.assembler(ctx)
		if err != nil {
			return out, err
		}
		d := w.decider(as)
		d.Written = w.written
		if err := d.All(ctx, w.turn); err != nil {
			return out, err
		}
		for _, kind := range []record.Kind{record.Companies, record.Contacts, record.Leads} {
			if err := w.retarget(ctx, kind); err != nil {
				return out, fmt.Errorf("decide anew for %s: %w", kind, err)
			}
		}
		out.Counters, err = w.counters(ctx)
		return out, err
	})
}

// written tells which records have left the state planned, so that nothing about them is decided anew.
func (w *work) written(ctx context.Context, object string, ids []string) (map[string]bool, error) {
	effects, err := w.run.EffectsOf(ctx, object, ids)
	if err != nil {
		return nil, fmt.Errorf("read effects of %s: %w", object, err)
	}
	out := map[string]bool{}
	for id, list := range effects {
		for _, e := range list {
			if e.Role == mapping.RoleRecord && e.State != ledger.Planned && e.State != ledger.Quarantined {
				out[id] = true
			}
		}
	}
	return out, nil
}

// retarget brings planned effects in line with the new decisions: a record that appeared in the account meanwhile is merged, one that
// vanished is created.
func (w *work) retarget(ctx context.Context, kind record.Kind) error {
	var page []ledger.Effect
	flush := func() error {
		changed, err := w.decidedAnew(ctx, kind, page)
		if err != nil {
			return err
		}
		page = page[:0]
		return w.run.Retarget(ctx, changed)
	}
	object := objectOfKind(kind)
	err := w.run.EachEffect(ctx, ledger.EffectFilter{Object: object, States: []ledger.State{ledger.Planned, ledger.Skipped}, Roles: []string{mapping.RoleRecord}}, func(e ledger.Effect) error {
		if page = append(page, e); len(page) < planPage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// decidedAnew are the effects that the decisions want otherwise than they are planned.
func (w *work) decidedAnew(ctx context.Context, kind record.Kind, page []ledger.Effect) ([]ledger.Effect, error) {
	if len(page) == 0 {
		return nil, nil
	}
	ids := make([]string, len(page))
	for i, e := range page {
		ids[i] = e.SourceID
	}
	decided, err := decide.Read[decide.Existing](ctx, w.run, kind, ids)
	if err != nil {
		return nil, err
	}
	var out []ledger.Effect
	for _, e := range page {
		want := w.effectOf(mapping.Projection{Object: e.Object, SourceID: e.SourceID, Role: e.Role, Parent: e.Parent, Part: e.Part, Type: e.TargetType, Verb: mapping.VerbCreate}, decided[e.SourceID], 0)
		if want.Verb == e.Verb && want.TargetID == e.TargetID && want.State == e.State && want.How == e.How || e.State == ledger.Skipped && e.How != decide.Linked {
			continue
		}
		out = append(out, want)
	}
	return out, nil
}

func objectOfKind(kind record.Kind) string {
	for object, k := range objectKinds {
		if k == kind {
			return object
		}
	}
	return ""
}
