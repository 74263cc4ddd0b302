package activities

import (
	"context"
	"errors"
	"net/url"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"rezora2nutshell/internal/notify"
	"rezora2nutshell/internal/step"
)

// Notify makes one attempt to deliver a notice; Temporal makes the next. It needs neither the ledger nor an account: it tells of runs that
// parked for the want of one. Without NOTIFY_URL there is nobody to tell.
func (a *Activities) Notify(ctx context.Context, in step.NoticeIn) error {
	if a.Notifier == nil {
		return nil
	}
	info := activity.GetInfo(ctx)
	err := a.Notifier.Send(ctx, notify.Notice{
		Key: info.WorkflowExecution.ID, Migration: in.Migration, Kind: in.Kind, Phase: in.Phase, Status: in.Status, WaitingFor: in.WaitingFor,
		Code: in.Code, Cause: in.Cause, Link: a.noticeLink(in, info.Namespace), At: in.At,
	})
	a.Metrics.Notice(err == nil)
	var failed *notify.Failure
	if errors.As(err, &failed) {
		return temporal.NewApplicationErrorWithOptions(failed.Error(), "notify", temporal.ApplicationErrorOptions{NextRetryDelay: failed.After})
	}
	return err
}

// noticeLink leads to what a person looks at first: the run itself when it is parked, else the report.
func (a *Activities) noticeLink(in step.NoticeIn, namespace string) string {
	run := ""
	if ui := a.Config.Notify.WebUI; ui != "" {
		run = ui + "/namespaces/" + url.PathEscape(namespace) + "/workflows/" + url.PathEscape(in.WorkflowID) + "/" + url.PathEscape(in.RunID)
	}
	if run != "" && (in.Kind == step.ToldPark || in.Report == "") {
		return run
	}
	return in.Report
}
