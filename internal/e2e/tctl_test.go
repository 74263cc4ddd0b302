package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
)

// TestEverythingWorksWithTctlAlone starts, watches, confirms and rolls back a migration with nothing but tctl.
func TestEverythingWorksWithTctlAlone(t *testing.T) {
	s := newStack(t, small(), unlimited())
	s.work()
	s.tctl("workflow", "start", "--workflow_id", "migration/bytctl", "--workflow_type", "Migration", "--taskqueue", s.queue,
		"--execution_timeout", "3600", "--input", `{"migration":"bytctl","sample_size":10,"delta_window":"0s",`+fallback+`}`)
	s.untilGate("bytctl")
	shown := s.tctl("workflow", "query", "--workflow_id", "migration/bytctl", "--query_type", "progress")
	var p api.Progress
	require.NoError(t, json.Unmarshal([]byte(shown[strings.IndexByte(shown, '{'):strings.LastIndexByte(shown, '}')+1]), &p))
	assert.Equal(t, api.Confirm, p.WaitingFor)
	for _, way := range api.Commands(api.Confirm, "bytctl", p.Digest, true) {
		if way.Tool == "tctl" {
			s.sh(way.Command)
		}
	}
	done := s.result("bytctl", 3*time.Minute)
	require.Equal(t, api.StatusCompleted, done.Status, done.Reason)
	for _, way := range api.RollbackCommands("bytctl") {
		if way.Tool == "tctl" {
			s.sh(strings.ReplaceAll(way.Command, "--taskqueue "+api.TaskQueue, "--taskqueue "+s.queue))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var back api.Progress
	require.NoError(t, s.client.GetWorkflow(ctx, "rollback/bytctl", "").Get(ctx, &back))
	assert.Equal(t, api.StatusRolledBack, back.Status, back.Reason)
	assert.Contains(t, s.tctl("workflow", "list"), "rollback/bytctl")
}

// tctl runs tctl against the test's server.
func (s *stack) tctl(args ...string) string {
	s.Helper()
	path, err := devstack.TctlCLI(context.Background(), os.Stderr)
	require.NoError(s, err)
	out, err := exec.Command(path, append([]string{"--address", temporal.Address}, args...)...).CombinedOutput()
	require.NoError(s, err, string(out))
	return string(out)
}

// sh runs a command line exactly as it is printed for people, tctl being the test's.
func (s *stack) sh(line string) {
	s.Helper()
	path, err := devstack.TctlCLI(context.Background(), os.Stderr)
	require.NoError(s, err)
	c := exec.Command("bash", "-c", "tctl() { \""+path+"\" \"$@\"; }; "+line)
	c.Env = append(os.Environ(), "TEMPORAL_CLI_ADDRESS="+temporal.Address)
	out, err := c.CombinedOutput()
	require.NoError(s, err, "%s\n%s", line, out)
}
