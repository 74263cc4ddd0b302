package devstack_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
)

func TestTemporalSurvivesKill9(t *testing.T) {
	t.Parallel()
	ctx := within(t, 15*time.Minute)
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: t.TempDir(), Namespace: "crm"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })

	res, err := http.Get(server.UI)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.StatusOK, res.StatusCode, "the Web UI answers")

	c, err := server.Client()
	require.NoError(t, err)
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "migration/x", TaskQueue: "q", SearchAttributes: map[string]any{api.AttrPhase: "extract", api.AttrStatus: "running", api.AttrDone: 0.5}, //nolint:staticcheck // the shortest form
	}, "Migration")
	require.NoError(t, err, "the three search attributes can be used at once")
	c.Close()

	address, ui := server.Address, server.UI
	require.NoError(t, server.Kill9())
	assert.False(t, server.Running())
	require.NoError(t, server.Restart(ctx))
	assert.Equal(t, address, server.Address)
	assert.Equal(t, ui, server.UI)

	c, err = server.Client()
	require.NoError(t, err)
	defer c.Close()
	require.Eventually(t, func() bool {
		d, err := c.DescribeWorkflowExecution(ctx, "migration/x", "")
		return err == nil && d.GetWorkflowExecutionInfo().GetType().GetName() == "Migration"
	}, 20*time.Second, 50*time.Millisecond, "the workflow is still there")
}

func TestBareTemporalHasNoSearchAttributes(t *testing.T) {
	t.Parallel()
	ctx := within(t, 15*time.Minute)
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: t.TempDir(), Headless: true, Bare: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	assert.Empty(t, server.UI)
	c, err := server.Client()
	require.NoError(t, err)
	defer c.Close()
	a, err := c.WorkflowService().ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", Query: api.AttrPhase + " = 'x'"})
	require.Error(t, err, "%v", a)
}

func TestTemporalCLISetting(t *testing.T) {
	t.Setenv("TEMPORAL_CLI", "/no/such/temporal")
	_, err := devstack.TemporalCLI(context.Background(), os.Stderr)
	require.ErrorContains(t, err, "TEMPORAL_CLI")

	t.Setenv("TEMPORAL_CLI", "/bin/echo")
	_, err = devstack.TemporalCLI(context.Background(), os.Stderr)
	require.ErrorContains(t, err, "is not the Temporal CLI")
}

// Without a CLI and without Go the error says what to install.
func TestTemporalCLIWithoutGo(t *testing.T) {
	t.Setenv("TEMPORAL_CLI", "")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	_, err := devstack.TemporalCLI(context.Background(), os.Stderr)
	require.ErrorContains(t, err, "no go on the PATH")
	require.ErrorContains(t, err, "TEMPORAL_CLI")
}

// The build is asked for once, announced, put in place whole and found the next time.
func TestTemporalCLIIsBuiltOnce(t *testing.T) {
	bin, cache := t.TempDir(), t.TempDir()
	fake := "#!/bin/sh\necho \"$@\" >> " + bin + "/calls\n" +
		"printf '#!/bin/sh\\necho temporal version 0 Server 1\\n' > $GOBIN/temporal; chmod +x $GOBIN/temporal\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte(fake), 0o755))
	t.Setenv("TEMPORAL_CLI", "")
	t.Setenv("PATH", bin+":/nowhere")
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	fakeTools(t, bin)

	var said strings.Builder
	path, err := devstack.TemporalCLI(context.Background(), &said)
	require.NoError(t, err)
	assert.Equal(t, "temporal-"+devstack.TemporalVersion, filepath.Base(path))
	assert.Contains(t, said.String(), "3 to 5 minutes")

	again, err := devstack.TemporalCLI(context.Background(), &said)
	require.NoError(t, err)
	assert.Equal(t, path, again)
	calls, err := os.ReadFile(filepath.Join(bin, "calls"))
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(string(calls), "\n"))
	assert.Contains(t, string(calls), "github.com/temporalio/cli/cmd/temporal@"+devstack.TemporalVersion)
}

// fakeTools gives scripts the few programs they need.
func fakeTools(t *testing.T, bin string) {
	t.Helper()
	for _, name := range []string{"chmod", "printf"} {
		for _, dir := range []string{"/bin/", "/usr/bin/"} {
			if _, err := os.Stat(dir + name); err == nil {
				require.NoError(t, os.Symlink(dir+name, filepath.Join(bin, name)))
				break
			}
		}
	}
}

func TestPostgresSurvivesKill9(t *testing.T) {
	t.Parallel()
	ctx := within(t, time.Minute)
	server, err := devstack.StartPostgres(ctx)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, server.Stop())
		assert.NoDirExists(t, server.Dir)
	})
	url, err := server.CreateDatabase(ctx, "ledger")
	require.NoError(t, err)
	exec := func(sql string) string {
		c, err := pgx.Connect(ctx, url)
		require.NoError(t, err)
		defer func() { _ = c.Close(ctx) }()
		var s string
		require.NoError(t, c.QueryRow(ctx, sql).Scan(&s))
		return s
	}
	assert.Equal(t, "ü", exec(`WITH made AS (SELECT 'ü' AS s) SELECT s FROM made`))
	assert.Equal(t, "UTF8", exec(`SHOW server_encoding`))
	assert.Equal(t, "1", exec(`SELECT lo_create(1)::text`), "something to find again")
	require.NoError(t, server.Kill9())
	require.NoError(t, server.Restart(ctx))
	assert.Equal(t, "1", exec(`SELECT count(*)::text FROM pg_largeobject_metadata`))

	_, err = server.CreateDatabase(ctx, `x"; DROP`)
	require.ErrorContains(t, err, "lower-case")
}

func TestHelpersEndWithTheTest(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("inner", func(t *testing.T) {
		url = devstack.TestPostgres(t).URL
		c, err := pgx.Connect(within(t, time.Minute), url)
		require.NoError(t, err)
		require.NoError(t, c.Close(context.Background()))
		assert.NotEmpty(t, devstack.TestTemporal(t).Address)
	})
	_, err := pgx.Connect(within(t, time.Minute), url)
	require.Error(t, err)
}
