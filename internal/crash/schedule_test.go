package crash

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// kinds are all faults of Nutshell (nutshell contract 6.3).
var kinds = []string{
	nutshelltest.HTTP429, nutshelltest.HTTP500, nutshelltest.HTTP502, nutshelltest.HTTP503, nutshelltest.HTTP504, nutshelltest.CloseBefore,
	nutshelltest.CloseAfter, nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.Truncated, nutshelltest.Slow, nutshelltest.LateCommit,
}

// delays of slow answers and late commits: within the call's time, after it, after the claim's deadline.
var delays = []time.Duration{time.Second, 3 * time.Second, 12 * time.Second}

// mostStrikes is how many strikes a schedule has. A step that fails more often than stepTries parks by itself.
const mostStrikes = 4

// schedule draws some strikes; the same seed draws the same ones.
func (c *scene) schedule(seed uint64) []strike {
	r := rand.New(rand.NewPCG(seed, 9)) //nolint:gosec // a seed that replays a failure
	out := make([]strike, 1+r.IntN(mostStrikes))
	for i := range out {
		s := strike{at: 1 + r.IntN(len(c.first.gate.points))}
		switch r.IntN(3) {
		case 0:
			s.crash = true
		case 1:
			s.fault = kinds[r.IntN(len(kinds))]
		case 2:
			s.crash, s.fault = true, kinds[r.IntN(len(kinds))]
		}
		if s.fault == nutshelltest.Slow || s.fault == nutshelltest.LateCommit {
			s.delay = delays[r.IntN(len(delays))]
		}
		out[i] = s
	}
	slices.SortFunc(out, func(a, b strike) int { return cmp.Compare(a.at, b.at) })
	return out
}

// schedules are n of them, from a seed on.
func (c *scene) schedules(n, seed int) [][]strike {
	var out [][]strike
	for i := range n {
		out = append(out, c.schedule(uint64(seed+i)))
	}
	return out
}
