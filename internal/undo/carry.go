package undo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/target"
)

const (
	// tries is how often one record may change between its reading and its undoing, or lose an answer, before it is left to the proof.
	tries = 6
	// triesByField is the same for a record whose fields are given back one by one.
	triesByField = 100
	// pollEvery is the pause between two looks at a claim that another worker holds, or that a dead one held.
	pollEvery = 300 * time.Millisecond
	// margin is what a claim's deadline keeps free beyond the calls: the time to commit their outcome.
	margin = 5 * time.Second
	// A chunk of claims shares one commit. What is under a claim when a worker dies has to wait for its deadline, so a chunk is about as much
	// as can be done within a second.
	chunkLeast  = 8
	chunkMost   = 128
	chunkLength = time.Second
)

// page is the undoing of some records of one type.
type page struct {
	*Undoer
	typ     nutshell.EntityType
	turn    *step.Turn
	stale   bool
	now     time.Time // the store's clock at the beginning of this pass
	size    int
	tries   map[int64]int
	fresh   map[int64]seen                 // read after a call that told little; used by the next pass
	refused map[int64]map[target.Path]bool // former values that Nutshell did not take
	late    map[string][]string            // what people hung on records since the crawl, by parent
}

// carry undoes the records with these ids until each needs nothing more or was tried often enough.
func (u *Undoer) carry(ctx context.Context, turn *step.Turn, typ nutshell.EntityType, ids []int64) (Result, error) {
	p := &page{
		Undoer: u, typ: typ, turn: turn, size: max(chunkLeast, u.Concurrency),
		tries: map[int64]int{}, fresh: map[int64]seen{}, refused: map[int64]map[target.Path]bool{},
	}
	var res Result
	for len(ids) > 0 {
		ready, waiting, err := p.sort(ctx, ids)
		if err != nil {
			return res, err
		}
		done := int64(len(ids) - len(ready) - len(waiting))
		res.Done += done
		turn.Add(done)
		if len(ready) == 0 && len(waiting) == 0 {
			break
		}
		if ids, err = p.pass(ctx, ready); err != nil {
			return res, err
		}
		var spent int64
		if ids, spent = p.within(ids); spent > 0 {
			res.Left += spent
		}
		if len(ready) == 0 {
			if err := p.wait(ctx); err != nil {
				return res, err
			}
		}
		for _, x := range waiting {
			ids = append(ids, x.id)
		}
	}
	return res, nil
}

// sort reads what the journal says of the records now: open ones that may be worked on, and those under a claim that still lives.
func (p *page) sort(ctx context.Context, ids []int64) (ready, waiting []*unit, err error) {
	units, err := p.units(ctx, p.typ, ids)
	if err != nil {
		return nil, nil, err
	}
	if p.stale, p.now, err = p.isStale(ctx); err != nil {
		return nil, nil, err
	}
	for _, x := range units {
		switch open := x.open(p.Force); {
		case len(open) == 0:
		case p.claimed(open):
			waiting = append(waiting, x)
		default:
			ready = append(ready, x)
		}
	}
	return ready, waiting, nil
}

// claimed tells whether a claim on the record lives: nobody resolves it before its deadline.
func (p *page) claimed(open []ledger.Effect) bool {
	for _, e := range open {
		if e.State == ledger.Reverting && !e.Deadline.Before(p.now) {
			return true
		}
	}
	return false
}

// within drops the records that were tried often enough.
func (p *page) within(ids []int64) (again []int64, spent int64) {
	for _, id := range ids {
		if n := p.tries[id]; n >= tries && p.refused[id] == nil || n >= triesByField {
			spent++
			continue
		}
		again = append(again, id)
	}
	return again, spent
}

// wait lets a moment pass for claims to end.
func (p *page) wait(ctx context.Context) error {
	if err := p.mayGoOn(ctx); err != nil {
		return err
	}
	if paused, err := p.Run.Paused(ctx); err != nil || paused {
		return errors.Join(err, pausedError(paused))
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pollEvery):
		return nil
	}
}

func pausedError(paused bool) error {
	if paused {
		return ledger.ErrPaused
	}
	return nil
}

// mayGoOn is asked between chunks: a cancelled, due or cut-off turn claims nothing more.
func (p *page) mayGoOn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.turn.Over(); err != nil {
		return err
	}
	return p.Breaker.Pass(ctx, p.Client)
}

// pass works on some records once, chunk by chunk, and answers all of them for a second look.
func (p *page) pass(ctx context.Context, ready []*unit) ([]int64, error) {
	again := make([]int64, 0, len(ready))
	for _, x := range ready {
		again = append(again, x.id)
	}
	for len(ready) > 0 {
		if err := p.mayGoOn(ctx); err != nil {
			return nil, err
		}
		chunk := ready[:min(p.size, len(ready))]
		ready = ready[len(chunk):]
		began := time.Now()
		if err := p.chunk(ctx, chunk); err != nil {
			return nil, err
		}
		p.resize(len(chunk), time.Since(began))
	}
	return again, nil
}

func (p *page) resize(sent int, took time.Duration) {
	switch {
	case sent == p.size && took < chunkLength/2:
		p.size = min(p.size*2, chunkMost)
	case took > 2*chunkLength:
		p.size = max(p.size/2, chunkLeast, p.Concurrency)
	}
}

// chunk reads some records, decides, claims, and carries the decisions out.
func (p *page) chunk(ctx context.Context, units []*unit) error {
	records, err := p.look(ctx, units)
	if err != nil {
		return err
	}
	readable := units[:0:0]
	for _, x := range units {
		if records[x.id].err != nil {
			p.tries[x.id]++
			delete(records, x.id)
			continue
		}
		readable = append(readable, x)
	}
	judged, err := p.judgeAll(ctx, readable, records)
	if err != nil {
		return err
	}
	return p.act(ctx, judged)
}

// task is one record with what is to be done about it.
type task struct {
	*unit
	judgement
	seen seen
}

func (p *page) judgeAll(ctx context.Context, units []*unit, records map[int64]seen) ([]*task, error) {
	a, err := p.around(ctx, p.typ, units, records)
	if err != nil {
		return nil, fmt.Errorf("look around %d %s: %w", len(records), p.typ, err)
	}
	if err := p.newcomers(ctx, a.foreign); err != nil {
		return nil, err
	}
	hashes, err := p.siblings(ctx, units)
	if err != nil {
		return nil, err
	}
	out := make([]*task, 0, len(units))
	if err := p.hiddenAccounts(ctx, units, records); err != nil {
		return nil, err
	}
	for _, x := range units {
		s := records[x.id]
		j, err := p.judge(x, s, a, hashes[x.id], p.refused[x.id])
		if err != nil {
			return nil, fmt.Errorf("judge %s %d: %w", p.typ, x.id, err)
		}
		out = append(out, &task{unit: x, judgement: j, seen: s})
	}
	return out, nil
}

func isPause(err error) bool {
	return errors.Is(err, limit.ErrPaused) || errors.Is(err, ledger.ErrPaused)
}

// stop makes a park of an answer that forbids what the rollback needs.
func stop(err error, typ nutshell.EntityType) error {
	if nutshell.IsForbidden(err) {
		return step.Stuck("forbidden", false, "Nutshell forbids this key to read, change or delete records of type %s; give it the right (is it read-only?), then resume", typ)
	}
	return err
}
