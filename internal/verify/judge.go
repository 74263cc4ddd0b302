package verify

import (
	"context"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/decide"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

const reasonLinked = "no field of the record of the account is written (policy skip)"

// links resolve references in both directions.
type links struct {
	byRef map[ledger.Ref]ledger.Effect
	byID  map[string]target.Ref
}

func (l links) resolve(object, id string) (int64, bool) {
	e, ok := l.byRef[ledger.Ref{Object: object, SourceID: id}]
	return e.TargetID, ok && e.TargetID != 0
}

func (l links) back(entityType string, id int64) (target.Ref, bool) {
	r, ok := l.byID[fmt.Sprintf("%s/%d", entityType, id)]
	return r, ok
}

func (v *Verifier) links(ctx context.Context, projections map[ledger.EffectKey]mapping.Projection) (links, error) {
	seen := map[ledger.Ref]bool{}
	var refs []ledger.Ref
	add := func(object, id string) {
		if r := (ledger.Ref{Object: object, SourceID: id}); id != "" && !seen[r] {
			seen[r] = true
			refs = append(refs, r)
		}
	}
	for _, p := range projections {
		add(p.NoteOn.Object, p.NoteOn.SourceID)
		for _, w := range p.Wants {
			if w.Link != nil {
				add(w.Link.Object, w.Link.SourceID)
			}
		}
	}
	found, err := v.Run.TargetsOf(ctx, refs)
	if err != nil {
		return links{}, fmt.Errorf("look up links: %w", err)
	}
	if err := v.withoutDeleted(ctx, found); err != nil {
		return links{}, err
	}
	l := links{byRef: found, byID: map[string]target.Ref{}}
	for ref, e := range found {
		if e.TargetID != 0 {
			l.byID[fmt.Sprintf("%s/%d", e.TargetType, e.TargetID)] = target.Ref{Object: ref.Object, SourceID: ref.SourceID}
		}
	}
	return l, nil
}

// withoutDeleted leaves out records of which the writer met the absence: people have deleted them before all that refers to them was written, so
// a link to them is not demanded. They are flagged themselves.
func (v *Verifier) withoutDeleted(ctx context.Context, found map[ledger.Ref]ledger.Effect) error {
	ids := map[string][]string{}
	for ref := range found {
		ids[ref.Object] = append(ids[ref.Object], ref.SourceID)
	}
	for object, list := range ids {
		gone, err := v.Run.Flagged(ctx, object, ledger.DeletedByPerson, list)
		if err != nil {
			return fmt.Errorf("look up deleted links: %w", err)
		}
		for id := range gone {
			delete(found, ledger.Ref{Object: object, SourceID: id})
		}
	}
	return nil
}

// one judges one record.
func (v *Verifier) one(row ledger.Effect, p mapping.Projection, more addition, raw map[string]any, l links) (Result, error) {
	r := Result{Effect: row, Projection: p, Deleted: raw["deletedTime"] != nil}
	r.Found = raw != nil && !r.Deleted
	if row.How == decide.Linked {
		r.Fields = []target.Finding{{Field: "record", Source: row.SourceID, Target: fmt.Sprint(row.TargetID), Verdict: target.Truncated, Reason: reasonLinked}}
	}
	if row.How == decide.Linked && len(p.Wants) == 0 {
		r.Demanded = row.Object + "\t" + row.SourceID + "\tlinked"
		if r.Found {
			r.Shown = r.Demanded
		}
		return r, nil
	}
	last := row
	if more.last.Shown != nil {
		last = more.last
	}
	wants := append(v.wants(p, l), more.wants...)
	held := target.Held(wants, last.Shown, target.Paths(last.Ours), l.resolve)
	root := journalName(row)
	r.Demanded = target.DemandLine(root, row.SourceID, held, l.resolve, l.back)
	if !r.Found {
		return r, nil
	}
	view, err := target.FromWire(p.Type, raw, v.Defs[nutshell.EntityType(p.Type)])
	if err != nil {
		return r, fmt.Errorf("read %s %d: %w", p.Type, row.TargetID, err)
	}
	base := last.Shown
	if base == nil { // what was shown after the write is unknown, so nothing can be put down to a person
		base = target.Hashes(view, v.Run.ShortHash)
	}
	judged := target.Judge(wants, base, target.Paths(last.Ours), view, v.Run.ShortHash, l.resolve)
	for _, f := range judged {
		if f.Standing == target.Edited {
			r.Edited = append(r.Edited, f.Finding)
		} else {
			r.Fields = append(r.Fields, f.Finding)
		}
	}
	r.Edited = append(r.Edited, target.EditedBesides(judged, base, view, v.Run.ShortHash)...)
	r.Shown = target.ShownLine(root, row.SourceID, held, view, l.resolve, l.back)
	return r, nil
}

// wants are what the map demands of the record; a note is its text and the record it hangs on. Links to records that are not in Nutshell
// are not demanded: those records are flagged themselves.
func (v *Verifier) wants(p mapping.Projection, l links) []target.Want {
	var out []target.Want
	if p.Type == string(nutshell.Notes) {
		out = append(out, target.Text("note", p.Text).Named("note"))
		if _, there := l.resolve(p.NoteOn.Object, p.NoteOn.SourceID); there {
			out = append(out, target.LinkRef("entity", p.NoteOn.Object, p.NoteOn.SourceID).Named("on"))
		}
	}
	for _, w := range p.Wants {
		if w.Link != nil {
			if _, ok := l.resolve(w.Link.Object, w.Link.SourceID); !ok {
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

// journalName tells the records of one source record apart in the roots.
func journalName(e ledger.Effect) string {
	name := e.Object + "/" + e.Role
	if e.Role == mapping.RoleRecord {
		name = e.Object
	}
	if e.Parent != "" && e.Object == mapping.NoteObjects {
		name += " on " + e.Parent
	}
	if e.Part > 1 {
		name += fmt.Sprintf(" part %d", e.Part)
	}
	return name
}
