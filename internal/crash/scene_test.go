package crash

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// scene is a part of a migration's life that is told again and again.
type scene struct {
	begin  func(home string, strikes []strike) (*story, error)
	run    func(*story) (api.Progress, error)
	status string // that it ends with

	first *story // as it goes undisturbed
	want  *end   // how it ends then
}

// migrating is a migration from the first page on: with a change on both sides meanwhile, a delta and a cut-over, if nobody stops it.
func migrating(v variant) *scene {
	begin := func(home string, strikes []strike) (*story, error) { return newStory(v, home, strikes) }
	c := &scene{begin: begin, run: (*story).migrate, status: api.StatusCompleted}
	if v.rejects || v.stopAt != "" {
		c.status = api.StatusRolledBack
	}
	return c
}

// undoing takes back what a completed migration has left, after people have worked on it.
func undoing(was *scene) *scene {
	begin := func(home string, strikes []strike) (*story, error) { return after(home, strikes, was.first) }
	return &scene{begin: begin, run: (*story).undo, status: api.StatusRolledBack}
}

// tell tells the scene in a time of its own and returns what is wrong with its end. No trouble of a worker's is one for a person: a park is
// wrong too.
func (c *scene) tell(t *testing.T, home string, strikes []strike) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		s, err := c.begin(home, strikes)
		require.NoError(t, err)
		defer s.close()
		if c.first == nil {
			s.gate.state = func(dir string) string { return fmt.Sprint(s.gate.changes.Load(), files(dir)) }
		}
		p, err := c.run(s)
		var e end
		e, wrong = s.judge(p, err, c.status, c.want)
		for _, reason := range s.parks {
			wrong = append(wrong, "parked: "+reason)
		}
		if c.first == nil {
			c.first, c.want = s, &e
			if err := s.countKinds(); err != nil {
				wrong = append(wrong, err.Error())
			}
			if c.status == api.StatusCompleted {
				s.later()
			}
		}
	})
	return wrong
}

// open tells the scene undisturbed; its folder lies in a place that outlives the scene.
func (c *scene) open(t *testing.T, place string) *scene {
	t.Helper()
	home, err := os.MkdirTemp(place, "first-")
	require.NoError(t, err)
	require.Empty(t, c.tell(t, home, nil), "the undisturbed story")
	return c
}

// points are the boundaries at which a worker's death leaves different things behind. Between two boundaries with nothing written to
// the ledger, an account or a file, and no step begun, death leaves the same: of such a row the first stands for all.
func (c *scene) points() []int {
	var out []int
	for i, x := range c.first.gate.points {
		if i == 0 || x.state != c.first.gate.points[i-1].state {
			out = append(out, i+1)
		}
	}
	return out
}

// where names the boundary of a strike.
func (c *scene) where(s strike) string {
	if s.at > len(c.first.gate.points) {
		return "past the undisturbed story"
	}
	return c.first.gate.points[s.at-1].name
}

// stops are the moments at which a person asks for a rollback: in the sample, in the load, in the delta.
var stops = map[string]string{"stopped in the sample": step.SampleDiff, "stopped in the load": step.Recrawl, "stopped in the delta": step.PlanDelta}
