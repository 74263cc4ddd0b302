package crash

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// errDead is what a dead worker's code meets wherever it turns.
var errDead = errors.New("this worker is dead")

// strike is what happens at one boundary.
type strike struct {
	at    int           // the n-th boundary that the workers of a story pass
	crash bool          // the worker dies there
	fault string        // of Nutshell, that the next call to it meets; a worker that dies of it dies when the fault has struck
	delay time.Duration // of a slow answer or a late commit
}

func (s strike) String() string {
	switch {
	case s.fault == "":
		return fmt.Sprintf("%d: dies", s.at)
	case s.crash:
		return fmt.Sprintf("%d: dies of %s %s", s.at, s.fault, s.delay)
	}
	return fmt.Sprintf("%d: %s %s", s.at, s.fault, s.delay)
}

// point is a boundary of an undisturbed story.
type point struct {
	name  string
	state string // of everything that outlives a worker
}

// gate stands at every boundary: before and after each exchange with an account, and each commit of the ledger.
type gate struct {
	mu      sync.Mutex
	passed  int
	strikes map[int]strike
	armed   *strike
	state   func(dir string) string // nil: nobody asks
	points  []point
	step    string
	changes atomic.Int64 // commits of the ledger, writes to Nutshell, activities begun
}

func newGate(strikes []strike) *gate {
	g := &gate{strikes: map[int]strike{}}
	for _, s := range strikes {
		g.strikes[s.at] = s
	}
	return g
}

// pass lets a worker over a boundary, or kills it there.
func (g *gate) pass(w *worker, name string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.dead {
		return errDead
	}
	g.passed++
	if g.state != nil {
		g.points = append(g.points, point{g.step + ": " + name, g.state(w.dir)})
	}
	switch s := g.strikes[g.passed]; {
	case s.fault != "":
		g.armed = &s
	case s.crash:
		w.die()
		return errDead
	}
	return nil
}

// strike takes the fault that the next call to Nutshell meets.
func (g *gate) strike() (s strike) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.armed != nil {
		s, g.armed = *g.armed, nil
	}
	return s
}

// kill kills a worker between two boundaries.
func (g *gate) kill(w *worker) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !w.dead {
		w.die()
	}
	return errDead
}

func (g *gate) dead(w *worker) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return w.dead
}
