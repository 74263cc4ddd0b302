package workflows

import (
	"time"
)

// doneAt is a point from which the pace is measured.
type doneAt struct {
	at   time.Time
	done int64
}

func (r *runner) done() (n int64) {
	for _, o := range r.progress.Objects {
		n += o.Done()
	}
	return n
}

func (r *runner) total() (n int64) {
	for _, o := range r.progress.Objects {
		n += o.Total
	}
	return n
}

// share is how much of the records needs nothing more, 0..1.
func (r *runner) share() float64 {
	total := r.total()
	if total == 0 {
		return 0
	}
	return min(1, float64(r.done())/float64(total))
}

// eta is the time at which the records will be done at the pace of this phase, nil while there is no pace to judge by.
func (r *runner) eta(now time.Time) *string {
	moved := r.done() - r.phaseStart.done
	spent := now.Sub(r.phaseStart.at)
	left := r.total() - r.done()
	if moved <= 0 || spent <= 0 || left <= 0 {
		return nil
	}
	at := now.Add(time.Duration(float64(spent) / float64(moved) * float64(left))).UTC().Format(time.RFC3339)
	return &at
}
