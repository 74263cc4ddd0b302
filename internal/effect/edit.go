package effect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// edit is what an edit needs: the record as it stands, its pre-image, and the changes that follow from both.
type edit struct {
	view      target.View
	pre       []byte
	body      map[string]any
	set       []target.Want
	clear     []target.Path
	conflicts []target.Conflict
	base      map[string]string
	ours      []target.Path
	hands     []target.Path // what a person changed since our last write
	made      bool          // part of set is there already, by an earlier claim without an answer
}

var errDeleted = errors.New("the record was deleted in Nutshell")

// alreadyGone settles an edit or delete of a record that is not there any more.
func (w *Writer) alreadyGone(j *job) ledger.Outcome {
	out := ledger.Outcome{Claim: ledger.Claim{Key: j.row.EffectKey}, State: ledger.Quarantined, Code: ledger.DeletedByPerson,
		Reason: "a person deleted the record in Nutshell; a deletion is an edit, so it stays deleted"}
	if j.row.Verb == ledger.Delete {
		out.State, out.Code, out.Reason = ledger.Skipped, ledger.DeletedByPerson, "the record is deleted already"
	}
	return out
}

// tries bounds how often one edit meets a record that somebody changed a moment ago (nutshell contract 7.5).
const tries = 5

// readForEdit finds the record that an edit starts from. Reads happen before the claim: nothing is in doubt when they fail.
func (w *Writer) readForEdit(ctx context.Context, j *job, fresh bool) error {
	if j.row.Verb == ledger.Delete {
		return w.readForDelete(ctx, j)
	}
	t := nutshell.EntityType(j.p.Type)
	id, prior, err := w.editTarget(ctx, j)
	if err != nil {
		return err
	}
	if !fresh && j.row.Epoch == 0 {
		if ok, err := w.fromMemory(ctx, j, t, id, prior); ok || err != nil {
			return err
		}
	}
	e, err := w.Client.Get(ctx, t, id)
	if err != nil {
		return fmt.Errorf("read %s %d before its edit: %w", t, id, err)
	}
	if e.Deleted {
		return errDeleted
	}
	return w.plan(j, e.Raw, prior)
}

// fromMemory uses what is known without a read: the crawl for a merge; for the second call of a record that the first made, its rev.
func (w *Writer) fromMemory(ctx context.Context, j *job, t nutshell.EntityType, id int64, prior *ledger.Effect) (bool, error) {
	if prior != nil && prior.Verb != ledger.Create {
		return false, nil
	}
	if prior != nil {
		view := target.View{Type: j.p.Type, ID: id, Rev: prior.Rev, Fields: map[target.Path]target.Value{}}
		pre, err := json.Marshal(map[string]any{"id": id, "rev": prior.Rev, "entityType": j.p.Type, "ours": true})
		if err != nil {
			return false, err
		}
		body, err := target.EditBody(view, j.wants, nil, j.where)
		if err != nil {
			return false, fmt.Errorf("build %s: %w", name(j.row.EffectKey), err)
		}
		j.edit = &edit{view: view, pre: pre, body: body, set: j.wants, base: prior.Shown, ours: paths(prior.Ours)}
		return true, nil
	}
	seen, ok, err := w.Run.DestGet(ctx, w.Crawl, string(t), id)
	if err != nil || !ok || len(seen.Body) == 0 {
		return false, err
	}
	raw, err := decode(seen.Body)
	if err != nil {
		return false, err
	}
	return true, w.plan(j, raw, nil)
}

// editTarget is the id of the record and, when it is one that this migration wrote to before, its last settled effect.
func (w *Writer) editTarget(ctx context.Context, j *job) (int64, *ledger.Effect, error) {
	if j.own != nil {
		return j.own.TargetID, j.own, nil
	}
	if j.row.Epoch == 0 {
		return j.row.TargetID, nil, nil
	}
	all, err := w.Run.EffectsOf(ctx, j.row.Object, []string{j.row.SourceID})
	if err != nil {
		return 0, nil, fmt.Errorf("read effects of %s %s: %w", j.row.Object, j.row.SourceID, err)
	}
	prior := Latest(all[j.row.SourceID], j.row.EffectKey)
	if prior == nil && j.row.TargetID != 0 { // a record of the account that nothing was written to so far
		return j.row.TargetID, nil, nil
	}
	if prior == nil {
		return 0, nil, fmt.Errorf("edit %s: no earlier effect wrote the record", name(j.row.EffectKey))
	}
	return prior.TargetID, prior, nil
}

// Latest is the settled effect that holds what Nutshell showed last of the record at a key's place: of its creation, its closing or
// completing, or its last edit; nil when nothing wrote it.
func Latest(effects []ledger.Effect, key ledger.EffectKey) *ledger.Effect {
	var last *ledger.Effect
	for i := range effects {
		e := &effects[i]
		second := key.Role == mapping.RoleRecord && (e.Role == mapping.RoleClose || e.Role == mapping.RoleComplete)
		if e.TargetID == 0 || e.Shown == nil || e.Part != key.Part || e.State != ledger.Done && e.State != ledger.Skipped {
			continue
		}
		if e.Role != key.Role && !second || !second && e.Parent != key.Parent {
			continue
		}
		if last == nil || e.Epoch > last.Epoch || e.Epoch == last.Epoch && second {
			last = e
		}
	}
	return last
}

// plan works out what to send: what is empty is filled on a record that was there before, a record of ours is merged three ways.
func (w *Writer) plan(j *job, raw map[string]any, prior *ledger.Effect) error {
	view, err := target.FromWire(j.p.Type, raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		return fmt.Errorf("read %s: %w", name(j.row.EffectKey), err)
	}
	pre, err := json.Marshal(raw)
	if err != nil {
		return fmt.Errorf("keep the pre-image of %s: %w", name(j.row.EffectKey), err)
	}
	e := &edit{view: view, pre: pre}
	switch {
	case prior == nil:
		e.base = target.Hashes(view, w.Run.ShortHash)
		e.set, _ = target.FillEmpty(view, j.wants, j.where)
	case j.row.Epoch == 0 && prior.Verb == ledger.Create:
		e.base, e.ours, e.set = prior.Shown, paths(prior.Ours), j.wants
	case j.row.Epoch == 0: // it was there before us: also its second call fills only what is empty
		e.base, e.ours = prior.Shown, paths(prior.Ours)
		e.set, _ = target.FillEmpty(view, j.wants, j.where)
	case w.Repairing:
		e.base, e.ours = prior.Shown, paths(prior.Ours)
		e.set = w.faulty(j, view, e)
	default:
		e.base, e.ours = prior.Shown, paths(prior.Ours)
		e.set, e.clear, e.conflicts = target.Merge3(e.base, e.ours, j.wants, view, w.Run.ShortHash, j.where)
		target.LeadPhone(e.base, e.ours, j.wants, e.set, &view, w.Run.ShortHash, j.where)
	}
	if prior != nil {
		var mine []target.Want
		if len(j.first) > 0 {
			mine = j.wants
		}
		e.hands = target.Hands(e.base, e.ours, view, mine, w.Run.ShortHash, j.where)
	}
	if err := w.recognise(j, e); err != nil {
		return err
	}
	if e.body, err = target.EditBody(view, e.set, e.clear, j.where); err != nil {
		return fmt.Errorf("build %s: %w", name(j.row.EffectKey), err)
	}
	j.edit = e
	return nil
}

// recognise finds what an earlier claim of the same edit has set, though its answer was lost: demands that the record meets now and did not
// meet before. They are ours, and the pre-image is that of the first claim: without it the undo could not give the record back (I7).
func (w *Writer) recognise(j *job, e *edit) error {
	if len(j.first) == 0 {
		return nil
	}
	raw, err := decode(j.first)
	if err != nil {
		return err
	}
	before, err := target.FromWire(j.p.Type, raw, w.Defs[nutshell.EntityType(j.p.Type)])
	if err != nil {
		return fmt.Errorf("read the pre-image of %s: %w", name(j.row.EffectKey), err)
	}
	then, now := target.Compare(j.wants, before, j.where), target.Compare(j.wants, e.view, j.where)
	for i, want := range j.wants {
		if !want.Empty() && then[i].Fault() && !now[i].Fault() {
			e.made = true
			if !slices.ContainsFunc(e.set, func(x target.Want) bool { return x.Path == want.Path }) {
				e.set = append(e.set, want)
			}
		}
	}
	e.pre = j.first
	return nil
}

// faulty are the demands that Nutshell does not show although no person changed them.
func (w *Writer) faulty(j *job, view target.View, e *edit) []target.Want {
	var out []target.Want
	for i, f := range target.Judge(j.wants, e.base, e.ours, view, w.Run.ShortHash, j.where) {
		if f.Standing == target.Faulty {
			out = append(out, j.wants[i])
		}
	}
	return out
}

// sendEdit carries out an edit. A rev that moved is a definite refusal: the record is read and merged again under a new intent.
func (w *Writer) sendEdit(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	e := j.edit
	if e.body == nil {
		return w.standing(j, c), nil
	}
	after, err := w.edit(ctx, j)
	switch {
	case j.p.Type == string(nutshell.Notes) && nutshell.IsForbidden(err):
		return ledger.Outcome{Claim: c.Claim, State: ledger.Quarantined, Code: "note_closed", Type: j.p.Type, ID: e.view.ID,
			Reason: "Nutshell lets nobody change this note any more (its author may, within 24 hours); the new text lies in records/"}, nil
	case nutshell.IsStale(err) && j.stales < tries:
		w.Breaker.Succeeded()
		j.stale = true
		j.stales++
		return release(c), nil
	case nutshell.IsNotFound(err):
		gone := w.alreadyGone(j)
		gone.Claim, gone.Type, gone.ID = c.Claim, j.p.Type, e.view.ID
		return gone, nil
	case err != nil:
		return w.failed(ctx, j, c, err, accepted)
	}
	w.Breaker.Succeeded()
	out := ledger.Outcome{Claim: c.Claim, State: ledger.Done, How: howOf(j), Type: j.p.Type, ID: after.ID, Rev: after.Rev}
	if view, err := target.FromWire(j.p.Type, after.Raw, w.Defs[nutshell.EntityType(j.p.Type)]); err == nil {
		shown, ours := target.Remember(e.base, e.ours, j.wants, e.set, view, j.where, w.Run.ShortHash)
		target.KeepHands(shown, e.hands)
		out.Shown, out.Ours = shown, texts(ours)
	}
	return out, nil
}

// standing is the outcome of an edit that needs no call: the record shows everything already, by an earlier claim or by itself.
func (w *Writer) standing(j *job, c claim) ledger.Outcome {
	e := j.edit
	out := ledger.Outcome{Claim: c.Claim, State: ledger.Skipped, How: howOf(j), Type: j.p.Type, ID: e.view.ID, Rev: e.view.Rev}
	var wrote []target.Want
	if e.made {
		out.State, wrote = ledger.Done, e.set
	}
	shown, ours := target.Remember(e.base, e.ours, j.wants, wrote, e.view, j.where, w.Run.ShortHash)
	target.KeepHands(shown, e.hands)
	out.Shown, out.Ours = shown, texts(ours)
	return out
}

// edit makes the call; a note's text has a method of its own.
func (w *Writer) edit(ctx context.Context, j *job) (nutshell.Entity, error) {
	e := j.edit
	if t := nutshell.EntityType(j.p.Type); t != nutshell.Notes {
		return w.Client.Edit(ctx, t, e.view.ID, e.view.Rev, e.body)
	}
	return w.Client.EditNote(ctx, e.view.ID, e.view.Rev, j.p.Text, j.p.ActAs)
}

func howOf(j *job) string {
	if j.row.How != "" {
		return j.row.How
	}
	return "merged"
}

// decode reads a kept record; numbers keep their digits.
func decode(body []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("decode a kept record: %w", err)
	}
	return raw, nil
}
