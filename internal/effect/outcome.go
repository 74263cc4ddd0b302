package effect

import (
	"context"
	"errors"
	"fmt"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/step"
)

// release gives a row back: it is proved that nothing was sent.
func release(c claim) ledger.Outcome { return ledger.Outcome{Claim: c.Claim, State: ledger.Planned} }

// doubt is the outcome of a call that has ended without saying what became of it: nothing is sent under this claim any more, and the
// server may work on it for as long again as a call may take.
func (w *Writer) doubt(j *job, c claim, code, reason string) ledger.Outcome {
	return ledger.Outcome{Claim: c.Claim, State: ledger.InDoubt, Code: code, Reason: reason, Wait: w.callTime(j)}
}

// quarantine sets a row aside for good, with a reason a person understands.
func quarantine(row ledger.Effect, code, reason string) ledger.Outcome {
	return ledger.Outcome{Claim: ledger.Claim{Key: row.EffectKey}, State: ledger.Quarantined, Code: code, Reason: reason}
}

// dismiss settles planned rows that will never be sent.
func (w *Writer) dismiss(ctx context.Context, rows map[ledger.EffectKey]ledger.Effect, outcomes []ledger.Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	lines := make([]ledger.AuditEvent, len(outcomes))
	for i, o := range outcomes {
		lines[i] = line(rows[o.Claim.Key], o)
	}
	if _, err := w.Run.Dismiss(ctx, outcomes, lines...); err != nil {
		return fmt.Errorf("quarantine %d effects: %w", len(outcomes), err)
	}
	for _, o := range outcomes {
		w.spent(rows[o.Claim.Key], o.State)
	}
	return nil
}

// failed sorts the ways a write can fail (nutshell contract 7). The error, when there is one, stops the page.
func (w *Writer) failed(ctx context.Context, j *job, c claim, err error, accepted string) (ledger.Outcome, error) {
	if j.committed != nil { // what a refusal means, and the numbers of a park, depend on what was done before
		j.committed()
	}
	e, ok := nutshell.AsError(err)
	switch {
	case isPause(err):
		return release(c), err
	case !ok:
		// The client did not get as far as sending, or it could not say: only its own word counts as proof.
		return w.doubt(j, c, "no_answer", "no answer came to the call"), nil
	case e.Outcome == nutshell.NotSent: // a limiter's 429 included, its 503 not: that one proves nothing (nutshell contract 7.2)
		w.Breaker.Failed()
		return release(c), nil
	case nutshell.IsUnauthorized(err):
		return release(c), err
	case nutshell.IsMethodMissing(err):
		return release(c), step.Stuck("method_missing", false, "Nutshell does not know the method %s; see whether the base URL leads to the JSON-RPC API, then resume", e.Method)
	case nutshell.IsForbidden(err):
		return w.forbidden(ctx, j, c, accepted)
	case e.Outcome == nutshell.Refused:
		w.Breaker.Succeeded() // the host answers
		return w.refused(ctx, j, c, e)
	}
	w.Breaker.Failed()
	return w.doubt(j, c, "no_answer", fmt.Sprintf("no definite answer came (HTTP status %d)", e.HTTPStatus)), nil
}

const reasonParentGone = "a person deleted the record that it belongs to in Nutshell; the raw record lies in records/"

// refused quarantines one record; too many of them stop the step, since then something is wrong with more than a record.
func (w *Writer) refused(ctx context.Context, j *job, c claim, e *nutshell.Error) (ledger.Outcome, error) {
	switch without, err := w.withoutDeleted(ctx, j); {
	case errors.Is(err, errParentGone):
		return ledger.Outcome{Claim: c.Claim, State: ledger.Quarantined, Code: ledger.DeletedByPerson, Reason: reasonParentGone}, nil
	case err != nil && (isPause(err) || nutshell.IsUnauthorized(err) || !isAnswer(err)):
		return release(c), err
	case err != nil && j.reads < tries: // nothing was made: it goes again
		j.reads++
		return release(c), nil
	case without:
		return release(c), nil
	}
	out := ledger.Outcome{Claim: c.Claim, State: ledger.Quarantined, Code: Refused,
		Reason: fmt.Sprintf("Nutshell refused %s (HTTP status %d); the raw record lies in records/", what(j), e.HTTPStatus)}
	if err := w.Run.PutValue(ctx, AnswerKey(c.Key), e.Reason); err != nil { // the words may hold record data: kept encrypted, for the reports
		return out, err
	}
	refused, tried, err := w.Run.Refusals(ctx, j.row.Step, refusalWindow)
	if err != nil {
		return out, fmt.Errorf("count refusals of %s: %w", j.row.Step, err)
	}
	if refused++; refused >= refusalLeast && float64(refused) > refusalShare*float64(max(tried+1, refusalLeast)) {
		return out, &step.Parked{Park: step.Park{Code: "too_many_refusals", Refused: j.row.Step, Reason: fmt.Sprintf(
			"Nutshell refused %d of the last %d records of step %s; look at the reasons (starter report), mend the cause, then resume: they are tried again", refused, tried+1, j.row.Step)}}
	}
	return out, nil
}

func isAnswer(err error) bool {
	_, ok := nutshell.AsError(err)
	return ok
}

// The window in which refusals are counted.
const (
	refusalWindow = 500
	refusalLeast  = 20
	refusalShare  = 0.05
)

// forbidden tells a plan's limit from a right that the key never had.
func (w *Writer) forbidden(ctx context.Context, j *job, c claim, accepted string) (ledger.Outcome, error) {
	if accepted == ParkPlanLimit {
		return ledger.Outcome{Claim: c.Claim, State: ledger.Quarantined, Code: "plan_limit", Reason: "the account's plan takes no more of this kind; a person accepted that"}, nil
	}
	worked, left, err := w.Run.Worked(ctx, j.row.Object, j.row.Role, string(j.row.Verb))
	if err != nil {
		return release(c), fmt.Errorf("count successes of %s: %w", j.row.Object, err)
	}
	if worked > 0 && j.row.Verb == ledger.Create {
		return release(c), step.Stuck(ParkPlanLimit, true,
			"the account's plan takes no more %s: %d were created, %d are left; resume goes on after an upgrade, accept leaves them out and goes on with the others", j.row.Object, worked, left)
	}
	return release(c), step.Stuck("forbidden", false,
		"Nutshell forbids this key to %s %s; give it the right (is it read-only?), then resume", j.row.Verb, j.row.Object)
}

// Refused is the code of a record that Nutshell refused.
const Refused = "refused"

// ParkPlanLimit is the code of the park at a plan's limit.
const ParkPlanLimit = "plan_limit"

func isPause(err error) bool { return isAny(err, limit.ErrPaused, ledger.ErrPaused) }

func what(j *job) string {
	switch j.row.Role {
	case "record":
		return "the " + singular(j.row.Object)
	default:
		return "the " + j.row.Role + " of the " + singular(j.row.Object)
	}
}
