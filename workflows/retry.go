package workflows

import (
	"fmt"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

// Retry tries one record again that was set aside, beside a migration that runs or after it. It fails with the reason where a migration
// would park: nothing is lost by that, the record is set aside as before.
func Retry(ctx workflow.Context, raw converter.RawValue) (api.Retried, error) {
	payload := raw.Payload().GetData()
	in, err := api.DecodeRetry(payload)
	if err != nil {
		return api.Retried{}, temporal.NewNonRetryableApplicationError(err.Error(), api.BadInput, nil)
	}
	var opened step.OpenOut
	err = workflow.ExecuteActivity(activityOptions(ctx, step.OpenRetry, "find the migration"), step.OpenRetry, step.RetryOpenIn{Input: payload}).Get(ctx, &opened)
	if err == nil {
		err = retryStopped(opened.Outcome)
	}
	if err != nil {
		return api.Retried{}, err
	}
	task := step.RetryIn{Ref: opened.Ref, Object: in.Object, SourceID: in.SourceID, By: in.By, Reason: in.Reason}
	for {
		var out step.RetryOut
		summary := fmt.Sprintf("try %s %s again", in.Object, in.SourceID)
		if err := workflow.ExecuteActivity(activityOptions(ctx, step.Retry, summary), step.Retry, task).Get(ctx, &out); err != nil {
			return out.Retried, err
		}
		if out.More {
			continue
		}
		return out.Retried, retryStopped(out.Outcome)
	}
}

func retryStopped(o step.Outcome) error {
	switch {
	case o.Park != nil:
		return temporal.NewNonRetryableApplicationError(o.Park.Reason, o.Park.Code, nil)
	case o.Paused:
		return temporal.NewNonRetryableApplicationError("the migration is paused; resume it first", "paused", nil)
	}
	return nil
}
