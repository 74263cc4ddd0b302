package extract

import (
	"context"
	"encoding/json"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

const walkVanished = "vanished"

// vanished finds records that the last union took from legacy alone and that a complete reading shows no more: deletions at the source.
// What current has too is for current to delete, and its opt-out stays.
func (j *joining) vanished(ctx context.Context) error {
	before, ok, err := ReadUnion(ctx, j.Run)
	if err != nil || !ok || before.Round >= j.n || before.Source == SourceNone {
		return err
	}
	complete := map[string]bool{} // marks of the rows that may be missed
	for _, rd := range j.done {
		old, err := j.storedReading(ctx, before.Round, rd.Tag, rd.Level)
		if err != nil {
			return err
		}
		complete[old.rev()] = old.Done && rd.Cover.Coverage == rezora.Complete
	}
	for _, kind := range union.Order {
		if err := j.vanishedOf(ctx, kind, before.Round, complete); err != nil {
			return err
		}
	}
	return nil
}

func (j *joining) vanishedOf(ctx context.Context, kind record.Kind, before int, complete map[string]bool) error {
	c, err := j.Run.Cursor(ctx, kind, j.n, walkVanished)
	if err != nil {
		return err
	}
	var after int64
	if len(c.State) > 0 {
		if err := json.Unmarshal(c.State, &after); err != nil {
			return err
		}
	}
	at, err := j.asOf(ctx, kind)
	if err != nil {
		return err
	}
	for !c.Done {
		rows, err := j.Run.DestEach(ctx, legacyShelf(before), string(kind), after, sweepBatch)
		if err != nil {
			return err
		}
		gone, err := j.gone(ctx, kind, rows, complete)
		if err != nil {
			return err
		}
		recs := make([]record.Record, len(gone))
		for i, id := range gone {
			recs[i] = tombstone(kind, id, at, ByAbsence)
		}
		if c.Done = len(rows) == 0; !c.Done {
			after = rows[len(rows)-1].ID
		}
		if c.State, err = json.Marshal(after); err != nil {
			return err
		}
		if _, err := j.Run.StagePage(ctx, kind, j.n, recs, c); err != nil {
			return err
		}
		if err := j.checkpoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// gone are the ids in the union of those rows that were legacy's alone and are no more.
func (j *joining) gone(ctx context.Context, kind record.Kind, rows []ledger.DestRecord, complete map[string]bool) ([]string, error) {
	var missing []string
	for _, row := range rows {
		if !complete[row.Rev] {
			continue
		}
		s, err := unshelve(row)
		if err != nil {
			return nil, err
		}
		missing = append(missing, s.ID)
	}
	there, err := j.onShelf(ctx, j.n, kind, missing)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, id := range missing {
		if s, ok := there[id]; !ok || j.accepted[s.Read] == nil {
			ids = append(ids, j.addedID(id))
		}
	}
	staged, err := j.Run.GetMany(ctx, kind, ids)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, id := range ids {
		if s, ok := staged[id]; ok && !s.Deleted && !ofCurrent(s) {
			out = append(out, id)
		}
	}
	return out, nil
}

// added counts the live records that the newest union took from legacy alone and that current has not got since.
func (r *round) added(ctx context.Context, kind record.Kind) (int64, error) {
	u, ok, err := ReadUnion(ctx, r.Run)
	if err != nil || !ok {
		return 0, err
	}
	var n int64
	var ids []string
	flush := func() error {
		staged, err := r.Run.GetMany(ctx, kind, ids)
		for _, s := range staged {
			if !s.Deleted && !ofCurrent(s) {
				n++
			}
		}
		ids = ids[:0]
		return err
	}
	err = eachDiscrepancy(ctx, r.Run, u, kind, func(d union.Discrepancy) error {
		if d.Class == union.Live {
			return nil
		}
		if ids = append(ids, r.addedID(d.LegacyID)); len(ids) < sweepBatch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return 0, err
	}
	return n, flush()
}

// one is an index that shows a single record of current.
type one struct{ rec record.Record }

func (o one) Live(_ context.Context, kind record.Kind, id string) (record.Record, bool, error) {
	return o.rec, kind == o.rec.Kind && id == o.rec.ID, nil
}
func (one) LiveByKey(context.Context, record.Kind, []string) ([]string, error) { return nil, nil }
func (one) Tomb(context.Context, record.Kind, string) (bool, error)            { return false, nil }
func (one) TombByKey(context.Context, record.Kind, []string) (bool, error)     { return false, nil }
func (one) Decided(context.Context, record.Kind, string) (string, bool, error) { return "", false, nil }

// fill fills what current leaves empty by what legacy said last (fill_empty).
func (r *round) fill(ctx context.Context, rec record.Record, before ledger.Staged) (record.Record, error) {
	u, ok, err := ReadUnion(ctx, r.Run)
	if err != nil || !ok {
		return rec, err
	}
	id := legacyID(rec.Kind, before.Legacy)
	found, err := r.onShelf(ctx, u.Round, rec.Kind, []string{id})
	if err != nil || found[id].ID == "" {
		return rec, err
	}
	legacy := found[id].record(rec.Kind)
	legacy.ID = rec.ID
	p := r.Union
	p.MatchByID, p.Probe = true, false
	rec.Provenance = record.FromCurrent
	d, err := union.Classify(ctx, p, one{rec}, nil, legacy, "")
	if err != nil {
		return rec, err
	}
	filled := d.Record
	filled.Legacy, filled.Provenance = nil, rec.Provenance // what stands beside it stays
	return filled, nil
}
