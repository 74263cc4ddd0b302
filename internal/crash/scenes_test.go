package crash

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"rezora2nutshell/internal/api"
)

// theLoad is a migration from the first page to its end, with a change on both sides meanwhile, a delta and a cut-over.
func theLoad() *scene {
	return &scene{begin: newStory, run: (*story).load, status: api.StatusCompleted}
}

// theRollback undoes what a load has left, after people have worked on it.
func theRollback(load *scene) *scene {
	begin := func(home string, strikes []strike) (*story, error) { return after(home, strikes, load.first) }
	return &scene{begin: begin, run: (*story).undo, status: api.StatusRolledBack}
}

// TestEverySinglePoint dies once, at each point in turn.
func TestEverySinglePoint(t *testing.T) {
	load := theLoad().open(t)
	undo := theRollback(load).open(t)
	for name, c := range map[string]*scene{"load": load, "rollback": undo} {
		t.Run(name, func(t *testing.T) { c.all(t, singles(c.points())) })
	}
}

// TestSchedules dies several times, and meets faults of Nutshell at those moments and others.
func TestSchedules(t *testing.T) {
	load := theLoad().open(t)
	undo := theRollback(load).open(t)
	n, seed := number("SCHEDULES", 20), number("SEED", 1)
	for name, c := range map[string]*scene{"load": load, "rollback": undo} {
		t.Run(name, func(t *testing.T) {
			var list [][]strike
			for i := range n {
				list = append(list, c.schedule(uint64(seed+i)))
			}
			c.all(t, list)
		})
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(os.Getenv(name))); err == nil {
		return n
	}
	return otherwise
}
