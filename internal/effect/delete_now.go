package effect

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// deleteNow deletes one record outside the page sequences: a surplus copy, a note to be made again. The deletion is planned, claimed with
// its pre-image and rev, and settled like any other effect (I2).
func (w *Writer) deleteNow(ctx context.Context, object, sourceID, role string, e nutshell.Entity, view target.View) error {
	key := ledger.EffectKey{Object: object, SourceID: sourceID, Role: role + "/" + strconv.FormatInt(e.ID, 10), Part: 1}
	err := w.Run.Plan(ctx, []ledger.Effect{{EffectKey: key, Step: "sweep", Verb: ledger.Delete, State: ledger.Planned, TargetType: string(e.Type), TargetID: e.ID}})
	if err != nil {
		return fmt.Errorf("plan deletion of %s %d: %w", e.Type, e.ID, err)
	}
	row, ok, err := w.Run.Effect(ctx, key)
	if err != nil || !ok || row.State != ledger.Planned {
		return err
	}
	pre, err := json.Marshal(e.Raw)
	if err != nil {
		return fmt.Errorf("keep the pre-image of %s %d: %w", e.Type, e.ID, err)
	}
	ttl := w.Timeout + w.margin()
	until := time.Now().Add(ttl)
	claims, err := w.Run.Claim(ctx, []ledger.ClaimRequest{{Key: key, TargetType: string(e.Type), TargetID: e.ID, Rev: e.Rev, PreImage: pre}}, ttl)
	if err != nil {
		return fmt.Errorf("claim deletion of %s %d: %w", e.Type, e.ID, err)
	}
	if claims[0] == nil {
		return nil
	}
	j := &job{row: row, p: mapping.Projection{Type: string(e.Type)}, edit: &edit{view: view}, stales: tries}
	callCtx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until.Add(-w.margin()/2))
	defer cancel()
	out, stop := w.sendDelete(callCtx, j, claim{Claim: *claims[0], until: until}, "")
	if _, err := w.Run.Settle(context.WithoutCancel(ctx), []ledger.Outcome{out}, j.line(out)); err != nil {
		return fmt.Errorf("settle deletion of %s %d: %w", e.Type, e.ID, err)
	}
	return stop
}

// sweepFiles makes a note again that holds its file twice: a single file cannot be removed, its note dies with all of them.
func (w *Writer) sweepFiles(ctx context.Context, j *job) error {
	files, err := w.Client.NoteFiles(ctx, j.row.TargetID)
	if nutshell.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
	}
	if len(files) < 2 {
		return nil
	}
	note, err := w.Client.Get(ctx, nutshell.Notes, j.row.TargetID)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
	}
	view, err := target.FromWire(string(nutshell.Notes), note.Raw, nil)
	if err != nil {
		return fmt.Errorf("sweep %s: %w", name(j.row.EffectKey), err)
	}
	if err := w.deleteNow(ctx, j.row.Object, j.row.SourceID, "twice", note, view); err != nil {
		return err
	}
	noteKey := j.row.EffectKey
	noteKey.Role = mapping.RoleNote
	if _, err := w.Run.Remake(ctx, []ledger.EffectKey{noteKey, j.row.EffectKey}); err != nil {
		return fmt.Errorf("plan %s again: %w", name(noteKey), err)
	}
	return nil
}
