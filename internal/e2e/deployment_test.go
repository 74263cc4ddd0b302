package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
)

// TestADeploymentTakesOverARunningMigration: a worker that is a version of a Worker Deployment begins a migration, and the next version ends
// it. What runs without the two settings, as all other tests do, needs nothing of this.
func TestADeploymentTakesOverARunningMigration(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	before := s.furnish()
	s.env["TEMPORAL_DEPLOYMENT_NAME"], s.env["TEMPORAL_WORKER_BUILD_ID"] = "e2e-crm", "build-1"
	old := s.work()
	s.makeCurrent("e2e-crm", "build-1")
	s.start(`{"migration":"deployed","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("deployed")
	require.NoError(t, old.Stop(20*time.Second))

	s.env["TEMPORAL_WORKER_BUILD_ID"] = "build-2"
	s.work()
	s.makeCurrent("e2e-crm", "build-2")
	s.confirm("deployed", gate)
	p := s.result("deployed", 2*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)
	s.judge("deployed", before, false, nil)
	s.exactlyOnce()
}

// makeCurrent sends the tasks of a deployment to one of its versions, once its worker has shown itself.
func (s *stack) makeCurrent(deployment, build string) {
	s.Helper()
	handle := s.client.WorkerDeploymentClient().GetHandle(deployment)
	var last error
	require.Eventually(s, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, last = handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return last == nil
	}, time.Minute, 200*time.Millisecond, "%s becomes current", build)
}
