package undo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/target"
)

// claim is what a task holds of the journal while it is carried out.
type claim struct {
	rows  []ledger.Claim
	until time.Time // by this process's clock; no call starts or ends after it
}

// ending is how a task ends. An empty state leaves the claim standing: what was done is not known, and the next pass, or the next worker,
// asks the record once the deadline has passed.
type ending struct {
	state        ledger.State
	code, reason string
	event        string // for the audit log
}

// release gives a record back untouched: it is looked at again.
var release = ending{state: ledger.Done}

// stopper keeps the first error that ends a page.
type stopper struct {
	mu  sync.Mutex
	err error
}

func (s *stopper) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *stopper) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// act claims all tasks in one commit (I2), then makes their calls, a bounded number at once. The calls do not share the context's
// cancellation: one that has begun ends by its deadline, so that a stopping worker leaves as little in doubt as it can.
func (p *page) act(ctx context.Context, tasks []*task) error {
	var requests []ledger.RevertRequest
	from := make([]int, len(tasks)+1)
	for i, t := range tasks {
		for n, e := range t.open(p.Force) {
			r := ledger.RevertRequest{Key: e.EffectKey, From: e.State}
			if n == 0 && (t.do == remove || t.do == restore) {
				r.Rev, r.Image = t.seen.view.Rev, t.seen.image
			}
			requests = append(requests, r)
		}
		from[i+1] = len(requests)
	}
	ttl := p.Timeout + 2*chunkLength + margin
	until := time.Now().Add(ttl) // at or before the store's own: no clock of two machines is compared
	granted, err := p.Run.BeginRevert(ctx, requests, ttl)
	if err != nil {
		return fmt.Errorf("claim %d records of type %s: %w", len(tasks), p.typ, err)
	}
	detached := context.WithoutCancel(ctx)
	halt := &stopper{}
	var lock sync.Mutex
	var group errgroup.Group
	group.SetLimit(max(1, p.Concurrency))
	for i, t := range tasks {
		c := claim{until: until}
		for n := from[i]; n < from[i+1]; n++ {
			if granted[n] != nil {
				c.rows = append(c.rows, *granted[n])
			}
		}
		if len(c.rows) == 0 {
			continue // another worker has it
		}
		whole := granted[from[i]] != nil
		group.Go(func() error {
			end := release
			if whole && halt.failure() == nil && ctx.Err() == nil {
				end = p.one(detached, t, c, halt, &lock)
			}
			if err := p.settle(detached, t, c, end); err != nil {
				halt.fail(err)
			}
			return nil
		})
	}
	_ = group.Wait()
	return halt.failure()
}

// one carries out one task.
func (p *page) one(ctx context.Context, t *task, c claim, halt *stopper, lock *sync.Mutex) ending {
	switch t.do {
	case gone:
		return ending{state: ledger.Reverted, code: "gone", event: "deleted"}
	case keep:
		return ending{state: ledger.Kept, code: t.code, reason: t.reason, event: "kept"}
	case restore:
		if t.body == nil {
			return t.restored()
		}
	}
	if time.Until(c.until) < p.Timeout+margin/2 {
		return release
	}
	ctx, cancel := context.WithDeadline(ctx, c.until.Add(-margin/2))
	defer cancel()
	var err error
	if t.do == remove {
		err = p.Client.Delete(ctx, t.typ, t.id, t.seen.view.Rev)
	} else {
		_, err = p.Client.Edit(ctx, t.typ, t.id, t.seen.view.Rev, t.body)
	}
	if err == nil {
		p.Breaker.Succeeded()
		if t.do == remove {
			return ending{state: ledger.Reverted, event: "deleted"}
		}
		if len(p.refusedOf(t.id, lock)) > 0 {
			return p.again(t, nil, lock) // the other fields follow one by one
		}
		return t.restored()
	}
	return p.failed(ctx, t, err, halt, lock)
}

// restored is the end of a record that was there before.
func (t *task) restored() ending {
	if t.partly {
		return ending{state: ledger.Kept, code: t.code, reason: t.reason, event: "restored_in_part"}
	}
	return ending{state: ledger.Reverted, event: "restored"}
}

// failed sorts the ways a delete or an edit can fail (nutshell contract 7). It errs on the side of looking again.
func (p *page) failed(ctx context.Context, t *task, err error, halt *stopper, lock *sync.Mutex) ending {
	e, ok := nutshell.AsError(err)
	switch {
	case isPause(err), nutshell.IsUnauthorized(err), nutshell.IsForbidden(err):
		halt.fail(stop(err, t.typ))
		return release
	case nutshell.IsNotFound(err):
		p.Breaker.Succeeded()
		if t.do == remove {
			return ending{state: ledger.Reverted, code: "gone", event: "deleted"}
		}
		return p.again(t, &seen{gone: true, fresh: true}, lock)
	case ok && e.Outcome == nutshell.NotSent:
		p.Breaker.Failed()
		return p.again(t, nil, lock)
	case nutshell.IsStale(err):
		p.Breaker.Succeeded()
	case ok && e.Outcome == nutshell.Refused:
		p.Breaker.Succeeded()
		return p.refusal(t, e, lock)
	default: // no definite answer: the record itself tells what was done
		p.Breaker.Failed()
	}
	now, err := p.read(ctx, t.id)
	if err != nil {
		halt.fail(err)
		return ending{}
	}
	if now.err != nil {
		p.count(t.id, lock)
		return ending{}
	}
	if now.gone && t.do == remove {
		return ending{state: ledger.Reverted, event: "deleted"}
	}
	return p.again(t, &now, lock)
}

// again gives the record back, to be judged anew; as it was just read, when it was.
func (p *page) again(t *task, now *seen, lock *sync.Mutex) ending {
	lock.Lock()
	defer lock.Unlock()
	p.tries[t.id]++
	if now != nil {
		p.fresh[t.id] = *now
	}
	return release
}

// refusal handles a definite no. Of a record that was there before the fields are tried one by one, so that a value that Nutshell does not
// take any more, as an owner who left, keeps back itself alone.
func (p *page) refusal(t *task, e *nutshell.Error, lock *sync.Mutex) ending {
	if t.do == restore {
		lock.Lock()
		defer lock.Unlock()
		if p.refused[t.id] == nil {
			p.refused[t.id] = map[target.Path]bool{}
		}
		if len(t.paths) == 1 {
			p.refused[t.id][t.paths[0]] = true
		} else {
			p.refused[t.id][""] = true // from now on one field at a time
		}
		p.tries[t.id]++
		return release
	}
	p.again(t, nil, lock)
	return ending{state: ledger.Done, code: codeRefused, reason: fmt.Sprintf("Nutshell refused to delete it (HTTP status %d)", e.HTTPStatus)}
}

func (p *page) refusedOf(id int64, lock *sync.Mutex) map[target.Path]bool {
	lock.Lock()
	defer lock.Unlock()
	return p.refused[id]
}

func (p *page) count(id int64, lock *sync.Mutex) {
	lock.Lock()
	defer lock.Unlock()
	p.tries[id]++
}

// settle commits how a task ended, for all effects on its record at once, with one line in the audit log.
func (p *page) settle(ctx context.Context, t *task, c claim, end ending) error {
	if end.state == "" {
		return nil
	}
	outcomes := make([]ledger.Outcome, len(c.rows))
	for i, row := range c.rows {
		outcomes[i] = ledger.Outcome{Claim: row, State: end.state, Code: end.code, Reason: end.reason}
	}
	var audit []ledger.AuditEvent
	if end.event != "" {
		audit = append(audit, ledger.AuditEvent{Event: end.event, Fields: map[string]any{
			"object": t.first.Object, "source_id": t.first.SourceID, "target_type": string(t.typ), "target_id": t.id, "code": end.code, "rollback": true,
		}})
	}
	if _, err := p.Run.SettleRevert(ctx, outcomes, audit...); err != nil {
		return fmt.Errorf("settle the undoing of %s %d: %w", t.typ, t.id, err)
	}
	return nil
}
