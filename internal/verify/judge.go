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

// Reasons that stand beside a verdict.
const (
	reasonKept   = "already filled in Nutshell: the value there stays (policy merge)"
	reasonLinked = "the record of the account is used as it stands (policy skip)"
)

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
	l := links{byRef: found, byID: map[string]target.Ref{}}
	for ref, e := range found {
		if e.TargetID != 0 {
			l.byID[fmt.Sprintf("%s/%d", e.TargetType, e.TargetID)] = target.Ref{Object: ref.Object, SourceID: ref.SourceID}
		}
	}
	return l, nil
}

// one judges one record.
func (v *Verifier) one(row ledger.Effect, p mapping.Projection, more addition, raw map[string]any, l links) (Result, error) {
	r := Result{Effect: row, Projection: p, Found: raw != nil}
	if row.How == decide.Linked {
		r.Fields = []target.Finding{{Field: "record", Source: row.SourceID, Target: fmt.Sprint(row.TargetID), Verdict: target.Truncated, Reason: reasonLinked}}
		r.Demanded = row.Object + "\t" + row.SourceID + "\tlinked"
		if r.Found {
			r.Shown = r.Demanded
		}
		return r, nil
	}
	wants := append(v.wants(p, l), more.wants...)
	root := journalName(row)
	r.Demanded = target.DemandLine(root, row.SourceID, kept(wants, row, more.last, v.Run.ShortHash, l), l.resolve, l.back)
	if !r.Found {
		return r, nil
	}
	view, err := target.FromWire(p.Type, raw, v.Defs[nutshell.EntityType(p.Type)])
	if err != nil {
		return r, fmt.Errorf("read %s %d: %w", p.Type, row.TargetID, err)
	}
	last := row
	if more.last.Shown != nil && row.Role == mapping.RoleRecord {
		last = more.last
	}
	r.judge(wants, view, last, l, v.Run.ShortHash)
	for _, o := range p.Omitted {
		r.Fields = append(r.Fields, target.Finding{Field: o.Field, Source: o.Source, Verdict: o.Verdict, Reason: o.Reason})
	}
	r.Shown = target.ShownLine(root, row.SourceID, kept(wants, row, more.last, v.Run.ShortHash, l), view, l.resolve, l.back)
	return r, nil
}

// wants are what the map demands of the record; a note is its text and the record it hangs on. Links to records that are not in Nutshell
// are not demanded: those records are flagged themselves.
func (v *Verifier) wants(p mapping.Projection, l links) []target.Want {
	var out []target.Want
	if p.Type == string(nutshell.Notes) {
		out = append(out, target.Text("note", p.Text).Named("note"))
		if p.NoteOn.SourceID != "" {
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

// kept leaves out, of a record that was there before, what people had filled in: the map does not demand it.
func kept(wants []target.Want, row, last ledger.Effect, hash target.Hash, l links) []target.Want {
	if row.How != decide.Merged && row.How != decide.Ours {
		return wants
	}
	if last.Shown == nil {
		last = row
	}
	ours := map[string]bool{}
	for _, p := range last.Ours {
		ours[p] = true
	}
	out := make([]target.Want, 0, len(wants))
	for _, w := range wants {
		if ours[string(target.ResolvedPath(w, l.resolve))] || last.Shown[string(target.ResolvedPath(w, l.resolve))] == hash(w.Canon) {
			out = append(out, w)
		}
	}
	return out
}

// judge sorts differences: those a person made since our last write are listed apart, and what people had filled in before a merge stays
// by rule.
func (r *Result) judge(wants []target.Want, view target.View, last ledger.Effect, l links, hash target.Hash) {
	ours := map[string]bool{}
	for _, p := range last.Ours {
		ours[p] = true
	}
	for _, f := range target.Compare(wants, view, l.resolve) {
		if !f.Fault() {
			r.Fields = append(r.Fields, f)
			continue
		}
		now := ""
		if shown, ok := view.Fields[f.Path]; ok {
			now = hash(shown.Canon)
		}
		switch before, known := last.Shown[string(f.Path)]; {
		case last.Shown != nil && before != now && (known || now != ""):
			r.Edited = append(r.Edited, f)
		case (last.How == decide.Merged || last.How == decide.Ours) && !ours[string(f.Path)] && now != "":
			f.Verdict, f.Reason = target.Truncated, reasonKept
			r.Fields = append(r.Fields, f)
		default:
			r.Fields = append(r.Fields, f)
		}
	}
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
