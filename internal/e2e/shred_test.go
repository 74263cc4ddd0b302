package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/oracle"
)

// starterBinary is built once for all tests that need commands.
var starterBinary = sync.OnceValues(func() (string, error) {
	return devstack.Build(context.Background(), "rezora2nutshell/starter", filepath.Dir(worker))
})

// command runs the starter with the stack's settings and gives its code and everything it said.
func (s *stack) command(args ...string) (code int, said string) {
	s.Helper()
	path, err := starterBinary()
	require.NoError(s, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = s.dir
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), out.String()
	}
	require.NoError(s, err)
	return 0, out.String()
}

// TestAShreddedMigrationCanNeitherBeReadNorRolledBack destroys the key after the hand-over: not before, not without a word, and not in vain.
func TestAShreddedMigrationCanNeitherBeReadNorRolledBack(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	s.furnish()
	w := s.work()
	s.start(`{"migration":"shredded","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.untilGate("shredded")
	require.NoError(t, w.Stop(20*time.Second))
	code, said := s.command("shred", "shredded", "--give-up-rollback")
	assert.Equal(t, 1, code, said)
	assert.Contains(t, said, "only a migration that has completed")

	w = s.work()
	p := s.finish("shredded")
	code, said = s.command("shred", "shredded", "--give-up-rollback")
	assert.Equal(t, 1, code, said)
	assert.Contains(t, said, "a worker holds the ledger")
	require.NoError(t, w.Stop(20*time.Second))
	code, said = s.command("shred", "shredded")
	assert.Equal(t, 2, code, said)
	assert.Contains(t, said, "--give-up-rollback")
	code, said = s.command("explain", "shredded", "people", anyContact(t, s))
	require.Equal(t, 0, code, said)

	code, said = s.command("shred", "shredded", "--give-up-rollback", "--by", "ops@example.com")
	require.Equal(t, 0, code, said)
	for _, part := range []string{"Certificate of destruction", "archive:", "records/", "backups:", "Nutshell:"} {
		assert.Contains(t, said, part)
	}
	code, said = s.command("explain", "shredded", "people", anyContact(t, s))
	assert.Equal(t, 1, code, said)
	log := s.auditLog("shredded")
	assert.Equal(t, "shredded", log[len(log)-2]["event"])
	assert.Equal(t, "ops@example.com", log[len(log)-2]["by"])
	assert.NotEqual(t, p.AuditHead, log[len(log)-1]["hash"])
	s.nothingPersonalInTheLedger()

	s.work()
	before := s.dest.Snapshot()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: api.RollbackIDPrefix + "shredded", TaskQueue: s.queue},
		api.RollbackWorkflow, json.RawMessage(`{"migration":"shredded"}`))
	require.NoError(t, err)
	err = run.Get(ctx, nil)
	require.ErrorContains(t, err, "destroyed on "+time.Now().UTC().Format(time.DateOnly))
	s.untouched(before)
}

func anyContact(t *testing.T, s *stack) string {
	t.Helper()
	for _, row := range s.source.Rows("contacts", false) {
		return row["id"].(string)
	}
	require.Fail(t, "no contact")
	return ""
}

// nothingPersonalInTheLedger searches the bytes of the ledger, its key file and its log for what the records of both accounts say.
func (s *stack) nothingPersonalInTheLedger() {
	s.Helper()
	texts := map[string]string{}
	files, err := filepath.Glob(filepath.Join(s.dir, "migration.db*"))
	require.NoError(s, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(s, err)
		texts[filepath.Base(f)] = string(b)
	}
	require.NotEmpty(s, texts["migration.db"])
	src, err := oracle.SourceOf(s.source, false)
	require.NoError(s, err)
	assert.Empty(s, oracle.Scan(oracle.Texts(texts), oracle.Marks(src, s.dest.Snapshot(), "bo@example.com", "jo@example.com", "ops@example.com")))
}
