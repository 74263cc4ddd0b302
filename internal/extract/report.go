package extract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
)

// How a resource ended (rezora contract 10, obligation 6).
const (
	Complete   = "complete"
	NotOffered = "not_offered"
	Incomplete = "incomplete"
)

// How counts were compared.
const (
	CountEqual  = "equal"  // the source's count is that of the distinct live keys
	CountMoving = "moving" // it moved past ours while the source was changing
	CountOwn    = "own"    // the source does not count
)

// Report is what one round found out about the source; it names ids at most.
type Report struct {
	Round     int                      `json:"round"`
	Last      bool                     `json:"last,omitempty"`
	Resources map[record.Kind]Resource `json:"resources"`
	Passes    int                      `json:"passes,omitempty"` // unions that had to begin anew
	Joined    bool                     `json:"joined,omitempty"` // the union is made
	Complete  bool                     `json:"complete,omitempty"`
}

// Resource is how the reading of one resource went.
type Resource struct {
	Status    string    `json:"status"`
	Reason    string    `json:"reason,omitempty"` // of not_offered and incomplete
	Rows      int64     `json:"rows,omitempty"`   // delivered, repeats and tombstones included
	Since     time.Time `json:"since,omitzero"`   // zero: read in full
	AsOf      time.Time `json:"as_of,omitzero"`   // the source's clock
	Watermark time.Time `json:"watermark,omitzero"`
	Count     string    `json:"count,omitempty"` // how counts were compared, "" when they were not
	Counted   int64     `json:"counted,omitempty"`
	Again     int       `json:"again,omitempty"` // walks that looked for changes after as_of
	Swept     int       `json:"swept,omitempty"` // sweeps that ended cleanly
	Sweeps    int       `json:"sweeps,omitempty"`
	Deleted   int       `json:"deleted_by_sweep,omitempty"`
}

func reportKey(round int) string { return fmt.Sprintf("extract/%d", round) }

// ReadReport gives what a round found out, false before it has begun.
func ReadReport(ctx context.Context, run *ledger.Run, round int) (Report, bool, error) {
	var rep Report
	ok, err := run.Value(ctx, reportKey(round), &rep)
	return rep, ok, err
}

func (r *round) open(ctx context.Context) error {
	rep, ok, err := ReadReport(ctx, r.Run, r.n)
	if err != nil {
		return err
	}
	if r.rep = rep; !ok || rep.Resources == nil {
		r.rep.Resources = map[record.Kind]Resource{}
	}
	r.rep.Round, r.rep.Last = r.n, r.last
	return nil
}

// save keeps what the turn found out. Besides the numbers of sweeps and of further walks, which name their cursors, all of it could be
// found out again from the cursors, so it is kept when a turn ends.
func (r *round) save(ctx context.Context) error { return r.Run.PutValue(ctx, reportKey(r.n), r.rep) }

// blame notes why a resource is incomplete.
func (r *round) blame(kind record.Kind, err error) {
	var parked *step.Parked
	if !errors.As(err, &parked) {
		return
	}
	res := r.rep.Resources[kind]
	res.Status, res.Reason = Incomplete, parked.Park.Reason
	r.rep.Resources[kind] = res
}
