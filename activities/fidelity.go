package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

// count adds one record to a fidelity table, as its effects stand: planned for the forecast, settled for the result.
func count(f *report.Fidelity, used projection.Used, s ledger.Staged, projections []mapping.Projection, effects []ledger.Effect) {
	at := standing(effects)
	left, further := leftToPeople(projections, effects), refusedFurther(projections, effects)
	var fates []mapping.Fate
	for _, p := range projections {
		for _, x := range p.Fates {
			switch {
			case left[x.Field] && at == written && (x.Fate == mapping.Carried || x.Fate == mapping.Transformed):
				x.Fate = mapping.Truncated
			case x.Fate == mapping.Archived || x.Fate == mapping.Refused:
			case at == refused:
				x.Fate = mapping.Refused
			case further[x.Field] != "":
				x.Fate = further[x.Field]
			}
			fates = append(fates, x)
		}
		if at == written {
			used.Add(p.Uses)
		}
	}
	f.Record(s.Record, fates)
}

// leftToPeople are the source fields of which nothing was written, since people had another value everywhere they go.
func leftToPeople(projections []mapping.Projection, effects []ledger.Effect) map[string]bool {
	left, held := map[string]bool{}, map[string]bool{}
	for _, p := range projections {
		last := effect.Latest(effects, ledger.EffectKey{Object: p.Object, SourceID: p.SourceID, Role: p.Role, Parent: p.Parent, Part: max(1, p.Part)})
		if last == nil {
			continue
		}
		for _, w := range p.Wants {
			into := held
			if w.Link == nil && target.LeftToPeople(w, last.Shown, target.Paths(last.Ours)) {
				into = left
			}
			for _, field := range w.Of {
				into[field] = true
			}
		}
	}
	maps.DeleteFunc(left, func(field string, _ bool) bool { return held[field] })
	return left
}

// refusedFurther are the source fields of a migrated record that a further call, or a further part of its text, would have carried, and
// which was refused: nothing of them is in Nutshell, or not all.
func refusedFurther(projections []mapping.Projection, effects []ledger.Effect) map[string]string {
	gone := map[ledger.EffectKey]bool{}
	for _, e := range effects {
		if place := e.EffectKey; e.Epoch == 0 || e.Verb == ledger.Create { // epochs come in their order
			place.Epoch = 0
			gone[place] = e.State == ledger.Quarantined
		}
	}
	maps.DeleteFunc(gone, func(_ ledger.EffectKey, is bool) bool { return !is })
	if len(gone) == 0 {
		return nil
	}
	lost, held := map[string]string{}, map[string]bool{}
	for _, p := range projections {
		refusedHere := gone[ledger.EffectKey{Object: p.Object, SourceID: p.SourceID, Role: p.Role, Parent: p.Parent, Part: max(1, p.Part)}]
		for _, field := range p.Carries {
			switch {
			case !refusedHere:
				held[field] = true
			case p.Parts > 1:
				lost[field] = mapping.Truncated
			case lost[field] == "":
				lost[field] = mapping.Refused
			}
		}
		for _, w := range p.Wants {
			for _, field := range w.Of {
				held[field] = held[field] || !refusedHere
			}
		}
	}
	maps.DeleteFunc(lost, func(field, fate string) bool { return held[field] && fate == mapping.Refused })
	return lost
}

// place is where a source record came to stand.
type place int

const (
	refused place = iota // it is not in Nutshell
	linked               // a record of the account stands for it, no field of which is written (policy skip): its projection says so
	written
)

func standing(effects []ledger.Effect) place {
	for _, e := range effects {
		switch {
		case !mapsRecord(e) || e.Epoch != 0 && e.Verb != ledger.Create:
		case e.State == ledger.Quarantined && e.TargetID == 0: // set aside, and perhaps tried again later or elsewhere
		case e.How == decide.Linked:
			return linked
		default:
			return written
		}
	}
	return refused
}

// keyBeside holds how far the forecast has come with rows that have no record of their own in Nutshell.
const keyBeside = "plan/beside"

// besideCursor is that place: the rows of kind Kind before seq Next are counted, all kinds before it are.
type besideCursor struct {
	Kind     int              `json:"kind"`
	Next     int64            `json:"next"`
	Fidelity report.Fidelity  `json:"fidelity"`
	Used     projection.Used  `json:"used"`
	Dangling report.Danglings `json:"dangling,omitzero"`
}

// forecastBeside tells what will become of the values of rows without a record of their own. A turn's work is stored when it ends: an
// activity that dies counts again from there.
func (w *work) forecastBeside(ctx context.Context, as *projection.Assembler) error {
	cur := besideCursor{Next: 1, Used: projection.Used{}}
	if _, err := w.run.Value(ctx, keyBeside, &cur); err != nil {
		return err
	}
	if cur.Kind == 0 && cur.Next == 1 {
		for _, kind := range planKinds {
			var planned planCursor
			if _, err := w.run.Value(ctx, planKey(kind), &planned); err != nil {
				return err
			}
			cur.Used.Merge(planned.Used)
		}
	}
	teller := projection.NewBeside(as, cur.Used, w.reached)
	err := w.besideKinds(ctx, teller, &cur)
	if err == nil || errors.Is(err, step.ErrMore) {
		return errors.Join(w.run.PutValue(ctx, keyBeside, cur), err)
	}
	return err
}

func (w *work) besideKinds(ctx context.Context, teller *projection.Beside, cur *besideCursor) error {
	for ; cur.Kind < len(projection.BesideKinds); cur.Kind, cur.Next = cur.Kind+1, 1 {
		kind := projection.BesideKinds[cur.Kind]
		set, _, err := w.run.SealedSet(ctx, 0, kind)
		if err != nil {
			return err
		}
		for cur.Next <= set.Count {
			if err := w.turn.Over(); err != nil {
				return err
			}
			to := min(cur.Next+planPage-1, set.Count)
			page, err := w.run.SealedPage(ctx, 0, kind, cur.Next, to)
			if err != nil {
				return err
			}
			if err := besidePage(ctx, teller, kind, page, &cur.Fidelity); err != nil {
				return err
			}
			if err := w.dangling(ctx, slices.DeleteFunc(page, func(s ledger.Staged) bool { return s.Deleted }), &cur.Dangling); err != nil {
				return err
			}
			cur.Next = to + 1
			w.turn.At("forecast "+string(kind), to, set.Count)
		}
	}
	return nil
}

func besidePage(ctx context.Context, teller *projection.Beside, kind record.Kind, page []ledger.Staged, f *report.Fidelity) error {
	live := ledger.Live(page)
	fates, err := teller.Fates(ctx, kind, live)
	if err != nil {
		return err
	}
	for _, s := range live {
		f.Record(s.Record, fates[s.ID])
	}
	return nil
}

// reached tells which contacts are, or will be, in Nutshell with what the map demands of them.
func (w *work) reached(ctx context.Context, contacts []string) (map[string]bool, error) {
	effects, err := w.run.Standing(ctx, mapping.People, contacts)
	out := make(map[string]bool, len(effects))
	for id, e := range effects {
		out[id] = standing([]ledger.Effect{e}) == written
	}
	return out, err
}

// fidelity counts what became of every value of the union as it stands, records that Nutshell refused included.
func (r *reconciler) fidelity(ctx context.Context) error {
	used := projection.Used{}
	for _, kind := range planKinds {
		if err := r.pages(ctx, kind, func(page []ledger.Staged) error { return r.fates(ctx, used, kind, page) }); err != nil {
			return fmt.Errorf("count the values of %s: %w", kind, err)
		}
	}
	teller := projection.NewBeside(r.v.Project, used, r.reached)
	for _, kind := range projection.BesideKinds {
		if err := r.pages(ctx, kind, func(page []ledger.Staged) error { return besidePage(ctx, teller, kind, page, &r.rep.Fidelity) }); err != nil {
			return fmt.Errorf("count the values of %s: %w", kind, err)
		}
	}
	return r.rep.Fidelity.Check()
}

// pages hands out the live records of a kind page by page.
func (w *work) pages(ctx context.Context, kind record.Kind, fn func([]ledger.Staged) error) error {
	var page []ledger.Staged
	flush := func() error {
		err := fn(page)
		w.turn.Add(int64(len(page)))
		page = page[:0]
		return err
	}
	err := w.run.Each(ctx, kind, true, func(s ledger.Staged) error {
		if page = append(page, s); len(page) < planPage {
			return nil
		}
		return flush()
	})
	if err != nil || len(page) == 0 {
		return err
	}
	return flush()
}

func (r *reconciler) fates(ctx context.Context, used projection.Used, kind record.Kind, page []ledger.Staged) error {
	projections, err := r.v.Project.Page(ctx, kind, page)
	if err != nil {
		return err
	}
	ids := make([]string, len(page))
	for i, s := range page {
		ids[i] = s.ID
	}
	effects, err := r.run0().EffectsOf(ctx, objectOfKind(kind), ids)
	if err != nil {
		return err
	}
	var flags []ledger.FlagRow
	for _, s := range page {
		count(&r.rep.Fidelity, used, s, projections[s.ID], effects[s.ID])
		for _, f := range flagRows(projections[s.ID]) {
			if f.Code == mapping.FlagArrayShortened { // by what the delta brought, too
				flags = append(flags, f)
			}
		}
	}
	return r.run0().Flag(ctx, flags)
}
