package account_test

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// unit is the time-out of one call in the tests. Deadlines and late commits are multiples of it, so that a slow machine needs one change.
const unit = 500 * time.Millisecond * slowness

// together runs cases side by side, since most of their time they wait for deadlines. Where everything is slow only some of them run.
func together(t *testing.T, n int, run func(i int)) {
	t.Helper()
	stride := 1
	if slowness > 1 || testing.Short() {
		stride = 7
	}
	var g errgroup.Group
	g.SetLimit(12 * runtime.GOMAXPROCS(0) / slowness)
	for i := 0; i < n; i += stride {
		g.Go(func() error { run(i); return nil })
	}
	_ = g.Wait()
}
