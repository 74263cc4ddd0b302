package extract

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// round is one round as one turn works on it.
type round struct {
	*Reader
	*patience
	turn *step.Turn
	caps rezora.Capabilities
	n    int
	last bool
	rep  Report
}

// Round reads round 0 or a delta round, joins legacy to it in round 0 and in the last one, and seals it. It goes on where an earlier turn
// stopped, and answers the same when called again for a sealed round. Besides failures of the ledger it returns step.ErrMore when the
// turn is over, ledger.ErrPaused, or a *step.Parked with cause and cure.
func (r *Reader) Round(ctx context.Context, turn *step.Turn, caps rezora.Capabilities, n int, last bool) (Stats, error) {
	rd := &round{Reader: r, turn: turn, caps: caps, n: n, last: last}
	rd.patience = r.patience(rd.checkpoint)
	if err := rd.open(ctx); err != nil {
		return Stats{}, err
	}
	if !rd.rep.Complete {
		if err := rd.read(ctx); err != nil {
			if lost := rd.save(context.WithoutCancel(ctx)); lost != nil {
				err = errors.Join(err, lost)
			}
			return Stats{}, err
		}
	}
	turn.At("seal the extract", 0, 0)
	sealed, err := r.Run.Seal(ctx, n)
	if err != nil {
		return Stats{}, err
	}
	return rd.stats(sealed), nil
}

// read does everything but sealing.
func (r *round) read(ctx context.Context) error {
	if err := r.checkpoint(ctx); err != nil {
		return err
	}
	for _, kind := range record.Kinds {
		if err := r.resource(ctx, kind); err != nil {
			r.blame(kind, err)
			return err
		}
	}
	if r.n == 0 || r.last {
		if err := r.union(ctx); err != nil {
			return err
		}
	}
	if r.n == 0 {
		if err := r.inventory(ctx); err != nil {
			return err
		}
	}
	r.rep.Complete = true
	return r.save(ctx)
}

// resource reads one resource to its end, looks for deletions that nothing told, and compares counts.
func (r *round) resource(ctx context.Context, kind record.Kind) error {
	res := r.rep.Resources[kind]
	if res.Status == Complete || res.Status == NotOffered {
		return nil
	}
	if !r.caps.Offers(kind) {
		r.rep.Resources[kind] = Resource{Status: NotOffered, Reason: string(r.caps.Resources[kind].Offer)}
		return nil
	}
	w, err := r.since(ctx, kind)
	if err != nil {
		return err
	}
	if err := r.walk(ctx, w); err != nil {
		return err
	}
	if r.sweepDue(w) {
		if err := r.sweep(ctx, w.kind); err != nil {
			return err
		}
	}
	if r.n == 0 || r.last {
		if err := r.reconcile(ctx, kind); err != nil {
			return err
		}
	}
	res = r.rep.Resources[kind]
	res.Status, res.Reason = Complete, ""
	res.Rows, res.AsOf, res.Watermark, res.Since = w.cursor.Rows, w.cursor.AsOf, w.state.Watermark, w.request.Since
	r.rep.Resources[kind] = res
	r.log().Info("resource read", zap.String("resource", string(kind)), zap.Int("round", r.n), zap.Int64("rows", res.Rows))
	return nil
}

// checkpoint is asked between pages, after a commit.
func (r *round) checkpoint(ctx context.Context) error {
	if err := r.pausedOnly(ctx); err != nil {
		return err
	}
	return r.turn.Over()
}

// pausedOnly is asked where a turn cannot be handed over half way.
func (r *Reader) pausedOnly(ctx context.Context) error {
	paused, err := r.Run.Paused(ctx)
	if err == nil && paused {
		err = ledger.ErrPaused
	}
	return err
}

func (r *round) stats(sealed []ledger.Sealed) Stats {
	out := Stats{PerKind: map[record.Kind]KindStats{}, Sealed: sealed}
	for _, s := range sealed {
		k := KindStats{Rows: r.rep.Resources[s.Kind].Rows, Changed: s.Count}
		out.PerKind[s.Kind] = k
		out.Rows += k.Rows
		out.Changed += k.Changed
	}
	return out
}
