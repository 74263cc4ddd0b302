package effect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rezora2nutshell/internal/ledger"
)

// settler commits the outcomes of a page while its calls go on, those of a moment together. A success does not wait for its commit;
// anything else does, since what a refusal or a park means depends on those before it.
type settler struct {
	s    *sender
	ctx  context.Context
	in   chan result
	done chan struct{}
}

// linger is how long the first success of a commit waits for others: each commit costs the same, however much it holds.
const linger = 20 * time.Millisecond

// result is what became of one claim.
type result struct {
	job  *job
	out  ledger.Outcome
	kept chan struct{} // closed when it is committed, with all before it
}

// settling begins. The context's cancellation does not count, so that no outcome is lost. No more successes than a chunk has wait for a
// commit: a worker that dies leaves no more in doubt than its claims.
func (s *sender) settling(ctx context.Context) *settler {
	t := &settler{s: s, ctx: context.WithoutCancel(ctx), in: make(chan result, chunkMost), done: make(chan struct{})}
	go t.loop()
	return t
}

func (t *settler) put(j *job, out ledger.Outcome) {
	r := result{j, out, make(chan struct{})}
	t.in <- r
	if r.urgent() {
		<-r.kept
	}
}

// flush waits until what was put before is committed.
func (t *settler) flush() {
	r := result{kept: make(chan struct{})}
	t.in <- r
	<-r.kept
}

// end waits until everything is committed.
func (t *settler) end() {
	close(t.in)
	<-t.done
}

func (t *settler) loop() {
	defer close(t.done)
	for r := range t.in {
		batch := t.gather(r)
		t.commit(slices.DeleteFunc(slices.Clone(batch), func(r result) bool { return r.job == nil })) // of a flush
		for _, r := range batch {
			close(r.kept)
		}
	}
}

// gather takes what else comes within a moment, so that fewer commits hold more outcomes. Where somebody waits for the commit, it takes
// only what is there.
func (t *settler) gather(first result) []result {
	batch, urgent := []result{first}, first.urgent()
	over := time.After(linger)
	for len(batch) < chunkMost && (!urgent || len(t.in) > 0) {
		select {
		case r, ok := <-t.in:
			if !ok {
				return batch
			}
			batch, urgent = append(batch, r), urgent || r.urgent()
		case <-over:
			return batch
		}
	}
	return batch
}

// urgent tells that somebody waits for the commit.
func (r result) urgent() bool { return r.job == nil || r.out.State != ledger.Done }

// commit settles a batch; one that fails must not sink the others, so they then go one by one. Settling twice the same way does no harm.
func (t *settler) commit(batch []result) {
	if len(batch) == 0 {
		return
	}
	outcomes, lines := make([]ledger.Outcome, len(batch)), make([]ledger.AuditEvent, len(batch))
	for i, r := range batch {
		outcomes[i], lines[i] = r.out, r.job.line(r.out)
	}
	ok, err := t.s.w.Run.Settle(t.ctx, outcomes, lines...)
	switch {
	case err != nil && len(batch) > 1:
		for _, r := range batch {
			t.commit([]result{r})
		}
	case err != nil:
		t.s.fail(fmt.Errorf("settle effect %s: %w", name(outcomes[0].Claim.Key), err))
	default:
		for i, r := range batch {
			t.s.count(r, ok[i])
		}
	}
}

// count takes a committed outcome in. A row that was given back goes out again.
func (s *sender) count(r result, counts bool) {
	switch state := r.out.State; {
	case !counts:
		s.doubt.Add(1) // the claim was lost; the outcome stands in the audit log for the sweep
	case state == ledger.InDoubt:
		s.doubt.Add(1)
	case state != ledger.Planned:
		s.w.spent(r.job.row, state)
		s.done.Add(1)
		s.turn.Add(1)
	}
	if r.out.State == ledger.Planned {
		s.retry(r.job)
	}
}
