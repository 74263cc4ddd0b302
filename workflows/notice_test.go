package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/workflows"
)

// A run that cannot even open its ledger and accounts is in no ledger and no metric; people are told all the same.
func TestPeopleAreToldOfAParkAtTheVeryStart(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.answers[step.Open] = func(context.Context, step.OpenIn) (step.OpenOut, error) {
		if tries++; tries == 1 {
			return step.OpenOut{Outcome: step.Outcome{Park: &step.Park{Code: "nutshell_credentials", Reason: "the key was rejected"}}}, nil
		}
		return step.OpenOut{Ref: step.Ref{Migration: "acme", Generation: 1}}, nil
	}
	w.at("resume", func() { w.env.SignalWorkflow(api.Resume, raw(`{}`)) })
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	require.Equal(t, "completed", w.result().Status)
	assert.Equal(t, []string{"park nutshell_credentials parked", "gate  waiting", "end  completed"}, w.kinds())
	assert.Equal(t, "acme", w.told[0].Migration)
}

// kinds are the notices of a run in short: kind, code and status.
func (w *world) kinds() (out []string) {
	for _, n := range w.told {
		out = append(out, n.Kind+" "+n.Code+" "+n.Status)
	}
	return out
}

func TestPeopleAreToldOfGatesParksAndTheEnd(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.answers[step.Owners] = func(context.Context, step.In) (step.OwnersOut, error) {
		if tries++; tries == 1 {
			return step.OwnersOut{Outcome: step.Outcome{Park: &step.Park{Code: "orphans", Reason: "2 agents have no user", Accept: true}}}, nil
		}
		return step.OwnersOut{}, nil
	}
	w.at("accept resume", func() {
		w.equalPark("orphans")
		w.env.SignalWorkflow(api.Resume, raw(`{"by":"ops@example.com"}`))
	})
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	require.Equal(t, "completed", w.result().Status)
	w.equalPark("")
	require.Equal(t, []string{"park orphans parked", "gate  waiting", "end  completed"}, w.kinds())
	park, gate, end := w.told[0], w.told[1], w.told[2]
	assert.Equal(t, "2 agents have no user", park.Cause)
	assert.Equal(t, "accept resume", park.WaitingFor)
	assert.Equal(t, "owners", park.Phase)
	assert.Equal(t, "acme", park.Migration)
	assert.NotEmpty(t, park.WorkflowID)
	assert.NotEmpty(t, park.RunID)
	assert.False(t, park.At.IsZero())
	assert.Empty(t, park.Report, "none is written yet")
	assert.Equal(t, "confirm", gate.WaitingFor)
	assert.Equal(t, "file:///r.html", gate.Report)
	assert.Empty(t, end.WaitingFor)
}

// equalPark compares the code that the park query answers.
func (w *world) equalPark(code string) {
	v, err := w.env.QueryWorkflow(api.ParkQuery)
	require.NoError(w, err)
	var got string
	require.NoError(w, v.Get(&got))
	assert.Equal(w, code, got)
}

// A rollback is a child: the parks it meets are told of by itself, its end by the migration, once; messages go to the migration.
func TestPeopleAreToldOfAParkedRollback(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.answers[step.Prove] = func(context.Context, step.In) (step.ReportOut, error) {
		if tries++; tries == 1 {
			return step.ReportOut{Outcome: step.Outcome{Park: &step.Park{Code: "undo_failed", Reason: "3 records", Accept: true}}}, nil
		}
		return step.ReportOut{URL: "file:///rollback.html"}, nil
	}
	w.at("confirm", func() {
		w.env.SignalWorkflow(api.Rollback, raw(`{"by":"ops@example.com"}`))
		w.at("accept resume", func() { w.env.SignalWorkflow(api.Resume, raw(`{"by":"ops@example.com"}`)) })
	})
	w.run(`{"migration":"acme"}`)
	require.Equal(t, "rolled_back", w.result().Status)
	require.Equal(t, []string{"gate  waiting", "park undo_failed parked", "end  rolled_back"}, w.kinds())
	assert.Equal(t, w.told[0].WorkflowID, w.told[1].WorkflowID)
	assert.Equal(t, "file:///rollback.html", w.told[2].Report)
}

func TestPeopleAreToldOfEveryEnd(t *testing.T) {
	for name, c := range map[string]struct {
		input, want string
		act         func(*world)
	}{
		"rejected":  {`{"migration":"acme"}`, "end  rolled_back", func(w *world) { w.env.SignalWorkflow(api.Confirm, raw(`{"approved":false}`)) }},
		"kept":      {`{"migration":"acme","on_reject":"keep"}`, "end  canceled", func(w *world) { w.env.SignalWorkflow(api.Confirm, raw(`{"approved":false}`)) }},
		"cancelled": {`{"migration":"acme"}`, "end  canceled", func(w *world) { w.env.CancelWorkflow() }},
	} {
		w := newWorld(t)
		w.at("confirm", func() { c.act(w) })
		w.run(c.input)
		require.True(t, w.env.IsWorkflowCompleted(), name)
		assert.Equal(t, []string{"gate  waiting", c.want}, w.kinds(), name)
	}
	w := newWorld(t)
	w.answers[step.Open] = func(context.Context, step.OpenIn) (step.OpenOut, error) {
		return step.OpenOut{}, temporal.NewNonRetryableApplicationError("migration: acme is used", api.BadInput, nil)
	}
	w.run(`{"migration":"acme"}`)
	require.ErrorContains(t, w.env.GetWorkflowError(), "migration: acme is used")
	require.Equal(t, []string{"end  failed"}, w.kinds())
	assert.Equal(t, "migration: acme is used", w.told[0].Cause)
}

// The story goes on to its end while a receiver answers nobody.
func TestADeafReceiverHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	var ended time.Time
	w.answers[step.Notify] = func(context.Context, step.NoticeIn) error { return errors.New("no answer") }
	w.answers[step.Finish] = func(context.Context, step.FinishIn) (step.ReportOut, error) {
		ended = w.env.Now()
		return step.ReportOut{}, nil
	}
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	begun := w.env.Now()
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	require.Equal(t, "completed", w.result().Status)
	assert.Less(t, ended.Sub(begun), 30*time.Second)
}

func TestANoticeIsTriedUntilItIsDelivered(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	workflows.Register(env)
	tries := 0
	env.RegisterActivityWithOptions(func(context.Context, step.NoticeIn) error {
		if tries++; tries < 9 {
			return errors.New("the receiver answered 503")
		}
		return nil
	}, activity.RegisterOptions{Name: step.Notify})
	env.ExecuteWorkflow(api.NoticeWorkflow, step.NoticeIn{Kind: step.ToldPark, Migration: "acme"})
	require.NoError(t, env.GetWorkflowError())
	assert.Equal(t, 9, tries)
}
