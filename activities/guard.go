package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/tally"
)

// beatEvery is how often a working step shows that it lives; the workflows notice a dead worker after a few missed beats.
const beatEvery = 2 * time.Second

// stepTries is how often a step may fail for a reason nobody foresaw before the run parks and a person looks at it.
const stepTries = 6

// work is one activity's grip on its migration.
type work struct {
	*Activities
	run  *ledger.Run
	ref  step.Ref
	in   api.Input
	turn *step.Turn
}

// result is a step's result that can carry an outcome.
type result[T any] interface {
	*T
	Put(step.Outcome)
}

// guard is the one error boundary of the activities: it checks that this worker serves the migration, beats, and turns the end of a
// turn into an outcome. What it returns as an error is tried again by Temporal; it carries no record data (I5).
func guard[T any, P result[T]](ctx context.Context, a *Activities, ref step.Ref, body func(context.Context, *work) (T, error)) (T, error) {
	var out T
	counted := tally.With(ctx)
	w, err := a.grip(counted, ref)
	if err == nil {
		working := counted
		if w.run != nil {
			working = limit.WithRun(counted, w.run) // the limiter heeds the pause bit of this run
		}
		stop := w.beat(counted)
		out, err = body(working, w)
		stop()
	}
	o, err := a.outcome(ctx, w, err)
	if w != nil && w.run != nil {
		o.Calls = w.calls(ctx)
	}
	P(&out).Put(o)
	return out, err
}

// grip finds the migration and refuses, without side effect, when this worker serves another ledger or other accounts.
func (a *Activities) grip(ctx context.Context, ref step.Ref) (*work, error) {
	length := a.HandOver
	if length == 0 {
		length = step.HandOver
	}
	w := &work{Activities: a, ref: ref, turn: step.NewTurn(activity.GetInfo(ctx).ActivityType.Name, length)}
	if ref.Migration == "" {
		return w, nil // the step that opens the migration
	}
	if ref.Ledger != a.Ledger.ID() {
		return nil, ledger.ErrForeign
	}
	run, err := a.run(ctx, ref.Migration, ref.Generation)
	if err != nil {
		return nil, err
	}
	if err := run.Check(ref.Ledger, ref.Nutshell, ref.Rezora); err != nil {
		return nil, err
	}
	if err := a.sameAccounts(ctx, ref, activity.GetInfo(ctx).ActivityType.Name); err != nil {
		return nil, err
	}
	w.run = run
	if len(run.Info().Input) > 0 {
		if w.in, err = api.DecodeInput(run.Info().Input); err != nil {
			return nil, fmt.Errorf("read the input of %s: %w", ref.Migration, err)
		}
	}
	return w, nil
}

// beat heartbeats until stopped, and keeps the count of calls in the ledger up to date.
func (w *work) beat(ctx context.Context) (stop func()) {
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for ctx.Err() == nil {
			activity.RecordHeartbeat(ctx, w.turn.Beat())
			select {
			case <-ctx.Done():
				return
			case <-end:
				return
			case <-tick.C:
				w.flush(ctx)
			}
		}
	}()
	return func() { close(end); <-done; w.flush(context.WithoutCancel(ctx)) }
}

// flush moves the calls counted since the last time into the ledger. A worker that dies loses the count of its last two seconds.
func (w *work) flush(ctx context.Context) {
	if w.run == nil {
		return
	}
	counts := tally.Take(ctx)
	if len(counts) == 0 {
		return
	}
	if err := w.run.AddCalls(ctx, counts); err != nil {
		tally.GiveBack(ctx, counts)
	}
}

// Keys of the numbers of calls that are no part of the work: probes, and downloads that only check a file.
const (
	KeyProbeCalls = "calls/probes"
	KeyCheckCalls = "calls/checks"
)

// countApart notes how many calls something makes, besides counting them with the others.
func (w *work) countApart(ctx context.Context, key string, do func() error) error {
	w.flush(ctx)
	before := w.calls(ctx).Total()
	err := do()
	w.flush(ctx)
	var sum int64
	if _, verr := w.run.Value(ctx, key, &sum); verr != nil {
		return errors.Join(err, verr)
	}
	return errors.Join(err, w.run.PutValue(context.WithoutCancel(ctx), key, sum+w.calls(ctx).Total()-before))
}

func (w *work) calls(ctx context.Context) api.Calls {
	n, err := w.run.Calls(context.WithoutCancel(ctx))
	if err != nil {
		return api.Calls{}
	}
	return api.Calls{Create: n["create"], Edit: n["edit"], Delete: n["delete"], Read: n["read"], Upload: n["upload"]}
}

// outcome sorts the ways a turn can end.
func (a *Activities) outcome(ctx context.Context, w *work, err error) (step.Outcome, error) {
	var parked *step.Parked
	switch {
	case err == nil:
		return step.Outcome{}, nil
	case errors.Is(err, step.ErrMore):
		return step.Outcome{More: true}, nil
	case errors.Is(err, limit.ErrPaused), errors.Is(err, ledger.ErrPaused):
		return step.Outcome{Paused: true}, nil
	case errors.As(err, &parked):
		return step.Outcome{Park: &parked.Park}, nil
	case errors.Is(err, ledger.ErrForeign):
		return park("foreign", "this worker uses another ledger or account; start it with the settings this migration began with, then resume")
	case errors.Is(err, ledger.ErrShredded):
		return park("shredded", "the migration's key was destroyed, so its records cannot be read any more; nothing can be written or undone")
	case nutshell.IsUnauthorized(err):
		return park("nutshell_credentials", "Nutshell rejected the user or the API key; correct NUTSHELL_USERNAME and NUTSHELL_API_KEY, restart the worker, then resume")
	case rezora.IsRejected(err):
		return park("rezora_credentials", "Rezora rejected the credential; correct REZORA_TOKEN or the auth part of REZORA_SETTINGS_FILE, restart the worker, then resume")
	case ctx.Err() != nil:
		return step.Outcome{}, ctx.Err()
	case errors.Is(err, ledger.ErrAway): // tried again however long it lasts: a park would have to be written down there
		return step.Outcome{}, temporal.NewApplicationError(safe(err), "ledger")
	case badInput(err):
		return step.Outcome{}, err
	}
	if host := silentHost(err); host != "" {
		return a.outage(ctx, w, host, err)
	}
	return a.again(ctx, w, stepTries, err)
}

// again has a failed step tried again, and parks the run on one that fails whatever is done.
func (a *Activities) again(ctx context.Context, w *work, most int, err error) (step.Outcome, error) {
	failed := w.failures(ctx)
	if failed < most {
		return step.Outcome{}, temporal.NewApplicationError(safe(err), "step")
	}
	name := activity.GetInfo(ctx).ActivityType.Name
	a.Log.Error("step failed again and again", zap.String("step", name), zap.String("cause", safe(err)))
	return park("step_failed", fmt.Sprintf("%s failed %d times: %s; see the worker's log, mend the cause, then resume", name, failed, safe(err)))
}

// failures counts this failure of a step and says how many there were. Temporal's own count will not do: it has the deaths of workers in it,
// and those say nothing about the step.
func (w *work) failures(ctx context.Context) int {
	info := activity.GetInfo(ctx)
	if w == nil || w.run == nil {
		return int(info.Attempt)
	}
	key := "failures/" + info.WorkflowExecution.RunID + "/" + info.ActivityID
	var n int
	if _, err := w.run.Value(ctx, key, &n); err != nil {
		return int(info.Attempt)
	}
	n++
	if err := w.run.PutValue(ctx, key, n); err != nil {
		return int(info.Attempt)
	}
	return n
}

func park(code, reason string) (step.Outcome, error) {
	return step.Outcome{Park: &step.Park{Code: code, Reason: reason}}, nil
}

// badInput reports an error that closes the workflow as Failed.
func badInput(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == api.BadInput
}

// refuse makes such an error.
func refuse(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), api.BadInput, nil)
}

// safe is the text of an error on one line. Errors of this program carry ids, counts and codes only (I5).
func safe(err error) string {
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > 300 {
		text = append(text[:299], '…')
	}
	return string(text)
}
