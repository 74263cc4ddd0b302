package effect

import (
	"context"
	"fmt"
	"maps"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// job is one effect that is ready to be sent.
type job struct {
	row    ledger.Effect
	p      mapping.Projection
	wants  []target.Want  // links to records that did not arrive are left out
	own    *ledger.Effect // the settled effect whose record this one changes or hangs a file on
	on     int64          // id of the record a note is written on
	where  target.Resolve
	body   map[string]any
	edit   *edit
	stale  bool   // the record moved between the read and the edit: it is read again
	reads  int    // reads that failed
	stales int    // edits that met a moved rev
	first  []byte // pre-image of an earlier claim of this edit that may have been carried out

	committed func() // waits until the outcomes so far are in the ledger; nil outside the page sequences
}

// prepare sorts planned rows by what they depend on: ready, waiting for a record that is not settled yet, or impossible, which are
// quarantined here with the parent's name.
func (w *Writer) prepare(ctx context.Context, rows []ledger.Effect) (ready []*job, waiting []ledger.Effect, err error) {
	projections, err := w.Project.Project(ctx, rows)
	if err != nil {
		return nil, nil, fmt.Errorf("project a page: %w", err)
	}
	targets, err := w.targets(ctx, rows, projections)
	if err != nil {
		return nil, nil, err
	}
	var dismissed []ledger.Outcome
	byKey := map[ledger.EffectKey]ledger.Effect{}
	for _, row := range rows {
		byKey[row.EffectKey] = row
		p, ok := projections[row.EffectKey]
		if row.Verb == ledger.Delete { // the source record is gone; what goes is known by its id
			p, ok = mapping.Projection{Object: row.Object, SourceID: row.SourceID, Role: row.Role, Type: row.TargetType}, true
		}
		if !ok && row.Role == mapping.RoleFile {
			dismissed = append(dismissed, quarantine(row, "files_not_offered", "the account takes no such file; the note of attachment "+row.SourceID+" has the link to it"))
			continue
		}
		if !ok {
			dismissed = append(dismissed, quarantine(row, "gone", "the source record of this effect is not in the ledger any more"))
			continue
		}
		if p.Quarantine != nil {
			dismissed = append(dismissed, quarantine(row, p.Quarantine.Code, p.Quarantine.Text))
			continue
		}
		j, state, reason := w.job(row, p, targets)
		switch state {
		case isReady:
			ready = append(ready, j)
		case isWaiting:
			waiting = append(waiting, row)
		case isImpossible:
			dismissed = append(dismissed, quarantine(row, "parent_missing", reason))
		case isBuried:
			dismissed = append(dismissed, quarantine(row, ledger.DeletedByPerson, reason))
		}
	}
	if err := w.dismiss(ctx, byKey, dismissed); err != nil {
		return nil, nil, err
	}
	return ready, waiting, nil
}

type readiness int

const (
	isReady readiness = iota
	isWaiting
	isImpossible
	isBuried // people have deleted it
)

// targets are the effects that made what is referred to, and what of that people have deleted since.
type targets struct {
	made   map[ledger.Ref]ledger.Effect
	buried map[ledger.Ref]bool
}

// job resolves what one row refers to.
func (w *Writer) job(row ledger.Effect, p mapping.Projection, targets targets) (*job, readiness, string) {
	j := &job{row: row, p: p}
	if row.Verb == ledger.Edit && (row.State == ledger.InDoubt || row.Absent > 0 || row.Attempts > 1) {
		j.first = row.PreImage
	}
	j.where = func(object, id string) (int64, bool) {
		t, ok := targets.made[ledger.Ref{Object: object, SourceID: id}]
		return t.TargetID, ok && arrived(t)
	}
	if ref, needs := ownRef(row, p); needs {
		t, state := settled(targets, ref)
		if state != isReady {
			return nil, state, fmt.Sprintf("%s was not migrated", refName(ref))
		}
		j.own = &t
	}
	if p.Type == "Notes" && p.NoteOn.ID == 0 && row.Verb != ledger.Delete {
		ref := ledger.Ref{Object: p.NoteOn.Object, SourceID: p.NoteOn.SourceID}
		t, state := standing(targets, ref)
		if state == isBuried {
			return nil, state, reasonParentGone
		}
		if state != isReady {
			return nil, state, fmt.Sprintf("%s %s was not migrated", singular(ref.Object), ref.SourceID)
		}
		j.on = t.TargetID
	} else {
		j.on = p.NoteOn.ID
	}
	if row.Verb == ledger.Edit && p.Type == string(nutshell.Notes) {
		j.wants = append(j.wants, target.Text("note", p.Text).Named("note"))
	}
	for _, want := range p.Wants {
		if want.Link != nil {
			switch _, state := standing(targets, ledger.Ref{Object: want.Link.Object, SourceID: want.Link.SourceID}); state {
			case isWaiting:
				return nil, isWaiting, ""
			case isImpossible, isBuried:
				continue // the record goes without this link; the comparison lists it
			}
		}
		j.wants = append(j.wants, want)
	}
	return j, isReady, ""
}

// standing says whether the record behind a reference is in Nutshell.
func standing(targets targets, ref ledger.Ref) (ledger.Effect, readiness) {
	t, ok := targets.made[ref]
	switch {
	case targets.buried[ref]:
		return t, isBuried
	case !ok:
		return t, isImpossible
	case arrived(t):
		return t, isReady
	case t.State == ledger.Planned, t.State == ledger.Intent, t.State == ledger.InDoubt:
		return t, isWaiting
	}
	return t, isImpossible
}

// settled says whether the first call of a record has its outcome. One that was in Nutshell before has its id from the start, but the second
// call goes on from the rev and the values that the first has left.
func settled(targets targets, ref ledger.Ref) (ledger.Effect, readiness) {
	t, state := standing(targets, ref)
	if state != isReady {
		return t, state
	}
	switch t.State {
	case ledger.Planned, ledger.Intent, ledger.InDoubt:
		return t, isWaiting
	case ledger.Quarantined:
		return t, isImpossible
	}
	return t, isReady
}

// arrived tells that a record has an id in Nutshell and has not been taken back.
func arrived(t ledger.Effect) bool {
	return t.TargetID != 0 && t.State != ledger.Reverted && t.State != ledger.Reverting
}

// ownRef is the record effect that a second call of the same source record builds on: closing a lead, completing a task, sending a file.
func ownRef(row ledger.Effect, p mapping.Projection) (ledger.Ref, bool) {
	switch row.Role {
	case mapping.RoleClose, mapping.RoleComplete:
		return ledger.Ref{Object: row.Object, SourceID: row.SourceID}, true
	case mapping.RoleFile:
		return ledger.Ref{Object: row.Object, SourceID: row.SourceID, Role: mapping.RoleNote}, true
	}
	return ledger.Ref{}, false
}

// targets looks up everything that the rows refer to, in one go.
func (w *Writer) targets(ctx context.Context, rows []ledger.Effect, projections map[ledger.EffectKey]mapping.Projection) (targets, error) {
	seen := map[ledger.Ref]bool{}
	var to, own []ledger.Ref
	for _, row := range rows {
		p := projections[row.EffectKey]
		if ref, needs := ownRef(row, p); needs {
			own = append(own, ref)
		}
		for _, ref := range refs(p) {
			if !seen[ref] {
				seen[ref] = true
				to = append(to, ref)
			}
		}
	}
	made, err := w.Run.TargetsOf(ctx, to)
	if err != nil {
		return targets{}, fmt.Errorf("look up targets: %w", err)
	}
	bases, err := w.Run.WholeTargetsOf(ctx, own) // an edit starts from what its record shows
	if err != nil {
		return targets{}, fmt.Errorf("look up the records that are edited: %w", err)
	}
	maps.Copy(made, bases)
	buried, err := w.buried(ctx, to)
	return targets{made, buried}, err
}

func refName(r ledger.Ref) string {
	if r.Role == "" || r.Role == mapping.RoleRecord {
		return singular(r.Object) + " " + r.SourceID
	}
	return "the " + r.Role + " of " + singular(r.Object) + " " + r.SourceID
}

var singulars = map[string]string{
	"companies": "company", "people": "person", "leads": "lead", "notes": "note", "tasks": "task", "activities": "activity", "attachments": "attachment",
}

func singular(object string) string {
	if s := singulars[object]; s != "" {
		return s
	}
	return object
}
