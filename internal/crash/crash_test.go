package crash

import (
	"fmt"
	"os"

	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
)

// scene is a part of a migration's life that is told again and again.
type scene struct {
	begin  func(home string, strikes []strike) (*story, error)
	run    func(*story) (api.Progress, error)
	status string // that it ends with

	first *story // as it goes undisturbed
	want  *end   // how it ends then
}

// tell tells a scene in a time of its own and judges its end. A disturbed one leaves nothing behind.
func (c *scene) tell(t *testing.T, home string, strikes []strike) (wrong, parks []string) {
	synctest.Test(t, func(t *testing.T) {
		s, err := c.begin(home, strikes)
		require.NoError(t, err)
		defer s.close()
		if c.want == nil {
			c.first = s
			s.gate.state = func(dir string) string { return fmt.Sprint(s.gate.changes.Load(), files(dir)) }
		}
		p, err := c.run(s)
		end, faults := s.judge(p, err, c.status, c.want)
		if c.want == nil {
			c.want = &end
		}
		if c.status == api.StatusCompleted {
			s.later()
		}
		wrong, parks = faults, s.parks
	})
	return wrong, parks
}

// open tells the scene undisturbed.
func (c *scene) open(t *testing.T) *scene {
	t.Helper()
	home, err := os.MkdirTemp(ground(t), "first-")
	require.NoError(t, err)
	wrong, parks := c.tell(t, home, nil)
	require.Empty(t, wrong, "the undisturbed story")
	require.Empty(t, parks, "the undisturbed story")
	return c
}

// points are the boundaries at which the worker's death leaves different things behind.
func (c *scene) points() []int {
	var out []int
	for i, x := range c.first.gate.points {
		if i == 0 || x.state != c.first.gate.points[i-1].state {
			out = append(out, i+1)
		}
	}
	return out
}

func (c *scene) name(at int) string {
	if at > len(c.first.gate.points) {
		return "later"
	}
	return c.first.gate.points[at-1].name
}

// all tells the scene once for each schedule, a few at a time.
func (c *scene) all(t *testing.T, schedules [][]strike) {
	t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !t.Failed() || os.Getenv("ALL") != "" {
				i := int(next.Add(1)) - 1
				if i >= len(schedules) {
					return
				}
				home, err := os.MkdirTemp(ground(t), "story-")
				if err != nil {
					t.Error(err)
					return
				}
				wrong, parks := c.tell(t, home, schedules[i])
				_ = os.RemoveAll(home)
				if len(wrong) > 0 {
					t.Errorf("%v (%s), parks %v:\n%s", schedules[i], c.name(schedules[i][0].at), parks, strings.Join(wrong, "\n"))
				} else if len(parks) > 0 {
					fmt.Println("PARK", schedules[i], c.name(schedules[i][0].at), parks)
				}
			}
		})
	}
	wg.Wait()
}

func singles(points []int) [][]strike {
	out := make([][]strike, len(points))
	for i, at := range points {
		out[i] = []strike{{at: at, crash: true}}
	}
	return out
}

// ground is where the stories' folders lie: in memory where there is such a place.
func ground(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "crash-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
