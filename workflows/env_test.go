package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/workflows"
)

const digest = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

// world answers the activities of one test; a test replaces what it is about.
type world struct {
	*testing.T
	env      *testsuite.TestWorkflowEnvironment
	answers  map[string]any // activity name -> func(ctx, input) (result, error)
	called   []string
	mu       sync.Mutex
	recorded []step.RecordIn
	told     []step.NoticeIn // what the story started notices with
}

func newWorld(t *testing.T) *world {
	var suite testsuite.WorkflowTestSuite
	w := &world{T: t, env: suite.NewTestWorkflowEnvironment()}
	workflows.Register(w.env)
	w.env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var in step.NoticeIn
		if info.WorkflowType.Name == api.NoticeWorkflow && assert.NoError(t, args.Get(&in)) {
			w.told = append(w.told, in)
		}
	})
	report := func(context.Context, any) (step.ReportOut, error) {
		return step.ReportOut{URL: "file:///r.html", Digest: digest}, nil
	}
	plan := func(context.Context, any) (step.PlanOut, error) {
		return step.PlanOut{
			Counters: step.Counters{Objects: []api.ObjectProgress{{Object: "people", Total: 3}}},
			Steps:    []step.Size{{Step: "people", N: 3, Sample: 1}},
		}, nil
	}
	w.answers = map[string]any{
		step.Open: func(context.Context, step.OpenIn) (step.OpenOut, error) {
			return step.OpenOut{Ref: step.Ref{Migration: "acme", Generation: 1}}, nil
		},
		step.Extract: func(context.Context, step.ExtractIn) (step.ExtractOut, error) { return step.ExtractOut{Rows: 9}, nil },
		step.Owners:  func(context.Context, step.In) (step.OwnersOut, error) { return step.OwnersOut{}, nil },
		step.Plan:    plan, step.PickSample: plan, step.PlanUndo: plan,
		step.Write:     func(context.Context, step.WriteIn) (step.WriteOut, error) { return step.WriteOut{Done: 3}, nil },
		step.Undo:      func(context.Context, step.UndoIn) (step.WriteOut, error) { return step.WriteOut{Done: 3}, nil },
		step.Settle:    func(context.Context, step.SettleIn) (step.SettleOut, error) { return step.SettleOut{}, nil },
		step.PlanDelta: func(context.Context, step.DeltaIn) (step.DeltaOut, error) { return step.DeltaOut{}, nil },
		step.OpenUndo: func(context.Context, step.UndoOpenIn) (step.OpenOut, error) {
			return step.OpenOut{Ref: step.Ref{Migration: "acme", Generation: 1}}, nil
		},
		step.Notify:   func(context.Context, step.NoticeIn) error { return nil },
		step.SetPause: func(context.Context, step.PauseIn) (step.ReportOut, error) { return step.ReportOut{}, nil },
		step.Record: func(_ context.Context, in step.RecordIn) (step.ReportOut, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.recorded = append(w.recorded, in)
			return step.ReportOut{}, nil
		},
	}
	for _, name := range []string{
		step.Preflight, step.PreReport, step.Probe, step.Fields, step.SampleDiff, step.Recrawl, step.Archive, step.Reconcile, step.Repair,
		step.Finish, step.Prove, step.AwaitHost,
	} {
		w.answers[name] = report
	}
	return w
}

// run registers the answers and executes a Migration with a raw payload.
func (w *world) run(input string) {
	for name, fn := range w.answers {
		w.env.RegisterActivityWithOptions(fn, activity.RegisterOptions{Name: name})
	}
	w.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.called = append(w.called, info.ActivityType.Name)
	})
	w.env.ExecuteWorkflow(api.MigrationWorkflow, raw(input))
}

func (w *world) result() api.Progress {
	require.True(w, w.env.IsWorkflowCompleted())
	require.NoError(w, w.env.GetWorkflowError())
	var p api.Progress
	require.NoError(w, w.env.GetWorkflowResult(&p))
	return p
}

func (w *world) progress() api.Progress {
	v, err := w.env.QueryWorkflow(api.ProgressQuery)
	require.NoError(w, err)
	var p api.Progress
	require.NoError(w, v.Get(&p))
	return p
}

// refuses asserts how many messages leave a line in the audit log as refused. A run that ends does not wait for the last of them.
func (w *world) refuses(n int, why string) {
	w.Helper()
	assert.Eventually(w, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		got := 0
		for _, r := range w.recorded {
			if r.Event == "refused" {
				got++
			}
		}
		return got == n
	}, 10*time.Second, time.Millisecond, why)
}

// at calls fn once the run waits for the given message.
func (w *world) at(waitingFor string, fn func()) {
	var poll func()
	poll = func() {
		if w.progress().WaitingFor == waitingFor {
			fn()
			return
		}
		w.env.RegisterDelayedCallback(poll, pollEvery)
	}
	w.env.RegisterDelayedCallback(poll, pollEvery)
}

func raw(s string) converter.RawValue {
	p, err := converter.GetDefaultDataConverter().ToPayload(jsonText(s))
	if err != nil {
		panic(err)
	}
	return converter.NewRawValue(p)
}

// jsonText is sent as it stands.
type jsonText string

func (j jsonText) MarshalJSON() ([]byte, error) { return []byte(j), nil }
