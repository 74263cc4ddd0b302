package rezora

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate holds an API's own limits: a rate, a number in flight, and the time before which the API wants no request.
type gate struct {
	api     string
	maxWait time.Duration
	timeout time.Duration
	rate    *rate.Limiter
	slots   chan struct{}

	mu     sync.Mutex
	closed time.Time // no request before
}

func newGate(api string, l Limits) *gate {
	return &gate{api: api, maxWait: l.MaxWait, timeout: l.Timeout, rate: rate.NewLimiter(rate.Limit(l.RequestsPerS), 1),
		slots: make(chan struct{}, l.InFlight)}
}

// closeFor keeps every request back for d.
func (g *gate) closeFor(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(d); until.After(g.closed) {
		g.closed = until
	}
}

func (g *gate) closedUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// enter waits for a permit; leave must be called once the answer has been read.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := g.pass(ctx); err != nil {
		g.leave()
		return err
	}
	return nil
}

func (g *gate) leave() { <-g.slots }

func (g *gate) pass(ctx context.Context) error {
	for {
		until := g.closedUntil()
		wait := time.Until(until)
		if wait <= 0 {
			break
		}
		if wait > g.maxWait+maxJitter {
			return &WaitError{API: g.api, Due: until}
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
	if err := g.rate.Wait(ctx); err != nil && ctx.Err() == nil {
		return errNoTime // the deadline comes before the permit
	} else if err != nil {
		return ctx.Err()
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type tokenExchangeKey struct{}

// guarded is the one way to the wire: it refuses everything but GET (I10), takes a permit for each attempt, redirects included,
// and ends an exchange that shows no byte for the time-out.
type guarded struct {
	gate *gate
	next http.RoundTripper
}

// RoundTrip sends one request.
func (t *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	exchange := req.Method == http.MethodPost && req.Context().Value(tokenExchangeKey{}) != nil
	if req.Method != http.MethodGet && !exchange {
		return nil, errMethod
	}
	if err := t.gate.enter(req.Context()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	idle := time.AfterFunc(t.gate.timeout, func() { cancel(errTimeout) })
	done := sync.OnceFunc(func() {
		idle.Stop()
		cancel(nil)
		t.gate.leave()
	})
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		if errors.Is(context.Cause(ctx), errTimeout) {
			err = errTimeout
		}
		done()
		return nil, err
	}
	idle.Reset(t.gate.timeout)
	resp.Body = &body{ReadCloser: resp.Body, ctx: ctx, idle: idle, timeout: t.gate.timeout, done: done}
	return resp, nil
}

// body gives the permit back when it is closed, and watches for silence.
type body struct {
	io.ReadCloser
	ctx     context.Context
	idle    *time.Timer
	timeout time.Duration
	done    func()
}

// Read reads on and restarts the watch.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.idle.Reset(b.timeout)
	}
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errTimeout) {
		err = errTimeout
	}
	return n, err
}

// Close ends the exchange.
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}

type timeoutError struct{}

func (timeoutError) Error() string { return "no byte within the time-out" }
func (timeoutError) Timeout() bool { return true }

var errTimeout error = timeoutError{}
