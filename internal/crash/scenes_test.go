package crash

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"rezora2nutshell/internal/api"
)

// loading is a migration from the first page to its end, with a change on both sides meanwhile, a delta and a cut-over.
func loading(v variant) *scene {
	begin := func(home string, strikes []strike) (*story, error) { return newStory(v, home, strikes) }
	return &scene{begin: begin, run: (*story).load, status: api.StatusCompleted}
}

// undoing takes back what a load has left, after people have worked on it.
func undoing(load *scene) *scene {
	begin := func(home string, strikes []strike) (*story, error) { return after(home, strikes, load.first) }
	return &scene{begin: begin, run: (*story).undo, status: api.StatusRolledBack}
}

// TestEverySinglePoint dies once, at each point in turn.
func TestEverySinglePoint(t *testing.T) {
	load := loading(plain).open(t)
	undo := undoing(load).open(t)
	for name, c := range map[string]*scene{"load": load, "rollback": undo} {
		t.Run(name, func(t *testing.T) { c.all(t, singles(c.points())) })
	}
}

// TestSchedules dies several times, and meets faults of Nutshell at those moments and others.
func TestSchedules(t *testing.T) {
	n, seed := number("SCHEDULES", 2), number("SEED", 1)
	for name, v := range variants {
		if only := os.Getenv("VARIANT"); only != "" && only != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			load := loading(v).open(t)
			load.all(t, load.schedules(n, seed))
			undo := undoing(load).open(t)
			undo.all(t, undo.schedules(n, seed))
		})
	}
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(os.Getenv(name))); err == nil {
		return n
	}
	return otherwise
}
