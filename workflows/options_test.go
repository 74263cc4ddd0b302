package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.temporal.io/sdk/activity"

	"rezora2nutshell/internal/step"
)

// A comparison of the largest account takes hours, and it cannot hand over: only a worker's death may end it.
func TestAPassOverTheWholeAccountIsNotCutShort(t *testing.T) {
	w := newWorld(t)
	allowed := map[string]time.Duration{}
	note := func(ctx context.Context) {
		info := activity.GetInfo(ctx)
		w.mu.Lock()
		defer w.mu.Unlock()
		allowed[info.ActivityType.Name] = info.StartToCloseTimeout
	}
	w.answers[step.Reconcile] = func(ctx context.Context, _ step.In) (step.ReportOut, error) {
		note(ctx)
		return step.ReportOut{URL: "file:///r.html", Digest: digest}, nil
	}
	w.answers[step.Write] = func(ctx context.Context, _ step.WriteIn) (step.WriteOut, error) {
		note(ctx)
		return step.WriteOut{Done: 3}, nil
	}
	w.at("confirm", func() { w.env.SignalWorkflow("confirm", raw(confirmed)) })
	w.run(`{"migration":"acme","delta_window":"0s"}`)
	w.result()
	assert.Greater(t, allowed[step.Reconcile], 24*time.Hour)
	assert.Less(t, allowed[step.Write], time.Hour, "a page that hangs is given to another worker")
}
