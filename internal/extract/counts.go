package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// reconcile compares the source's count with the distinct live keys that were read. A difference is explained by changes after as_of, which
// a further walk brings in, or it stops the load (rezora contract 10, obligation 9).
func (r *round) reconcile(ctx context.Context, kind record.Kind) error {
	before := int64(-1)
	waits := r.countWaits()
	for try := 0; ; try++ {
		n, ok, err := r.count(ctx, kind)
		if err != nil {
			return err
		}
		if !ok {
			r.counted(kind, CountOwn, 0)
			return nil
		}
		have, err := r.distinct(ctx, kind)
		switch {
		case err != nil:
			return err
		case n == have:
			r.counted(kind, CountEqual, n)
			return nil
		case before >= 0 && before != n && min(before, n) <= have && have <= max(before, n):
			r.counted(kind, CountMoving, n)
			return nil
		case try >= len(waits):
			return step.Stuck(ParkCounts, false,
				"the source counts %d %s, %d were read, and no change since explains it; ask the vendor, or resume to read what changed and count again", n, kind, have)
		}
		before = n
		if err := r.sleep(ctx, waits[try]); err != nil {
			return err
		}
		if err := r.catchUp(ctx, kind); err != nil {
			return err
		}
		if n < have && try > 0 && r.sweepable(kind) {
			if err := r.sweep(ctx, kind); err != nil {
				return err
			}
		}
	}
}

func (r *round) counted(kind record.Kind, how string, n int64) {
	res := r.rep.Resources[kind]
	res.Count, res.Counted = how, n
	r.rep.Resources[kind] = res
}

// count asks the source; ok is false when it does not count.
func (r *round) count(ctx context.Context, kind record.Kind) (n int64, ok bool, err error) {
	err = r.patience.read(ctx, "the count of "+string(kind), func() error {
		got, err := r.Source.Count(ctx, kind, rezora.CountRequest{Caps: r.caps.Of(kind)})
		if refusedCount(err) {
			return nil
		}
		n, ok = int64(got.N), got.OK
		return err
	})
	return n, ok, err
}

func refusedCount(err error) bool {
	var s *rezora.StatusError
	if !errors.As(err, &s) {
		return false
	}
	switch s.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

// distinct is the number of live records of the current source that are staged.
func (r *round) distinct(ctx context.Context, kind record.Kind) (int64, error) {
	live, _, err := r.Run.Count(ctx, kind)
	if err != nil || r.n == 0 {
		return live, err
	}
	added, err := r.added(ctx, kind)
	return live - added, err
}

// catchUp reads what changed since the last walk of this round began.
func (r *round) catchUp(ctx context.Context, kind record.Kind) error {
	res := r.rep.Resources[kind]
	w, err := r.openWalk(ctx, kind, fmt.Sprintf("again/%d", res.Again), time.Time{})
	if err != nil {
		return err
	}
	if r.caps.Resources[kind].Delta != rezora.DeltaFull {
		if w.request.Since, err = r.watermark(ctx, kind, r.n); err != nil {
			return err
		}
	}
	if err := r.walk(ctx, w); err != nil {
		return err
	}
	res.Again++
	r.rep.Resources[kind] = res
	return r.save(ctx)
}
