package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

const (
	groupOps    = 512                    // operations that share a commit at most
	groupWeight = 4000                   // rows that share a commit at most, so that a page does not keep claims waiting for long
	linger      = 150 * time.Microsecond // how long a group waits for the callers that were in the one before
	lingerTurns = 1000                   // how often it looks meanwhile: about as long, and an end where the clock stands still (synctest)
	txTimeout   = 2 * time.Minute        // a PostgreSQL that does not answer for so long has failed
	attempts    = 8                      // runs of one operation that meets transient failures
)

// op is a write waiting for its commit. fn may run more than once: it starts by resetting what it hands out.
type op struct {
	ctx     context.Context
	durable bool
	weight  int
	fn      func(*tx) error
	alone   string // instead of fn: a checkpoint to run between transactions
	done    chan error
}

// writer owns the one connection that writes. Operations that wait while a commit is under way share the next one. When one
// of a group fails, the group is rolled back and each runs again in a transaction of its own, so that none sinks the others.
type writer struct {
	l    *Ledger
	sess session
	ops  chan *op
	done chan struct{}

	mu     sync.RWMutex
	closed bool

	grown     map[string]int // rows added to each table since its statistics were made
	due       map[string]int // how many make the next ones due
	analyzing sync.WaitGroup
}

func newWriter(l *Ledger) *writer {
	w := &writer{l: l, ops: make(chan *op, groupOps), done: make(chan struct{}), grown: map[string]int{}, due: map[string]int{}}
	go w.loop()
	return w
}

func (w *writer) do(ctx context.Context, durable bool, weight int, fn func(*tx) error) error {
	o := &op{ctx: ctx, durable: durable, weight: weight, fn: fn, done: make(chan error, 1)}
	if err := w.enqueue(o); err != nil {
		return err
	}
	return <-o.done
}

func (w *writer) enqueue(o *op) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.ops <- o:
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// close commits what was enqueued before it and stops.
func (w *writer) close() error {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if first {
		close(w.ops)
	}
	<-w.done
	w.analyzing.Wait()
	if !first || w.sess == nil {
		return nil
	}
	return w.sess.close()
}

func (w *writer) loop() {
	defer close(w.done)
	last := 1
	for o := range w.ops {
		if o.alone != "" {
			o.done <- w.between(o)
			continue
		}
		group := w.gather(o, last)
		last = len(group)
		w.commit(group)
	}
}

// gather takes what waits, and gives as many callers as shared the last commit a moment to come back.
func (w *writer) gather(first *op, last int) []*op {
	group, weight := []*op{first}, first.weight
	start := time.Now()
	for turns := 0; len(group) < groupOps && weight < groupWeight; turns++ {
		select {
		case o, ok := <-w.ops:
			if !ok {
				return group
			}
			group, weight = append(group, o), weight+o.weight
			continue
		default:
		}
		if len(group) >= last || turns >= lingerTurns || time.Since(start) > linger {
			break
		}
		runtime.Gosched()
	}
	return group
}

// unknownCommit is a failure of the commit itself: the transaction may or may not have happened, so it is not run again here.
type unknownCommit struct{ error }

func (e unknownCommit) Unwrap() error { return e.error }

func (w *writer) commit(group []*op) {
	live := group[:0]
	for _, o := range group {
		if o.alone != "" {
			defer func() { o.done <- w.between(o) }()
			continue
		}
		if err := o.ctx.Err(); err != nil {
			o.done <- err
			continue
		}
		live = append(live, o)
	}
	if len(live) == 0 {
		return
	}
	err := w.attempt(live)
	var unknown unknownCommit
	if err == nil || errors.As(err, &unknown) {
		for _, o := range live {
			o.done <- err
		}
		return
	}
	if len(live) == 1 && !transient(err) && w.sess != nil {
		live[0].done <- err
		return
	}
	for _, o := range live {
		o.done <- w.alone(o)
	}
}

func (w *writer) alone(o *op) error {
	var err error
	for i := range attempts {
		err = w.attempt([]*op{o})
		var unknown unknownCommit
		lost := w.sess == nil && i == 0
		if err == nil || errors.As(err, &unknown) || !transient(err) && !lost {
			return err
		}
		time.Sleep(time.Duration(i*i) * 2 * time.Millisecond)
	}
	return err
}

// attempt runs a group in one transaction.
func (w *writer) attempt(group []*op) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), txTimeout)
	defer cancel()
	if w.sess == nil {
		if w.sess, err = w.l.open(ctx, w.l.writeDB); err != nil {
			w.sess = nil
			return away(ctx, fmt.Errorf("connect to the ledger: %w", err))
		}
	}
	committing := false
	defer func() {
		if err == nil {
			return
		}
		if !w.sess.broken() {
			_, _ = w.sess.exec(ctx, "ROLLBACK") // without a transaction there is nothing to roll back
		}
		if w.sess.broken() {
			_ = w.sess.close()
			w.sess = nil
			err = away(ctx, err)
		}
		if committing {
			err = unknownCommit{err}
		}
	}()
	durable := false
	for _, o := range group {
		durable = durable || o.durable
	}
	t, err := w.begin(ctx, durable, len(group) > 1)
	if err != nil {
		return err
	}
	for _, o := range group {
		if err := o.fn(t); err != nil {
			return err
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	committing = true
	if err := w.l.commit(func() error { _, err := w.sess.exec(ctx, "COMMIT"); return err }); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	w.grow(t.grown)
	return nil
}

func (w *writer) begin(ctx context.Context, durable, shared bool) (*tx, error) {
	if err := w.sess.script(ctx, w.l.d.begin(durable, shared)); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	return &tx{session: w.sess, ctx: ctx, l: w.l, counts: map[countKey]int64{}, paused: map[int64]bool{}, grown: map[string]int{}}, nil
}

// errBusy: a reader kept SQLite from emptying its log.
var errBusy = errors.New("the log is being read")

func (w *writer) between(o *op) error {
	if w.sess == nil {
		return ErrClosed
	}
	var busy, pages, moved int64
	if _, err := one(o.ctx, w.sess, o.alone, nil, &busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errBusy
	}
	return nil
}

// outside runs a statement that no transaction may hold, on a connection of its own or, where there is only one, between two groups.
func (w *writer) outside(ctx context.Context, q string) error {
	if w.l.d == postgresDialect {
		s, err := w.l.open(ctx, w.l.writeDB)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, q)
		return errors.Join(err, s.close())
	}
	o := &op{ctx: ctx, alone: q, done: make(chan error, 1)}
	if err := w.enqueue(o); err != nil {
		return err
	}
	return <-o.done
}
