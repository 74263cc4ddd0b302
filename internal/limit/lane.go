package limit

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// lane holds the permits of one class that this worker was granted.
type lane struct {
	class string
	terms terms
	// optional lanes limit nothing until a call of theirs was refused.
	optional bool
	turn     chan struct{} // held by the one who draws permits

	// Under turn.
	left      int
	next      int64
	gap       time.Duration
	drawn     int           // permits drawn since drawnAt
	drawnAt   int64         // start of the count that foretells the demand
	lastDrawn int           // permits drawn in a batch time
	cost      time.Duration // of asking the backend, smoothed
	idleUntil int64         // an optional lane is not asked for again before

	free freeRate // of an optional lane

	heldUntil atomic.Int64 // by a refusal this worker saw

	mu      sync.Mutex
	latency latencies
}

func newLane(class string, t terms, optional bool) *lane {
	return &lane{class: class, terms: t, optional: optional, turn: make(chan struct{}, 1)}
}

// acquire waits for one permit.
func (l *Limiter) acquire(ctx context.Context, ln *lane) error {
	for {
		slot, err := l.draw(ctx, ln)
		if err != nil {
			return err
		}
		if err := l.sleepUntil(ctx, slot); err != nil {
			return err
		}
		// A refusal seen meanwhile makes the permit void.
		if ln.heldUntil.Load() <= time.Now().UnixNano() {
			return nil
		}
	}
}

// draw takes the next permit and answers when it is good.
func (l *Limiter) draw(ctx context.Context, ln *lane) (int64, error) {
	if err := l.take(ctx, ln); err != nil {
		return 0, err
	}
	defer func() { <-ln.turn }()
	for {
		if err := l.check(ctx); err != nil {
			return 0, err
		}
		now := time.Now().UnixNano()
		if held := ln.heldUntil.Load(); held > now {
			ln.left = 0
			if err := l.sleepUntil(ctx, held); err != nil {
				return 0, err
			}
			continue
		}
		// Permits that nobody fetched in time are gone: no burst later on.
		for ln.left > 0 && ln.next < now-2*int64(ln.batch()) {
			ln.left--
			ln.next += int64(ln.gap)
		}
		if ln.left > 0 {
			slot := ln.next
			ln.left--
			ln.next += int64(ln.gap)
			ln.drawn++
			return slot, nil
		}
		if ln.optional && now < ln.idleUntil {
			ln.free.count(now)
			return now, nil
		}
		wait, free, err := l.refill(ctx, ln)
		if err != nil {
			return 0, err
		}
		if free {
			return now, nil
		}
		if wait > 0 {
			if err := l.sleepUntil(ctx, time.Now().UnixNano()+int64(wait)); err != nil {
				return 0, err
			}
		}
	}
}

// take waits for the turn, with an eye on the pause bit.
func (l *Limiter) take(ctx context.Context, ln *lane) error {
	for {
		timer := time.NewTimer(pauseAge)
		select {
		case ln.turn <- struct{}{}:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			if err := l.check(ctx); err != nil {
				return err
			}
		}
	}
}

// refill asks the backend for the next batch: what was used in the last batch
// time, so that a busy worker asks ten times a second and an idle one wastes
// nothing.
func (l *Limiter) refill(ctx context.Context, ln *lane) (wait time.Duration, free bool, err error) {
	now := time.Now()
	if span := now.UnixNano() - ln.drawnAt; span >= int64(batchTime) {
		ln.lastDrawn = 0
		if span < 4*int64(batchTime) {
			ln.lastDrawn = int(int64(ln.drawn) * int64(batchTime) / span)
		}
		ln.drawn, ln.drawnAt = 0, now.UnixNano()
	}
	batch := ln.batch()
	want := max(1, int(float64(ln.lastDrawn)*1.25*batch.Seconds()/batchTime.Seconds()), ln.drawn)
	suffers := ln.suffers()
	defer func(start time.Time) { ln.cost += (time.Since(start) - ln.cost) / 4 }(time.Now())
	for {
		text, version, err := l.backend.Load(ctx, ln.class)
		if err != nil {
			return 0, false, fmt.Errorf("limit: load state of class %s: %w", ln.class, err)
		}
		if ln.optional && text == "" {
			ln.idleUntil = time.Now().UnixNano() + int64(optionalAge)
			ln.free.count(now.UnixNano())
			return 0, true, nil
		}
		now := time.Now()
		s := decodeState(text, now, ln.terms)
		n, start, gap, wait := s.grant(now, want, batch, ln.terms, suffers)
		if n == 0 {
			return wait, false, nil
		}
		ok, err := l.backend.Store(ctx, ln.class, s.encode(), version)
		if err != nil {
			return 0, false, fmt.Errorf("limit: store state of class %s: %w", ln.class, err)
		}
		if ok {
			ln.left, ln.next, ln.gap = n, start, gap
			return 0, false, nil
		}
	}
}

// batch is the time that the permits of one question to the backend last.
func (ln *lane) batch() time.Duration { return min(max(4*ln.cost, batchTime), batchMost) }

// optionalAge is how long a worker may not know that another one's get was refused.
const optionalAge = time.Second

// freeRate counts the calls a second of a lane without limit: where the rate
// starts when one is refused.
type freeRate struct {
	second    atomic.Int64
	now, last atomic.Int64
}

func (f *freeRate) count(at int64) {
	second := at / int64(time.Second)
	if old := f.second.Swap(second); old != second {
		f.last.Store(0)
		if old == second-1 {
			f.last.Store(f.now.Load())
		}
		f.now.Store(0)
	}
	f.now.Add(1)
}

func (f *freeRate) perSecond() float64 { return float64(max(f.now.Load(), f.last.Load())) }
