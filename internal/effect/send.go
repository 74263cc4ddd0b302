package effect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// Bounds of a chunk of claims. A chunk shares one commit; what is claimed when a worker dies has to be looked up, so a chunk is about
// as much as can be started within Writer.ChunkTime.
const (
	chunkLeast = 4
	chunkMost  = 128
)

// send claims ready jobs chunk by chunk and carries them out, a bounded number at once. settled counts rows that need nothing more,
// left those in doubt.
func (w *Writer) send(ctx context.Context, turn *step.Turn, jobs []*job, accepted string) (settled, left int64, err error) {
	var done, doubt atomic.Int64
	s := &sender{w: w, accepted: accepted, done: &done, doubt: &doubt, turn: turn}
	s.settler = s.settling(ctx)
	size := max(chunkLeast, w.Concurrency)
	for len(jobs) > 0 && s.failure() == nil {
		if err := s.mayGoOn(ctx); err != nil {
			s.fail(err)
			break
		}
		chunk := jobs[:min(size, len(jobs))]
		jobs = jobs[len(chunk):]
		began := time.Now()
		if err := s.chunk(ctx, chunk); err != nil {
			s.fail(err)
			break
		}
		jobs = append(jobs, s.takeAgain()...)
		size = w.resize(size, len(chunk), time.Since(began))
	}
	s.settler.end()
	return done.Load(), doubt.Load(), s.failure()
}

func (w *Writer) resize(size, sent int, took time.Duration) int {
	switch {
	case sent == size && took < w.chunkTime()/2:
		return min(size*2, chunkMost)
	case took > 2*w.chunkTime():
		return max(size/2, chunkLeast, w.Concurrency)
	}
	return size
}

// sender is one call of send.
type sender struct {
	w        *Writer
	turn     *step.Turn
	accepted string
	settler  *settler
	done     *atomic.Int64
	doubt    *atomic.Int64

	mu    sync.Mutex
	err   error
	again []*job // given back untouched: they go out with a later chunk
}

func (s *sender) retry(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = append(s.again, j)
}

func (s *sender) takeAgain() []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.again
	s.again = nil
	return out
}

// mayGoOn is asked between chunks: a cancelled, paused or due turn claims nothing more.
func (s *sender) mayGoOn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.turn.Over(); err != nil {
		return err
	}
	return s.w.Breaker.Pass(ctx, s.w.Client)
}

func (s *sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

func (s *sender) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// chunk commits the intents of some jobs together (I2), then makes their calls. The calls do not share the context's cancellation: one
// that has begun ends by its deadline, so that a stopping worker leaves as little in doubt as it can.
func (s *sender) chunk(ctx context.Context, jobs []*job) error {
	w := s.w
	jobs, err := s.read(ctx, jobs)
	if err != nil || len(jobs) == 0 {
		return err
	}
	requests := make([]ledger.ClaimRequest, len(jobs))
	for i, j := range jobs {
		r, err := w.request(j)
		if err != nil {
			return err
		}
		requests[i] = r
	}
	ttl := w.ttl(jobs)
	deadline := time.Now().Add(ttl) // at or before the store's own: no clock of two machines is compared
	claims, err := w.Run.Claim(ctx, requests, ttl)
	if err != nil {
		return fmt.Errorf("claim %d effects: %w", len(jobs), err)
	}
	detached := context.WithoutCancel(ctx)
	var group errgroup.Group
	group.SetLimit(max(1, w.Concurrency))
	for i, j := range jobs {
		if claims[i] == nil {
			continue // another worker has it, or a reset run
		}
		held := claim{Claim: *claims[i], until: deadline}
		j.committed = s.settler.flush
		group.Go(func() error {
			s.settler.put(j, s.one(detached, ctx, j, held))
			return nil
		})
	}
	return group.Wait()
}

// claim is a granted claim with the moment, by this process's clock, after which nothing of it may be sent.
type claim struct {
	ledger.Claim
	until time.Time
}

// one carries out a claim, unless the page has stopped, the host has stopped answering, or the time left is too short for a call; then the
// row goes back untouched.
func (s *sender) one(ctx, turn context.Context, j *job, c claim) ledger.Outcome {
	if s.failure() != nil || turn.Err() != nil || s.w.Breaker.isOpen() || time.Until(c.until) < s.w.callTime(j)+s.w.margin()/2 {
		return release(c)
	}
	callCtx, cancel := context.WithDeadline(ctx, c.until.Add(-s.w.margin()/2))
	defer cancel()
	out, err := s.w.call(callCtx, j, c, s.accepted)
	if err != nil {
		s.fail(err)
	}
	return out
}

// read brings the records that edits and deletes start from. It happens before the claim, so nothing is in doubt when a read fails; the
// job then waits for the host with the others.
func (s *sender) read(ctx context.Context, jobs []*job) ([]*job, error) {
	var group errgroup.Group
	group.SetLimit(max(1, s.w.Concurrency))
	keep := make([]bool, len(jobs))
	for i, j := range jobs {
		if j.row.Verb != ledger.Edit && j.row.Verb != ledger.Delete {
			keep[i] = true
			continue
		}
		group.Go(func() (err error) {
			keep[i], err = s.readOne(ctx, j)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	out := jobs[:0:0]
	for i, j := range jobs {
		if keep[i] {
			out = append(out, j)
		}
	}
	return out, nil
}

func (s *sender) readOne(ctx context.Context, j *job) (bool, error) {
	if j.edit != nil && !j.stale {
		return true, nil
	}
	err := s.w.readForEdit(ctx, j, j.stale)
	switch {
	case err == nil:
		j.stale = false
		return true, nil
	case errors.Is(err, errTouched):
		s.done.Add(1)
		return false, s.w.keep(ctx, j)
	case errors.Is(err, errDeleted), nutshell.IsNotFound(err):
		s.done.Add(1)
		return false, s.w.dismiss(ctx, map[ledger.EffectKey]ledger.Effect{j.row.EffectKey: j.row}, []ledger.Outcome{s.w.alreadyGone(j)})
	case ctx.Err() != nil, isPause(err), nutshell.IsUnauthorized(err), nutshell.IsRefused(err), j.reads >= tries:
		return false, err
	}
	if _, ok := nutshell.AsError(err); !ok {
		return false, err
	}
	j.reads++
	s.w.Breaker.Failed()
	s.retry(j)
	return false, nil
}

func (w *Writer) callTime(j *job) time.Duration {
	if j.row.Verb == ledger.Upload {
		return w.UploadTimeout
	}
	return w.Timeout
}

// ttl is the life of a chunk's claims: the longest call, the wait behind the others, and the time to commit.
func (w *Writer) ttl(jobs []*job) time.Duration {
	longest := w.Timeout
	for _, j := range jobs {
		longest = max(longest, w.callTime(j))
	}
	return longest + 2*w.chunkTime() + w.margin()
}
