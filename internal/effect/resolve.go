package effect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/step"
)

// doubtBatch is how many rows in doubt are looked up together: one listing answers for all of them.
const doubtBatch = 500

// seenTwice is how many listings after the deadline and the read lag must not show a record before it counts as not made.
const seenTwice = 2

// Resolve brings every row in doubt of a step ("" = all) to a definite state, by looking, never by sending. again tells that rows went
// back to planned. It waits for deadlines: nobody resolves a claim that may still be sending.
func (w *Writer) Resolve(ctx context.Context, turn *step.Turn, name string) (again bool, err error) {
	for {
		if _, err := w.Run.Expire(ctx, name); err != nil {
			return again, fmt.Errorf("expire claims of %q: %w", name, err)
		}
		moving, until, err := w.Run.Claimed(ctx, name)
		if err != nil {
			return again, fmt.Errorf("count claims of %q: %w", name, err)
		}
		rows, err := w.Run.Doubts(ctx, name, doubtBatch)
		if err != nil {
			return again, fmt.Errorf("list doubts of %q: %w", name, err)
		}
		if len(rows) == 0 && moving == 0 {
			return again, nil
		}
		turn.At("resolve "+name, 0, int64(len(rows))+moving)
		if err := w.Breaker.Pass(ctx, w.Client); err != nil {
			return again, err
		}
		resolved, replanned, err := w.look(ctx, rows)
		if err != nil {
			return again, err
		}
		again = again || replanned
		if resolved > 0 && moving == 0 {
			continue
		}
		if err := w.pause(ctx, turn, until); err != nil {
			return again, err
		}
	}
}

// pause waits a moment, or until the next claim may be judged.
func (w *Writer) pause(ctx context.Context, turn *step.Turn, _ time.Time) error {
	if err := turn.Over(); err != nil {
		return err
	}
	if paused, err := w.Run.Paused(ctx); err != nil || paused {
		if err == nil {
			err = ledger.ErrPaused
		}
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(w.poll()):
		return nil
	}
}

// found is a record that carries the marker of a row in doubt.
type found struct {
	id     int64
	entity nutshell.Entity
}

// look searches Nutshell for the records of rows in doubt. What is found is adopted at once; what is not found is counted absent, and
// planned again after the second time.
func (w *Writer) look(ctx context.Context, rows []ledger.Effect) (resolved int, again bool, err error) {
	if len(rows) == 0 {
		return 0, false, nil
	}
	jobs, err := w.jobsOf(ctx, rows)
	if err != nil {
		return 0, false, err
	}
	hits, err := w.search(ctx, jobs)
	if err != nil {
		return 0, false, err
	}
	now, err := w.Run.StoreNow(ctx)
	if err != nil {
		return 0, false, err
	}
	var changes []ledger.Resolution
	var lines []ledger.AuditEvent
	var absent []ledger.EffectKey
	for _, j := range jobs {
		hit, ok := hits[j.row.EffectKey]
		switch {
		case ok:
			r, err := w.adopt(j, hit)
			if err != nil {
				return 0, false, err
			}
			changes = append(changes, r)
			lines = append(lines, j.line(r.Outcome))
		case now.Before(j.row.Deadline.Add(w.ReadLag)):
			// Too early to count: the record may not show yet.
		case j.row.Absent+1 < seenTwice:
			absent = append(absent, j.row.EffectKey)
		default:
			r := w.notMade(j)
			changes = append(changes, r)
			lines = append(lines, j.line(r.Outcome))
			again = true
		}
	}
	if err := w.Run.NoteAbsent(ctx, absent, now); err != nil {
		return 0, false, fmt.Errorf("note %d absent: %w", len(absent), err)
	}
	if _, err := w.Run.Resolve(ctx, changes, lines...); err != nil {
		return 0, false, fmt.Errorf("resolve %d doubts: %w", len(changes), err)
	}
	for _, j := range jobs {
		if _, ok := hits[j.row.EffectKey]; ok {
			w.spent(j.row, ledger.Done)
		}
	}
	return len(changes), again, nil
}

// notMade plans a row again: two listings after its deadline and the read lag did not show it. Should its request still be carried
// out, ever so late, the sweep finds both.
func (w *Writer) notMade(j *job) ledger.Resolution {
	return ledger.Resolution{Key: j.row.EffectKey, From: ledger.InDoubt, Token: j.row.Token, Outcome: ledger.Outcome{State: ledger.Planned}}
}

// adopt takes a found record as the effect's own.
func (w *Writer) adopt(j *job, hit found) (ledger.Resolution, error) {
	r := ledger.Resolution{Key: j.row.EffectKey, From: ledger.InDoubt, Token: j.row.Token}
	switch j.row.Verb {
	case ledger.Upload:
		r.Outcome = ledger.Outcome{State: ledger.Done, How: "adopted", Type: string(nutshell.Files), ID: hit.id}
	case ledger.Delete:
		r.Outcome = ledger.Outcome{State: ledger.Done, How: "deleted", Type: j.p.Type, ID: hit.id}
	case ledger.Edit:
		r.Outcome = w.standing(j, claim{})
	default:
		out, err := w.created(j, claim{}, hit.entity, "adopted")
		if err != nil {
			return r, err
		}
		w.Marks.Saw(j.p.Type, hit.id)
		r.Outcome = out
	}
	return r, nil
}

// jobsOf prepares rows for a look-up. Links may still be unresolved: a look-up needs the marker only.
func (w *Writer) jobsOf(ctx context.Context, rows []ledger.Effect) ([]*job, error) {
	projections, err := w.Project.Project(ctx, rows)
	if err != nil {
		return nil, fmt.Errorf("project rows in doubt: %w", err)
	}
	targets, err := w.targets(ctx, rows, projections)
	if err != nil {
		return nil, err
	}
	jobs := make([]*job, 0, len(rows))
	for _, row := range rows {
		p, ok := projections[row.EffectKey]
		if !ok {
			p = mapping.Projection{Object: row.Object, SourceID: row.SourceID, Role: row.Role, Type: row.TargetType}
		}
		j, state, _ := w.job(row, p, targets)
		if state != isReady {
			j = &job{row: row, p: p, where: func(string, string) (int64, bool) { return 0, false }}
		}
		jobs = append(jobs, j)
	}
	slices.SortFunc(jobs, func(a, b *job) int { return a.row.EffectKey.Compare(b.row.EffectKey) })
	return jobs, nil
}
