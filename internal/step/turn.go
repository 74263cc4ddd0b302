package step

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// HandOver is how long a step works before it hands over to the next activity of the same step, which goes on from the ledger.
const HandOver = 10 * time.Minute

// ErrMore ends a turn that has work left; the step is called again at once.
var ErrMore = errors.New("handed over with work left")

// Parked ends a turn that cannot go on without a person.
type Parked struct{ Park Park }

func (p *Parked) Error() string { return "parked: " + p.Park.Code }

// Stuck makes a Parked.
func Stuck(code string, accept bool, format string, args ...any) error {
	return &Parked{Park{Code: code, Reason: fmt.Sprintf(format, args...), Accept: accept}}
}

// Beat is what a heartbeat tells people: how far the step is.
type Beat struct {
	Step  string `json:"step"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// Turn is one activity's share of a step: it knows when to hand over, and carries progress to the heartbeat.
type Turn struct {
	ends  time.Time
	name  atomic.Value
	done  atomic.Int64
	total atomic.Int64
}

// NewTurn begins a turn of the given length.
func NewTurn(name string, length time.Duration) *Turn {
	t := &Turn{ends: time.Now().Add(length)}
	t.name.Store(name)
	return t
}

// Over answers ErrMore when it is time to hand over; called between pages, after a commit.
func (t *Turn) Over() error {
	if time.Now().After(t.ends) {
		return ErrMore
	}
	return nil
}

// At tells how far the step is.
func (t *Turn) At(name string, done, total int64) {
	t.name.Store(name)
	t.done.Store(done)
	t.total.Store(total)
}

// Add counts finished work.
func (t *Turn) Add(n int64) { t.done.Add(n) }

// Beat is the progress for the next heartbeat.
func (t *Turn) Beat() Beat {
	name, _ := t.name.Load().(string)
	return Beat{Step: name, Done: t.done.Load(), Total: t.total.Load()}
}
