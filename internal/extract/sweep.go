package extract

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// sweepable reports a resource whose deletions can be found by reading all its ids (rezora contract 3.5, rule 7).
func (r *round) sweepable(kind record.Kind) bool {
	c := r.caps.Resources[kind]
	return kind != record.Activities && c.Sweep != "" && c.Sweep != "none"
}

// sweepDue reports that deletions may have gone untold: the resource shows no tombstones, or they lived shorter than the time since the
// last reading. The former is looked after in the last round only.
func (r *round) sweepDue(w *walking) bool {
	if r.n == 0 || !r.sweepable(w.kind) || r.rep.Resources[w.kind].Swept > 0 {
		return false
	}
	if !w.before.IsZero() && w.cursor.AsOf.Sub(w.before) > tombstoneLife {
		return true
	}
	d := r.caps.Resources[w.kind].Deletes
	return r.last && d != rezora.DeletesTombstone && d != rezora.DeletesFlag
}

// sweep reads all ids of a resource, then asks for each record that is missing among them. A sweep that does not end deletes nothing.
func (r *round) sweep(ctx context.Context, kind record.Kind) error {
	s := &sweeping{round: r, kind: kind, name: fmt.Sprintf("sweep/%s/%d", kind, r.rep.Resources[kind].Sweeps)}
	if err := s.ids(ctx); err != nil {
		return err
	}
	if err := s.missing(ctx); err != nil {
		return err
	}
	res := r.rep.Resources[kind]
	res.Sweeps++
	res.Swept++
	res.Deleted += s.deleted
	r.rep.Resources[kind] = res
	if err := r.save(ctx); err != nil {
		return err
	}
	return r.Run.DropDest(ctx, sweepShelf(r.n))
}

// sweeping is a sweep under way.
type sweeping struct {
	*round
	kind    record.Kind
	name    string // of its walk and of its rows on the shelf
	cursor  ledger.Cursor
	state   walkState
	deleted int
}

func (s *sweeping) ids(ctx context.Context) (err error) {
	if s.cursor, err = s.Run.DestCursor(ctx, sweepShelf(s.n), s.name); err != nil {
		return err
	}
	if len(s.cursor.State) > 0 {
		if err := json.Unmarshal(s.cursor.State, &s.state); err != nil {
			return fmt.Errorf("read the cursor of %s: %w", s.name, err)
		}
	}
	if s.cursor.Done {
		return nil
	}
	req := rezora.WalkRequest{Kind: s.kind, IDsOnly: true, Caps: s.caps.Of(s.kind)}
	err = s.patience.read(ctx, "the sweep of "+string(s.kind), func() error {
		req.Resume = s.state.Walk
		res, err := s.Source.Walk(ctx, req, func(ctx context.Context, p rezora.Page) error { return callback(s.page(ctx, p)) })
		if err == nil {
			s.cursor.AsOf = res.AsOf
		}
		return err
	})
	if err != nil {
		return err
	}
	s.cursor.Done = true
	return s.Run.PutDestCursor(ctx, sweepShelf(s.n), s.name, s.cursor)
}

func (s *sweeping) page(ctx context.Context, p rezora.Page) error {
	s.answered()
	ids := make([]string, 0, len(p.Records))
	for _, rec := range p.Records {
		if !rec.Deleted {
			ids = append(ids, rec.ID)
		}
	}
	state := walkState{Walk: p.State}
	c := s.cursor
	c.AsOf, c.Pages, c.Rows = p.State.AsOf, p.State.Pages, int64(p.State.Rows)
	var err error
	if c.State, err = json.Marshal(state); err != nil {
		return err
	}
	rows, err := s.rows(ids)
	if err != nil {
		return err
	}
	if err := s.Run.PutDest(ctx, sweepShelf(s.n), s.name, rows, c); err != nil {
		return err
	}
	s.cursor, s.state = c, state
	s.turn.At("sweep "+string(s.kind), c.Rows, 0)
	return s.checkpoint(ctx)
}

func (s *sweeping) rows(ids []string) ([]ledger.DestRecord, error) {
	out := make([]ledger.DestRecord, len(ids))
	for i, id := range ids {
		at, err := s.slot(s.name, id)
		if err != nil {
			return nil, err
		}
		out[i] = ledger.DestRecord{Type: s.name, ID: at.n, Hash: at.check}
	}
	return out, nil
}

// sweepBatch is how many records are held against the shelf at once.
const sweepBatch = 500

func (s *sweeping) missing(ctx context.Context) error {
	var batch []string
	flush := func() error {
		err := s.against(ctx, batch)
		batch = batch[:0]
		if err != nil {
			return err
		}
		return s.checkpoint(ctx)
	}
	err := s.Run.Each(ctx, s.kind, true, func(rec ledger.Staged) error {
		if !ofCurrent(rec) {
			return nil
		}
		if batch = append(batch, rec.ID); len(batch) < sweepBatch {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// ofCurrent tells a record that the current source has from one that the union took from legacy alone.
func ofCurrent(s ledger.Staged) bool {
	return s.Provenance != record.FromLegacyOnly && s.Provenance != record.Resurrected
}

// against holds ids against the shelf and asks for those that are not on it.
func (s *sweeping) against(ctx context.Context, ids []string) error {
	slots := make([]slot, len(ids))
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		at, err := s.slot(s.name, id)
		if err != nil {
			return err
		}
		slots[i], numbers[i] = at, at.n
	}
	seen, err := s.Run.DestGetMany(ctx, sweepShelf(s.n), s.name, numbers)
	if err != nil {
		return err
	}
	var found []record.Record
	var alive []string
	for i, id := range ids {
		if row, ok := seen[slots[i].n]; ok && row.Hash == slots[i].check {
			continue
		}
		rec, state, err := s.ask(ctx, id)
		if err != nil {
			return err
		}
		switch state {
		case rezora.Live:
			found, alive = append(found, rec), append(alive, id)
		case rezora.Gone, rezora.Absent:
			found = append(found, tombstone(s.kind, id, s.cursor.AsOf, BySweep))
			s.deleted++
		default:
			alive = append(alive, id)
		}
	}
	return s.store(ctx, found, alive)
}

// store stages what the single reads found; those that live are put on the shelf, so that nobody asks for them again.
func (s *sweeping) store(ctx context.Context, found []record.Record, alive []string) error {
	if len(found) > 0 {
		recs, err := s.settle(ctx, s.kind, found)
		if err != nil {
			return err
		}
		if _, err := s.Run.StagePage(ctx, s.kind, s.n, recs, ledger.Cursor{Walk: s.name}); err != nil {
			return err
		}
	}
	if len(alive) == 0 {
		return nil
	}
	rows, err := s.rows(alive)
	if err != nil {
		return err
	}
	return s.Run.PutDest(ctx, sweepShelf(s.n), s.name, rows, s.cursor)
}

// ask reads one record that a sweep did not show. The state is empty when the source does not allow the single read.
func (s *sweeping) ask(ctx context.Context, id string) (rec record.Record, state rezora.State, err error) {
	rec, state, refused, err := s.item(ctx, s.kind, id)
	if err != nil || !refused {
		return rec, state, err
	}
	return rec, "", s.Run.Flag(ctx, []ledger.FlagRow{{Object: string(s.kind), SourceID: id, Code: FlagUnconfirmed,
		Reason: "missing in a sweep of the source, and the single read is refused: taken as living"}})
}

// item reads one record; refused tells that the credential does not reach it (rezora contract 3.6).
func (r *round) item(ctx context.Context, kind record.Kind, id string) (rec record.Record, state rezora.State, refused bool, err error) {
	err = r.patience.read(ctx, string(kind)+" "+id, func() error {
		var err error
		rec, state, err = r.Source.Item(ctx, kind, id)
		if refused = rezora.IsNotOffered(err); refused {
			return nil
		}
		return err
	})
	return rec, state, refused, err
}

// How a deletion was found (rezora contract 10, obligation 7).
const (
	ByTombstone = "tombstone" // or a flag: the source itself says so
	BySweep     = "sweep"
	ByAbsence   = "absence" // a legacy record that a complete reading shows no more
)

// tombstone is a deletion that the source told by silence.
func tombstone(kind record.Kind, id string, at time.Time, method string) record.Record {
	qualifier, bare := record.SplitKey(kind, id)
	item := map[string]any{"id": bare, "deleted": true, "found_by": method}
	if field := record.Qualifier(kind); field != "" {
		item[field] = qualifier
	}
	canon, err := compact(item)
	if err != nil {
		canon = json.RawMessage(`{"deleted":true}`)
	}
	return record.Record{Kind: kind, ID: id, UpdatedAt: at, Deleted: true, Canon: canon}
}

// FoundBy tells how the deletion of a record was found; "" when it lives.
func FoundBy(s ledger.Staged) string {
	if !s.Deleted {
		return ""
	}
	var t struct {
		FoundBy string `json:"found_by"`
	}
	if json.Unmarshal(s.Tombstone, &t) == nil && t.FoundBy != "" {
		return t.FoundBy
	}
	return ByTombstone
}
