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

// delays of slow answers and late commits: within the call's time, past it, past the claim's deadline.
var delays = []time.Duration{time.Second, 3 * time.Second, 12 * time.Second}

// closely is how far behind the first death the second may be that meets the worker at its recovery.
const closely = 40

// mostStrikes is how many strikes a schedule has. A step that fails more often than stepTries parks by itself.
const mostStrikes = 4

// schedule draws what happens to the workers of a scene: two deaths, the second while the first is being recovered from; a death of a fault;
// or some of everything. The same source draws the same.
func (c *scene) schedule(r *rand.Rand) []strike {
	points := c.points()
	at := points[r.IntN(len(points))]
	var out []strike
	switch r.IntN(3) {
	case 0:
		out = []strike{{at: at, crash: true}, {at: at + 1 + r.IntN(closely), crash: true}}
	case 1:
		out = []strike{fault(r, at, true)}
	case 2:
		for range 1 + r.IntN(mostStrikes) {
			at := points[r.IntN(len(points))]
			if r.IntN(2) == 0 {
				out = append(out, strike{at: at, crash: true})
			} else {
				out = append(out, fault(r, at, r.IntN(2) == 0))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b strike) int { return cmp.Compare(a.at, b.at) })
	return out
}

func fault(r *rand.Rand, at int, dies bool) strike {
	s := strike{at: at, crash: dies, fault: kinds[r.IntN(len(kinds))]}
	if s.fault == nutshelltest.Slow || s.fault == nutshelltest.LateCommit {
		s.delay = delays[r.IntN(len(delays))]
	}
	return s
}

// singles are a death at each point.
func singles(points []int) [][]strike {
	out := make([][]strike, len(points))
	for i, at := range points {
		out[i] = []strike{{at: at, crash: true}}
	}
	return out
}
