package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

const pollEvery = time.Second

const confirmed = `{"approved":true,"approver":"jo@example.com","comment":"","report":"5f70bf18"}`

func TestAMigrationWaitsForItsApprovalAndCompletes(t *testing.T) {
	w := newWorld(t)
	w.at("confirm", func() {
		p := w.progress()
		assert.Equal(t, "approval", p.Phase)
		assert.Equal(t, "waiting", p.Status)
		assert.Equal(t, digest, p.Digest)
		assert.NotContains(t, w.called, step.Recrawl, "nothing of the full run moves before the confirm")
		w.env.SignalWorkflow(api.Confirm, raw(confirmed))
	})
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	p := w.result()
	assert.Equal(t, "completed", p.Status)
	assert.Equal(t, "done", p.Phase)
	assert.Contains(t, w.called, step.Finish)
	require.NotEmpty(t, w.recorded)
	assert.Equal(t, "approved", w.recorded[0].Event)
	assert.Equal(t, digest, w.recorded[0].Fields["digest"])
}

func TestBadInputFailsAtOnceNamingTheKey(t *testing.T) {
	for input, key := range map[string]string{
		`{}`:                                           "migration",
		`[]`:                                           "object",
		`"acme"`:                                       "object",
		`{"migration":"Acme"}`:                         "migration",
		`{"migration":"a..b"}`:                         "migration",
		`{"migration":"acme","window":0}`:              "window",
		`{"migration":"acme","window":"4"}`:            "window",
		`{"migration":"acme","colour":"red"}`:          "colour",
		`{"migration":"acme","delta_window":5}`:        "delta_window",
		`{"migration":"acme","delta_window":"x"}`:      "delta_window",
		`{"migration":"acme","existing":"overwrite"}`:  "existing",
		`{"migration":"acme","on_orphans":"fallback"}`: "fallback_owner",
		`{"migration":"acme","migration":"b"}`:         "migration",
	} {
		w := newWorld(t)
		w.run(input)
		require.True(t, w.env.IsWorkflowCompleted(), input)
		require.ErrorContains(t, w.env.GetWorkflowError(), key, input)
		assert.Empty(t, w.called, "%s: nothing is touched", input)
	}
}

func TestARejectUndoesTheSample(t *testing.T) {
	w := newWorld(t)
	w.at("confirm", func() {
		w.env.SignalWorkflow(api.Confirm, raw(`{"approved":false,"approver":"jo@example.com","report":"5f70bf18"}`))
	})
	w.run(`{"migration":"acme"}`)
	p := w.result()
	assert.Equal(t, "rolled_back", p.Status)
	assert.Contains(t, w.called, step.Prove)
	assert.NotContains(t, w.called, step.Recrawl)
}

func TestARejectKeepsTheSampleByPolicy(t *testing.T) {
	w := newWorld(t)
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(`{"approved":false}`)) })
	w.run(`{"migration":"acme","on_reject":"keep"}`)
	assert.Equal(t, "canceled", w.result().Status)
	assert.NotContains(t, w.called, step.Undo)
}

func TestRefusedConfirmsLeaveTheGateOpen(t *testing.T) {
	w := newWorld(t)
	w.answers[step.Owners] = func(context.Context, step.In) (step.OwnersOut, error) {
		w.env.SignalWorkflow(api.Confirm, raw(confirmed)) // no gate is open yet
		return step.OwnersOut{}, nil
	}
	w.at("confirm", func() {
		for _, bad := range []string{
			`{"approved":true,"approver":"eve@example.com","report":"5f70bf18"}`, // not an approver
			`{"approved":true,"approver":"jo@example.com","report":"ffffffff"}`,  // another report
			`{"approved":true,"approver":"jo@example.com","report":"5f70"}`,      // too short
			`{"approved":"yes"}`, `{"approver":"jo@example.com"}`, `{"approved":true,"extra":1}`, `7`,
		} {
			w.env.SignalWorkflow(api.Confirm, raw(bad))
		}
		w.env.RegisterDelayedCallback(func() {
			assert.Equal(t, "waiting", w.progress().Status)
			w.env.SignalWorkflow(api.Confirm, raw(`{"approved":true,"approver":"JO@example.com ","report":"5f70bf18a0"}`))
		}, time.Minute)
	})
	w.run(`{"migration":"acme","approvers":["jo@example.com"],"delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
	w.refuses(8, "seven at the gate, one before it was open")
}

// Two decisions may arrive with one task, before the run has seen the first: that one stands, and the later one is refused.
func TestTheFirstDecisionStands(t *testing.T) {
	w := newWorld(t)
	w.at("confirm", func() {
		w.env.SignalWorkflowSkippingWorkflowTask(api.Confirm, raw(confirmed))
		w.env.SignalWorkflow(api.Confirm, raw(`{"approved":false,"approver":"eve@example.com","report":"5f70bf18"}`))
	})
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
	w.refuses(1, "the later one")
}

func TestAParkedStepGoesOnAfterResume(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.answers[step.Owners] = func(context.Context, step.In) (step.OwnersOut, error) {
		if tries++; tries == 1 {
			return step.OwnersOut{Outcome: step.Outcome{Park: &step.Park{Code: "orphans", Reason: "2 agents have no user", Accept: true}}}, nil
		}
		return step.OwnersOut{}, nil
	}
	w.at("accept resume", func() {
		p := w.progress()
		assert.Equal(t, "parked", p.Status)
		assert.Equal(t, "owners", p.Phase)
		assert.Contains(t, p.Reason, "2 agents")
		w.env.SignalWorkflow(api.Resume, raw(`{"by":"ops@example.com","reason":"users made"}`))
	})
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
	assert.Equal(t, 2, tries)
}

func TestAcceptTellsTheStepSo(t *testing.T) {
	w := newWorld(t)
	w.answers[step.Owners] = func(_ context.Context, in step.In) (step.OwnersOut, error) {
		if !in.Accepted {
			return step.OwnersOut{Outcome: step.Outcome{Park: &step.Park{Code: "orphans", Accept: true}}}, nil
		}
		return step.OwnersOut{}, nil
	}
	w.at("accept resume", func() { w.env.SignalWorkflow(api.Accept, raw(`{"by":"ops@example.com"}`)) })
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
}

func TestTheApprovalTimeoutParksAndResumeOpensTheGateAgain(t *testing.T) {
	w := newWorld(t)
	w.at("resume", func() {
		p := w.progress()
		assert.Equal(t, "approval", p.Phase)
		assert.Equal(t, "parked", p.Status)
		w.env.SignalWorkflow(api.Resume, raw(`{}`))
		w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	})
	w.run(`{"migration":"acme","approval_timeout":"2h","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
}

func TestARollbackMessageUndoesWhatWasWritten(t *testing.T) {
	w := newWorld(t)
	w.at("confirm", func() { w.env.SignalWorkflow(api.Rollback, raw(`{"by":"ops@example.com","reason":"wrong account"}`)) })
	w.run(`{"migration":"acme"}`)
	assert.Equal(t, "rolled_back", w.result().Status)
	assert.Contains(t, w.called, step.Prove)
}

func TestCancelKeepsWhatWasWrittenUnlessAskedToUndo(t *testing.T) {
	for input, want := range map[string]string{`{"migration":"acme"}`: "canceled", `{"migration":"acme","rollback_on_cancel":true}`: "rolled_back"} {
		w := newWorld(t)
		w.at("confirm", w.env.CancelWorkflow)
		w.run(input)
		assert.Equal(t, want, w.result().Status, input)
	}
}

func TestPauseHoldsTheRunUntilResume(t *testing.T) {
	w := newWorld(t)
	w.answers[step.Extract] = func(context.Context, step.ExtractIn) (step.ExtractOut, error) { return step.ExtractOut{}, nil }
	w.at("confirm", func() {
		w.env.SignalWorkflow(api.Pause, raw(`{"by":"ops@example.com","reason":"backup"}`))
		w.env.SignalWorkflow(api.Confirm, raw(confirmed))
		w.at("resume", func() {
			assert.Equal(t, "paused", w.progress().Status)
			assert.NotContains(t, w.called, step.Recrawl)
			w.env.SignalWorkflow(api.Resume, raw(`{}`))
		})
	})
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
}

func TestDiscrepanciesParkAndAcceptFinishesWithFindings(t *testing.T) {
	w := newWorld(t)
	w.answers[step.Reconcile] = func(context.Context, step.In) (step.ReportOut, error) {
		return step.ReportOut{Above: true, Findings: true, URL: "file:///r.html"}, nil
	}
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.at("accept resume", func() { w.env.SignalWorkflow(api.Accept, raw(`{}`)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	p := w.result()
	assert.Equal(t, "completed", p.Status)
	assert.Contains(t, p.Reason, "findings")
}

func TestAHostThatComesBackEndsThePark(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.answers[step.Extract] = func(context.Context, step.ExtractIn) (step.ExtractOut, error) {
		if tries++; tries == 1 {
			return step.ExtractOut{Outcome: step.Outcome{Park: &step.Park{Code: "unreachable", Reason: "rezora does not answer", ByItself: true, Host: "rezora"}}}, nil
		}
		return step.ExtractOut{}, nil
	}
	w.at("confirm", func() { w.env.SignalWorkflow(api.Confirm, raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	assert.Equal(t, "completed", w.result().Status)
	assert.Contains(t, w.called, step.AwaitHost)
}
