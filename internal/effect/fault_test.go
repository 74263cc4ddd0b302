package effect_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/step"
)

// calls is how many calls one undisturbed run of everything makes, and a few more.
const calls = 24

// Delays of late commits, in milliseconds: the client has gone but its claim lives; the claim is over and the row was planned again.
const (
	gone = int(unit * 7 / 6 / time.Millisecond)
	over = int(5 * unit / time.Millisecond)
)

// settled waits until no late request is under way, then sweeps, as reconciliation does.
func (w *world) settled(t *testing.T, name string) {
	t.Helper()
	ok := assert.Eventually(t, func() bool { return w.s.Stats().InFlight == 0 }, 60*unit, 10*time.Millisecond, name)
	if !ok {
		return
	}
	_, err := w.writer().Sweep(context.Background(), step.NewTurn(load, time.Minute), "")
	assert.NoError(t, err, name)
	assert.NoError(t, w.finish(context.Background()), name)
}

// Every kind of fault at every call: each effect has exactly one record at the end, nothing is in doubt, the journal has the right ids.
func TestOneFaultAtEveryCall(t *testing.T) {
	kinds := []string{nutshelltest.HTTP429, nutshelltest.HTTP503, "another 5xx", nutshelltest.CloseBefore,
		nutshelltest.LateCommit, nutshelltest.CloseAfter, nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.Truncated, nutshelltest.Slow}
	together(t, calls*len(kinds), func(i int) {
		kind, at := kinds[i%len(kinds)], i/len(kinds)
		if kind == "another 5xx" {
			kind = []string{nutshelltest.HTTP500, nutshelltest.HTTP502, nutshelltest.HTTP504}[at%3]
		}
		name := fmt.Sprintf("%s at call %d", kind, at)
		w := newWorld(t, nil)
		w.everything(t)
		delay := gone
		if at%2 == 1 {
			delay = over
		}
		w.s.SetFaults(nutshelltest.Fault{Match: "*", Kind: kind, Skip: at, Times: 1, DelayMs: delay})
		assert.NoError(t, w.finish(t.Context()), name)
		w.settled(t, name)
		w.whole(t, name)
	})
}

// Faults without end, at random but by a fixed seed.
func TestManyFaults(t *testing.T) {
	together(t, 24, func(i int) {
		name := fmt.Sprintf("seed %d", i)
		w := newWorld(t, func(c *nutshelltest.Config) { c.Seed = int64(i) })
		w.everything(t)
		var faults []nutshelltest.Fault
		for _, kind := range []string{nutshelltest.CloseAfter, nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.Truncated, nutshelltest.CloseBefore, nutshelltest.HTTP429, nutshelltest.LateCommit} {
			faults = append(faults, nutshelltest.Fault{Match: "*", Kind: kind, Rate: nutshelltest.Rate(0.06), DelayMs: gone})
		}
		w.s.SetFaults(faults...)
		for range 20 { // what fails for a fault is tried again, as Temporal does
			if err := w.finish(t.Context()); err == nil {
				break
			}
		}
		w.s.SetFaults()
		w.settled(t, name)
		w.whole(t, name)
	})
}

// killer dies at its n-th exchange: the goroutine ends there, no line after runs, and no later exchange either.
type killer struct {
	http.RoundTripper
	mu    sync.Mutex
	left  int
	after bool
}

func (k *killer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.left--
	left := k.left
	k.mu.Unlock()
	if left < 0 || left == 0 && !k.after {
		runtime.Goexit()
	}
	resp, err := k.RoundTripper.RoundTrip(r)
	if left == 0 {
		if err == nil {
			b, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(b))
		}
		runtime.Goexit()
	}
	return resp, err
}

// The second worker may die as well, while it looks up what the first one left, sweeps, and makes a note again.
func TestDeathWhileResolving(t *testing.T) {
	together(t, 2*36, func(i int) {
		at, after := i/2+1, i%2 == 1
		name := fmt.Sprintf("exchange %d, after %v", at, after)
		w := newWorld(t, nil)
		w.everything(t)
		w.s.SetFaults(
			nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.CloseAfter, Times: 1},
			nutshelltest.Fault{Match: "newNote", Kind: nutshelltest.LateCommit, DelayMs: 3 * gone, Times: 1},
			nutshelltest.Fault{Match: "newLead", Kind: nutshelltest.LateCommit, DelayMs: 3 * gone, Times: 1},
			nutshelltest.Fault{Match: "rest:POST /rest/notes/*/files", Kind: nutshelltest.LateCommit, DelayMs: 3 * gone, Times: 1})
		alive := w.client
		w.client = w.newClient(t, func(o *nutshell.Options) {
			o.Transport = &killer{RoundTripper: nutshell.NewTransport(3), left: at + calls/2, after: after}
		})
		ctx, cancel := context.WithCancel(t.Context())
		died := make(chan struct{})
		go func() {
			defer close(died)
			_ = w.finish(ctx)
			_, _ = w.writer().Sweep(ctx, step.NewTurn(load, time.Minute), "")
		}()
		<-died
		cancel()
		w.client = alive
		assert.NoError(t, w.finish(t.Context()), name)
		w.settled(t, name)
		w.whole(t, name)
	})
}

// A worker that dies at any exchange, before it is sent or after it was answered, is followed by another that loses nothing and doubles
// nothing (I9).
func TestDeathAtEveryExchange(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		together(t, 2*calls, func(i int) {
			at, after := i/2+1, i%2 == 1
			name := fmt.Sprintf("concurrency %d, exchange %d, after %v", concurrency, at, after)
			w := newWorld(t, nil)
			w.everything(t)
			w.change = func(x *effect.Writer) { x.Concurrency = concurrency }
			alive := w.client
			k := &killer{RoundTripper: nutshell.NewTransport(concurrency), left: at, after: after}
			w.client = w.newClient(t, func(o *nutshell.Options) { o.Transport = k })
			ctx, cancel := context.WithCancel(t.Context())
			died := make(chan struct{})
			go func() {
				defer close(died)
				_, _ = w.page(ctx, w.writer(), "")
			}()
			<-died
			cancel()
			w.client = alive
			assert.NoError(t, w.finish(t.Context()), name)
			w.settled(t, name)
			w.whole(t, name)
		})
	}
}
