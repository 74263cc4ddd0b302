package effect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
)

// errParentGone says that the record that something hangs on was deleted in Nutshell.
var errParentGone = errors.New("the record that it belongs to was deleted in Nutshell")

// refs are the records of the source that a projection refers to, what it hangs on first.
func refs(p mapping.Projection) []ledger.Ref {
	var out []ledger.Ref
	if p.NoteOn.ID == 0 && p.NoteOn.SourceID != "" {
		out = append(out, ledger.Ref{Object: p.NoteOn.Object, SourceID: p.NoteOn.SourceID})
	}
	for _, want := range p.Wants {
		if want.Link != nil && want.Link.SourceID != "" {
			out = append(out, ledger.Ref{Object: want.Link.Object, SourceID: want.Link.SourceID})
		}
	}
	return out
}

// buried are the references to records of which a refusal has shown that people have deleted them.
func (w *Writer) buried(ctx context.Context, refs []ledger.Ref) (map[ledger.Ref]bool, error) {
	ids := map[string][]string{}
	for _, r := range refs {
		ids[r.Object] = append(ids[r.Object], r.SourceID)
	}
	out := map[ledger.Ref]bool{}
	for object, list := range ids {
		flagged, err := w.Run.Flagged(ctx, object, ledger.DeletedByPerson, list)
		if err != nil {
			return nil, err
		}
		for id := range flagged {
			out[ledger.Ref{Object: object, SourceID: id}] = true
		}
	}
	return out, nil
}

// withoutDeleted looks, after a refusal, whether people have deleted a record that the job refers to, and notes it for all that is still to be
// written. It reports whether the job can go on without its link to it; errParentGone: it hangs on what is gone.
func (w *Writer) withoutDeleted(ctx context.Context, j *job) (bool, error) {
	gone := map[ledger.Ref]bool{}
	for _, ref := range refs(j.p) {
		id, ok := j.where(ref.Object, ref.SourceID)
		if !ok {
			continue
		}
		e, err := w.Client.Get(ctx, objectTypes[ref.Object], id)
		if err != nil && !nutshell.IsNotFound(err) {
			return false, fmt.Errorf("read %s, which %s refers to: %w", refName(ref), name(j.row.EffectKey), err)
		}
		if err == nil && !e.Deleted {
			continue
		}
		gone[ref] = true
		flag := ledger.FlagRow{Object: ref.Object, SourceID: ref.SourceID, Code: ledger.DeletedByPerson,
			Reason: "a person deleted it in Nutshell; what was written later goes without a link to it"}
		if err := w.Run.Flag(ctx, []ledger.FlagRow{flag}); err != nil {
			return false, err
		}
	}
	if len(gone) == 0 {
		return false, nil
	}
	if on := j.p.NoteOn; j.p.Type == string(nutshell.Notes) && gone[ledger.Ref{Object: on.Object, SourceID: on.SourceID}] {
		return false, errParentGone
	}
	before := len(j.wants)
	j.wants = slices.Clone(j.wants)
	kept := j.wants[:0]
	for _, want := range j.wants {
		if want.Link == nil || !gone[ledger.Ref{Object: want.Link.Object, SourceID: want.Link.SourceID}] {
			kept = append(kept, want)
		}
	}
	j.wants, j.edit = kept, nil
	return len(kept) < before, nil
}
