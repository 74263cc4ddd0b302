package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
)

const (
	chaosSeeds = 8               // at the least
	chaosTime  = 4 * time.Minute // after which no further seed begins, SEEDS not given
	chaosLanes = 4               // seeds at once: most of their time they wait for a time-out
)

// TestChaos moves whole accounts while a seed harms them: workers and servers are killed, the network is cut, answers are lost, the call
// rate is cut. Whatever happened, the account ends as the map demands, or as it was before (I9). SEED=7 plays one seed, SEEDS=1000 so many.
func TestChaos(t *testing.T) {
	next, lanes := seedsOf(t)
	var all sync.WaitGroup
	for range lanes {
		all.Go(func() {
			l := &lane{T: t}
			defer l.stop()
			for seed, ok := next(); ok; seed, ok = next() {
				t.Run(fmt.Sprint(seed), func(t *testing.T) { l.play(t, seed) })
			}
		})
	}
	all.Wait()
}

// seedsOf hands out the seeds to play.
func seedsOf(t *testing.T) (next func() (uint64, bool), lanes int) {
	t.Helper()
	first, last, until := uint64(1), uint64(chaosSeeds), time.Now().Add(chaosTime)
	if s := os.Getenv("SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err, "SEED")
		first, last, until = n, n, time.Time{}
	} else if s := os.Getenv("SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		require.NoError(t, err, "SEEDS")
		last, until = n, time.Time{}
	}
	var mu sync.Mutex
	seed := first
	return func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		seed++
		return seed - 1, seed-1 <= last || time.Now().Before(until)
	}, int(min(chaosLanes, last-first+1))
}

// lane plays one seed after the other on servers of its own, since the seeds kill them.
type lane struct {
	*testing.T
	temporal *devstack.Temporal
	postgres *devstack.Postgres
	dir      string
}

// start starts the servers that a seed needs and that do not run yet.
func (l *lane) start(t *testing.T, postgres bool) {
	t.Helper()
	var err error
	if l.temporal == nil {
		l.dir, err = os.MkdirTemp("", "chaos-")
		require.NoError(t, err)
		l.temporal, err = devstack.StartTemporal(context.Background(), devstack.TemporalOptions{Dir: l.dir, Headless: true})
		require.NoError(t, err)
	}
	if postgres && l.postgres == nil {
		l.postgres, err = devstack.StartPostgres(context.Background())
		require.NoError(t, err)
	}
}

func (l *lane) stop() {
	if l.postgres != nil {
		_ = l.postgres.Stop()
	}
	if l.temporal != nil {
		_ = l.temporal.Stop()
	}
	_ = os.RemoveAll(l.dir)
}

// play plays one seed from start to end.
func (l *lane) play(t *testing.T, seed uint64) {
	t.Helper()
	began := time.Now()
	c := newChaos(t, l, seed, rand.New(rand.NewPCG(seed, 1)))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("SEED=%d %s\n%s", seed, c.kind(), c.diary())
		}
	})
	c.story()
	t.Logf("SEED=%d %s in %s: %s", seed, c.kind(), time.Since(began).Round(100*time.Millisecond), c.harms())
}
