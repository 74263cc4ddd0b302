package activities

import (
	"context"
	"fmt"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/verify"
)

// reconciler sums one comparison up: source = matched + missing + mismatched + flagged + unverified, for every object.
type reconciler struct {
	*work
	v      *verify.Verifier
	crawl  int
	writer *effect.Writer // sweeps what a late commit left
	by     map[string]*report.Reconciled
	rep    report.Reconciliation
	units  map[string]*unit // the records of the page at hand by source record
	roots  [2]*verify.LineSet

	outline    verify.Outline // to hold against that of a rehearsal
	neverThere bool           // the account shows deleted records, so one that it does not know was lost, not deleted
}

// unit is one line of the count: a source record, or one planned target record of it; a split text is one.
type unit struct {
	object, id                                 string
	missing, mismatched, flagged, doubt, total int
}

const reconcilePage = 500

func (r *reconciler) run(ctx context.Context) (report.Reconciliation, error) {
	r.by = map[string]*report.Reconciled{}
	for _, o := range api.Objects {
		r.rep.Objects = append(r.rep.Objects, report.Reconciled{Object: o})
	}
	for i := range r.rep.Objects {
		r.by[r.rep.Objects[i].Object] = &r.rep.Objects[i]
	}
	var err error
	for i := range r.roots {
		if r.roots[i], err = verify.NewLineSet(); err != nil {
			return r.rep, err
		}
		defer func() { _ = r.roots[i].Close() }()
	}
	for _, object := range loadObjects {
		if err := r.object(ctx, object); err != nil {
			return r.rep, fmt.Errorf("reconcile %s: %w", object, err)
		}
	}
	if err := r.unexpected(ctx); err != nil {
		return r.rep, err
	}
	if r.rep.SourceRoot, err = r.roots[0].Root(); err != nil {
		return r.rep, err
	}
	if r.rep.TargetRoot, err = r.roots[1].Root(); err != nil {
		return r.rep, err
	}
	r.rep.Migration = r.ref.Migration
	r.rep.Finish()
	return r.rep, r.extras(ctx)
}

// object judges the effects of one object in the order of their keys, so that all rows of one source record come together.
func (r *reconciler) object(ctx context.Context, object string) error {
	var page []ledger.Effect
	flush := func() error {
		err := r.page(ctx, page)
		page = page[:0]
		return err
	}
	err := r.run0().EachEffect(ctx, ledger.EffectFilter{Object: object}, func(e ledger.Effect) error {
		if len(page) >= reconcilePage && page[len(page)-1].SourceID != e.SourceID {
			if err := flush(); err != nil {
				return err
			}
			r.turn.Add(reconcilePage)
		}
		page = append(page, e)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (r *reconciler) run0() *ledger.Run { return r.work.run }

func (r *reconciler) page(ctx context.Context, rows []ledger.Effect) error {
	if len(rows) == 0 {
		return nil
	}
	live, err := r.liveSources(ctx, rows)
	if err != nil {
		return err
	}
	r.units = map[string]*unit{}
	current := rows[:0:0]
	for _, e := range verify.Latest(rows) {
		if !live[e.SourceID] {
			continue // deleted at the source: listed, not counted
		}
		current = append(current, e)
		r.state(e)
	}
	results, err := r.v.Page(ctx, current)
	if err != nil {
		return err
	}
	for _, res := range results {
		if err := r.result(res); err != nil {
			return err
		}
	}
	r.sum()
	return r.outline.Add(results)
}

// unitOf says under which object and record an effect is counted: a lead's note is a note, further parts belong to their text.
func unitOf(e ledger.Effect) (object, key string) {
	object = e.Object
	if e.Object == mapping.LeadObjects && e.Role == mapping.RoleNote {
		object = mapping.NoteObjects
	}
	key = object + "/" + e.Object + "/" + e.SourceID
	if e.Object == mapping.NoteObjects {
		key += "/" + e.Parent
	}
	return object, key
}

func (r *reconciler) unit(e ledger.Effect) *unit {
	object, key := unitOf(e)
	u := r.units[key]
	if u == nil {
		u = &unit{object: object, id: e.SourceID}
		r.units[key] = u
	}
	return u
}

func (r *reconciler) state(e ledger.Effect) {
	u := r.unit(e)
	u.total++
	switch e.State {
	case ledger.Quarantined:
		u.flagged++
		r.rep.Flag(u.object, e.SourceID, e.Reason)
	case ledger.Planned, ledger.Intent, ledger.InDoubt:
		u.doubt++
	}
}

func (r *reconciler) result(res verify.Result) error {
	u := r.unit(res.Effect)
	if !res.Found && r.neverThere && !res.Deleted {
		u.missing++
		r.rep.Fault(u.object, res.Effect.SourceID, "record", "missing")
		return r.roots[0].Add(res.Demanded)
	}
	if !res.Found {
		u.flagged++
		r.rep.Flag(u.object, res.Effect.SourceID, "a person deleted the record in Nutshell since")
		return nil
	}
	missing, mismatched := res.Faults()
	if missing+mismatched > 0 {
		u.mismatched++
		for _, f := range res.Fields {
			if f.Fault() {
				r.rep.Fault(u.object, res.Effect.SourceID, f.Field, f.Verdict)
			}
		}
	}
	for _, f := range res.Edited {
		r.rep.Edit(u.object, res.Effect.SourceID, res.Effect.TargetID, f.Field)
	}
	if err := r.roots[0].Add(res.Demanded); err != nil {
		return err
	}
	return r.roots[1].Add(res.Shown)
}

// sum moves the units of a page into the table. Each unit is in exactly one column (I3).
func (r *reconciler) sum() {
	for _, u := range r.units {
		o := r.by[u.object]
		o.Source++
		switch {
		case u.doubt > 0:
			o.Unverified++
		case u.missing > 0:
			o.Missing++
		case u.mismatched > 0:
			o.Mismatched++
		case u.flagged > 0:
			o.Flagged++
		default:
			o.Matched++
		}
	}
}

// liveSources are the source records of a page that the union still has.
func (r *reconciler) liveSources(ctx context.Context, rows []ledger.Effect) (map[string]bool, error) {
	var ids []string
	for _, e := range rows {
		if len(ids) == 0 || ids[len(ids)-1] != e.SourceID {
			ids = append(ids, e.SourceID)
		}
	}
	kind := kindOfObject(rows[0].Object)
	staged, err := r.run0().GetMany(ctx, kind, ids)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	out := map[string]bool{}
	for id, s := range staged {
		out[id] = !s.Deleted
		if s.Deleted {
			r.rep.DeletedAtSource(rows[0].Object, id)
		}
	}
	return out, nil
}
