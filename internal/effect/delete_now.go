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

// stepSweep is the step of deletions outside the page sequences.
const stepSweep = "sweep"

// deleteNow deletes one record outside the page sequences: a surplus copy, a note to be made again. The deletion is planned, claimed with
// its pre-image and rev, and settled like any other effect (I2). Where the rev has moved the record is read and judged again. The answer
// says whether the record is gone; one that touched finds changed by a person stays, and is flagged.
func (w *Writer) deleteNow(ctx context.Context, j *job, role string, e nutshell.Entity, touched func(context.Context, *job, nutshell.Entity) (bool, error)) (bool, error) {
	key := deletionKey(j, role, e.ID)
	plan := ledger.Effect{EffectKey: key, Step: stepSweep, Verb: ledger.Delete, State: ledger.Planned, TargetType: string(e.Type), TargetID: e.ID}
	for try := 0; try < tries; try++ {
		if hands, err := touched(ctx, j, e); err != nil || hands {
			if err == nil {
				err = w.Run.Flag(ctx, []ledger.FlagRow{{Object: j.row.Object, SourceID: j.row.SourceID, Code: "copy_touched",
					Reason: fmt.Sprintf("%s %d is a second copy that a person has worked on; merge it by hand", e.Type, e.ID)}})
			}
			return false, err
		}
		if err := w.Run.Plan(ctx, []ledger.Effect{plan}); err != nil {
			return false, fmt.Errorf("plan deletion of %s %d: %w", e.Type, e.ID, err)
		}
		row, ok, err := w.Run.Effect(ctx, key)
		if err != nil || !ok {
			return false, err
		}
		if row.State != ledger.Planned {
			return row.State == ledger.Done || row.State == ledger.Skipped, nil
		}
		out, err := w.deleteOnce(ctx, row, e)
		if err != nil || out.State != ledger.Planned {
			return out.State == ledger.Done || out.State == ledger.Skipped, err
		}
		if e, err = w.Client.Get(ctx, e.Type, e.ID); nutshell.IsNotFound(err) || err == nil && e.Deleted {
			gone := ledger.Outcome{Claim: ledger.Claim{Key: key}, State: ledger.Skipped, How: "deleted", Code: ledger.DeletedByPerson, Reason: "the record is deleted already"}
			return true, w.dismiss(ctx, map[ledger.EffectKey]ledger.Effect{key: row}, []ledger.Outcome{gone})
		} else if err != nil {
			return false, fmt.Errorf("read copy %d: %w", plan.TargetID, err)
		}
	}
	return false, nil // the next sweep tries again
}

func deletionKey(j *job, role string, id int64) ledger.EffectKey {
	return ledger.EffectKey{Object: j.row.Object, SourceID: j.row.SourceID, Role: role + "/" + strconv.FormatInt(id, 10), Part: 1}
}

// deleteOnce sends one deletion. Planned: nothing was done, the rev may have moved. Without an answer the record itself tells at once.
func (w *Writer) deleteOnce(ctx context.Context, row ledger.Effect, e nutshell.Entity) (ledger.Outcome, error) {
	pre, err := json.Marshal(e.Raw)
	if err != nil {
		return ledger.Outcome{}, fmt.Errorf("keep the pre-image of %s %d: %w", e.Type, e.ID, err)
	}
	ttl := w.Timeout + w.margin()
	until := time.Now().Add(ttl)
	claims, err := w.Run.Claim(ctx, []ledger.ClaimRequest{{Key: row.EffectKey, TargetType: string(e.Type), TargetID: e.ID, Rev: e.Rev, PreImage: pre}}, ttl)
	if err != nil || claims[0] == nil {
		return ledger.Outcome{}, err
	}
	j := &job{row: row, p: mapping.Projection{Type: string(e.Type)}, edit: &edit{view: target.View{Type: string(e.Type), ID: e.ID, Rev: e.Rev}}}
	callCtx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until.Add(-w.margin()/2))
	defer cancel()
	out, stop := w.sendDelete(callCtx, j, claim{Claim: *claims[0], until: until}, "")
	if _, err := w.Run.Settle(context.WithoutCancel(ctx), []ledger.Outcome{out}, j.line(out)); err != nil {
		return out, fmt.Errorf("settle deletion of %s %d: %w", e.Type, e.ID, err)
	}
	return out, stop
}
