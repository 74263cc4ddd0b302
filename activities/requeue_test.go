package activities

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/effect"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/step"
)

// setAside plans n effects of a step and sets them aside under a code.
func (b *undoBench) setAside(t *testing.T, object, stepName, code string, n int) {
	t.Helper()
	var plans []ledger.Effect
	var outcomes []ledger.Outcome
	for i := range n {
		k := ledger.EffectKey{Object: object, SourceID: fmt.Sprintf("%s-%s-%d", stepName, code, i), Role: "record", Part: 1}
		plans = append(plans, ledger.Effect{EffectKey: k, Step: stepName, Verb: ledger.Create, TargetType: "Contacts"})
		outcomes = append(outcomes, ledger.Outcome{Claim: ledger.Claim{Key: k}, State: ledger.Quarantined, Code: code, Reason: "a reason"})
	}
	require.NoError(t, b.run.Plan(t.Context(), plans))
	_, err := b.run.Dismiss(t.Context(), outcomes)
	require.NoError(t, err)
}

// Only what Nutshell refused in the step that parked is tried again: what was set aside for another reason stays, and nothing comes back
// to a step that has ended, where nobody would write it (I3).
func TestOnlyTheParkedStepIsTriedAgain(t *testing.T) {
	b := newUndoBench(t)
	const many = planPage + 3 // more than one commit takes
	b.setAside(t, "people", "people", effect.Refused, many)
	b.setAside(t, "people", "people", "plan_limit", 2)
	b.setAside(t, "people", "people/close", effect.Refused, 1)
	b.setAside(t, "notes", "timeline", effect.Refused, 4)
	ref := step.Ref{Migration: "acme", Generation: 1, Ledger: b.a.Ledger.ID(), Nutshell: "501", Rezora: "rezora-1"}
	for range 2 { // an activity may run twice
		out := answer[step.ReportOut](t, b, step.Requeue, step.RequeueIn{Ref: ref, Step: "people"})
		require.Nil(t, out.Park)
		assert.NotEmpty(t, out.Objects)
		got := map[string]int{}
		require.NoError(t, b.run.EachEffect(t.Context(), ledger.EffectFilter{States: []ledger.State{ledger.Planned, ledger.Quarantined}}, func(e ledger.Effect) error {
			got[fmt.Sprintf("%s %s %s", e.Step, e.State, e.Code)]++
			return nil
		}))
		assert.Equal(t, map[string]int{
			"people planned ": many, "people quarantined plan_limit": 2, "people/close quarantined refused": 1, "timeline quarantined refused": 4,
		}, got)
	}
}
