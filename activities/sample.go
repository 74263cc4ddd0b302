package activities

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/sample"
	"rezora2nutshell/internal/step"
)

// PickSample chooses the stratified sample and marks its effects: parents included, and as much of the timeline as records at most.
func (a *Activities) PickSample(ctx context.Context, in step.In) (step.PlanOut, error) {
	return plain(ctx, a, in, func(ctx context.Context, w *work) (step.PlanOut, error) {
		picked, err := w.pick(ctx)
		if err != nil {
			return step.PlanOut{}, err
		}
		if err := w.markSample(ctx, picked); err != nil {
			return step.PlanOut{}, err
		}
		return w.planned0(ctx)
	})
}

// pick streams every sealed record through the strata.
func (w *work) pick(ctx context.Context) (*sample.Picked, error) {
	s := sample.New(w.in.SampleSize)
	for _, kind := range []record.Kind{record.Companies, record.Contacts, record.Leads} {
		if err := w.run.Each(ctx, kind, true, s.Offer); err != nil {
			return nil, fmt.Errorf("sample %s: %w", kind, err)
		}
	}
	for _, kind := range []record.Kind{record.GroupMemberships, record.Notes, record.Attachments, record.Tasks, record.Interactions} {
		if err := w.run.Each(ctx, kind, true, s.Offer); err != nil {
			return nil, fmt.Errorf("sample %s: %w", kind, err)
		}
	}
	return s.Pick(), nil
}

// errFull ends a stream early.
var errFull = errors.New("enough")

// markSample marks the effects of the picked records, of the companies and people they need, and of their timeline.
func (w *work) markSample(ctx context.Context, picked *sample.Picked) error {
	for _, object := range []string{mapping.Companies, mapping.People, mapping.LeadObjects} {
		if err := w.addNeeded(ctx, picked); err != nil {
			return err
		}
		effects, err := w.run.EffectsOf(ctx, object, picked.IDs(object))
		if err != nil {
			return err
		}
		var keys []ledger.EffectKey
		for _, id := range picked.IDs(object) {
			for _, e := range effects[id] {
				if e.Epoch == 0 {
					keys = append(keys, e.EffectKey)
				}
			}
		}
		if err := w.run.MarkSample(ctx, keys); err != nil {
			return err
		}
	}
	return w.markTimeline(ctx, picked)
}

// markTimeline takes the timeline of the sampled records along, each kind in turn, up to as many as there are records.
func (w *work) markTimeline(ctx context.Context, picked *sample.Picked) error {
	left := picked.Size()
	for _, object := range loadObjects[3:] {
		share := max(1, left/(len(loadObjects)-3))
		var keys []ledger.EffectKey
		taken := map[string]bool{}
		err := w.run.EachEffect(ctx, ledger.EffectFilter{Object: object}, func(e ledger.Effect) error {
			if !picked.Has(e.Parent) {
				return nil
			}
			if !taken[e.SourceID] && len(taken) >= share {
				return nil
			}
			taken[e.SourceID] = true
			keys = append(keys, e.EffectKey)
			return nil
		})
		if err != nil && !errors.Is(err, errFull) {
			return fmt.Errorf("sample %s: %w", object, err)
		}
		if err := w.run.MarkSample(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

// addNeeded adds what sampled records depend on: the companies of people and companies, the people and companies of leads.
func (w *work) addNeeded(ctx context.Context, picked *sample.Picked) error {
	leads, err := decide.Read[decide.Lead](ctx, w.run, record.Leads, picked.IDs(mapping.LeadObjects))
	if err != nil {
		return err
	}
	for _, l := range leads {
		for _, ref := range []*mapping.Ref{l.Person, l.Company} {
			if ref != nil {
				picked.Add(ref.Object, ref.SourceID)
			}
		}
	}
	people, err := decide.Read[decide.Contact](ctx, w.run, record.Contacts, picked.IDs(mapping.People))
	if err != nil {
		return err
	}
	for _, c := range people {
		picked.Add(mapping.Companies, c.Company)
	}
	for {
		before := picked.Size()
		companies, err := decide.Read[decide.Company](ctx, w.run, record.Companies, picked.IDs(mapping.Companies))
		if err != nil {
			return err
		}
		for _, c := range companies {
			picked.Add(mapping.Companies, c.Parent)
		}
		if picked.Size() == before {
			return nil
		}
	}
}
