// Package limit paces the calls of all workers of a migration together.
//
// It guarantees: the permits of a class never come faster than its rate, whoever
// asks; a refusal by the server and its Retry-After stop the class for every
// worker; a known rate is used but for 1.5 %; an unknown one is learnt from
// refusals, and a change of it is found by probing upward now and then. While
// the pause bit is set no permit is given.
//
// The state of a class is one row of a Backend, replaced by compare-and-swap;
// permits come in batches of a tenth of a second, so a crash wastes little.
// The workers' clocks are assumed to agree within a second or so.
package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// Classes of calls. Each call belongs to All, and to one of the others at most.
const (
	All  = "all"
	Find = "find"
	Get  = "get" // without limit until one is refused
)

// ErrPaused says that the pause bit is set; nothing was sent.
var ErrPaused = errors.New("paused")

// Options of a Limiter. All workers on one Backend need the same.
type Options struct {
	Backend Backend // required
	// Ceiling is the most calls a second of all workers; 0: learn.
	Ceiling float64
	// Headroom, 0 to 0.9, is the share of the rate left to the account's users.
	Headroom float64
	// Start is the rate of all calls that learning starts with. Defaults to 5 a second.
	Start float64
	// FindStart is that of finds with full records. Defaults to 2 a second.
	FindStart float64
}

// Limiter is one worker's share. It is safe for use by many goroutines.
type Limiter struct {
	backend Backend
	lanes   map[string]*lane
	pauses  pauses
}

// New makes a limiter; it touches the backend only when a permit is asked for.
func New(o Options) (*Limiter, error) {
	switch {
	case o.Backend == nil:
		return nil, errors.New("limit: backend missing")
	case o.Headroom < 0 || o.Headroom > 0.9:
		return nil, fmt.Errorf("limit: head-room %g is not within 0 and 0.9", o.Headroom)
	case o.Ceiling < 0 || o.Start < 0 || o.FindStart < 0:
		return nil, errors.New("limit: negative rate")
	}
	start, findStart := o.Start, o.FindStart
	if start == 0 {
		start = 5
	}
	if findStart == 0 {
		findStart = 2
	}
	return &Limiter{backend: o.Backend, lanes: map[string]*lane{
		All:  newLane(All, terms{start: start, ceiling: o.Ceiling, headroom: o.Headroom}, false),
		Find: newLane(Find, terms{start: findStart, headroom: o.Headroom}, false),
		Get:  newLane(Get, terms{start: start, headroom: o.Headroom}, true),
	}}, nil
}

// Acquire waits for a permit of each class, the narrowest first. It answers
// ErrPaused within a quarter of a second when the pause bit is set, the error
// of ctx, or one of the backend.
func (l *Limiter) Acquire(ctx context.Context, classes ...string) error {
	for _, class := range slices.Backward(classes) {
		ln, ok := l.lanes[class]
		if !ok {
			return fmt.Errorf("limit: unknown class %q", class)
		}
		if err := l.acquire(ctx, ln); err != nil {
			return err
		}
	}
	return nil
}

// Done reports an answer: how long it took (0: there was none), and whether
// the server's limiter refused the call. A retryAfter without a refusal holds
// the classes back without teaching a rate.
func (l *Limiter) Done(classes []string, latency time.Duration, refused bool, retryAfter time.Duration) {
	if len(classes) == 0 {
		return
	}
	if !refused {
		// A find takes longer than a create: each lane compares like with like.
		if ln := l.lanes[classes[len(classes)-1]]; ln != nil && latency > 0 {
			ln.answered(latency)
		}
		for _, class := range classes {
			if retryAfter > 0 {
				l.update(class, retryAfter, func(s *state, now time.Time, _ terms) { s.hold(now.UnixNano(), min(retryAfter, maxHold)) })
			}
		}
		return
	}
	l.update(l.blame(classes), retryAfter, func(s *state, now time.Time, t terms) {
		s.refused(now, now.Add(-latency).UnixNano(), retryAfter, t)
	})
}

// update changes the state of a class after an answer. A backend that fails
// here costs the lesson only: the hold stays in this worker.
func (l *Limiter) update(class string, retryAfter time.Duration, change func(*state, time.Time, terms)) {
	ln, ok := l.lanes[class]
	if !ok {
		return
	}
	if retryAfter <= 0 {
		retryAfter = holdless
	}
	ln.holdBack(time.Now().Add(min(retryAfter, maxHold)).UnixNano())
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for range 100 {
		text, version, err := l.backend.Load(ctx, class)
		if err != nil {
			return
		}
		now, t := time.Now(), ln.terms
		if ln.optional && text == "" {
			t.start = max(t.start, ln.free.perSecond())
		}
		s := decodeState(text, now, t)
		change(&s, now, ln.terms)
		if ok, err := l.backend.Store(ctx, class, s.encode(), version); ok || err != nil {
			return
		}
	}
}

func (ln *lane) holdBack(until int64) {
	for {
		old := ln.heldUntil.Load()
		if until <= old || ln.heldUntil.CompareAndSwap(old, until) {
			return
		}
	}
}

// blame names the class that a refusal teaches: the narrowest, unless that one
// never was refused while the calls of all classes run at a rate that was.
func (l *Limiter) blame(classes []string) string {
	narrow := classes[len(classes)-1]
	if len(classes) == 1 {
		return narrow
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	own, err := l.peek(ctx, narrow)
	if err != nil || own.Base > 0 {
		return narrow
	}
	all, err := l.peek(ctx, All)
	if err == nil && all.Base > 0 && all.floor(time.Now().UnixNano()) > 0.85*all.Base {
		return All
	}
	return narrow
}

func (l *Limiter) peek(ctx context.Context, class string) (state, error) {
	text, _, err := l.backend.Load(ctx, class)
	if err != nil || text == "" {
		return state{}, err
	}
	return decodeState(text, time.Now(), l.lanes[class].terms), nil
}

// Rate is the rate of permits a second that a class has now; 0 for a class
// without limit. It serves estimates and metrics.
func (l *Limiter) Rate(ctx context.Context, class string) (float64, error) {
	ln, ok := l.lanes[class]
	if !ok {
		return 0, fmt.Errorf("limit: unknown class %q", class)
	}
	text, _, err := l.backend.Load(ctx, class)
	if err != nil {
		return 0, err
	}
	if text == "" && ln.optional {
		return 0, nil
	}
	s := decodeState(text, time.Now(), ln.terms)
	return s.pace(ln.terms), nil
}

// pauseBit is the pause bit as it was read last.
type pauseBit struct {
	set    atomic.Bool
	readAt atomic.Int64
}

// pauseAge is how old the bit may be.
const pauseAge = 250 * time.Millisecond

// check answers ErrPaused while the bit is set, and the error of ctx.
func (l *Limiter) check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pauser, ok := ctx.Value(runKey{}).(Pauser)
	if !ok {
		pauser = l.backend
	}
	bit := l.pauses.of(pauser)
	now := time.Now().UnixNano()
	read := bit.readAt.Load()
	if now-read >= int64(pauseAge) && bit.readAt.CompareAndSwap(read, now) {
		set, err := pauser.Paused(ctx)
		if err != nil {
			bit.readAt.Store(read)
			return fmt.Errorf("limit: read the pause bit: %w", err)
		}
		bit.set.Store(set)
	}
	if bit.set.Load() {
		return ErrPaused
	}
	return nil
}

// sleepUntil sleeps, with an eye on the pause bit.
func (l *Limiter) sleepUntil(ctx context.Context, until int64) error {
	for {
		left := time.Duration(until - time.Now().UnixNano())
		if left <= 0 {
			return l.check(ctx)
		}
		timer := time.NewTimer(min(left, pauseAge))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if err := l.check(ctx); err != nil {
			return err
		}
	}
}
