package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// Rehearsed has a migration remember how its rehearsal came out, so that the reconciliation can say whether it came true.
func Rehearsed(ctx workflow.Context, raw converter.RawValue) error {
	payload := raw.Payload().GetData()
	if _, err := api.DecodeRehearsed(payload); err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), api.BadInput, nil)
	}
	return workflow.ExecuteActivity(activityOptions(ctx, step.KeepRehearsal, "remember the rehearsal"), step.KeepRehearsal, step.RehearsedIn{Input: payload}).Get(ctx, nil)
}
