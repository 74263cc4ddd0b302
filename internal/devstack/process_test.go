package devstack_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
)

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func shell(t *testing.T, script string, env ...string) *devstack.Process {
	t.Helper()
	p, err := devstack.Start(devstack.Command{
		Path: "/bin/sh", Args: []string{"-c", script}, Env: env, Log: filepath.Join(t.TempDir(), "log"),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Kill9() })
	return p
}

func logged(t *testing.T, p *devstack.Process, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.LogTail(1000), text) }, 10*time.Second, 5*time.Millisecond)
}

func TestProcessRunsAndTellsItsExitCode(t *testing.T) {
	t.Parallel()
	p := shell(t, `echo "$GREETING"; exit 3`, "GREETING=hello")
	code, err := p.Wait(within(t, 10*time.Second))
	require.NoError(t, err)
	assert.Equal(t, 3, code)
	assert.False(t, p.Running())
	assert.Equal(t, "hello\n", p.LogTail(1000))
	assert.Equal(t, "lo\n", p.LogTail(3))
	assert.NoError(t, p.Signal(syscall.SIGTERM), "a signal to the dead is no error")
	assert.NoError(t, p.Kill9())
}

func TestKill9LeavesNoChanceToCleanUp(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap 'echo cleaned' TERM INT EXIT; echo up; while :; do sleep 0.05; done`)
	logged(t, p, "up")
	require.NoError(t, p.Kill9())
	code, err := p.Wait(within(t, 10*time.Second))
	require.NoError(t, err)
	assert.Equal(t, -1, code)
	assert.NotContains(t, p.LogTail(1000), "cleaned")
}

func TestStopAsksFirstAndThenKills(t *testing.T) {
	t.Parallel()
	polite := shell(t, `trap 'echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.05; done`)
	logged(t, polite, "up")
	require.NoError(t, polite.Stop(10*time.Second))
	assert.Contains(t, polite.LogTail(1000), "cleaned")

	deaf := shell(t, `trap '' TERM; echo up; while :; do sleep 0.05; done`)
	logged(t, deaf, "up")
	require.NoError(t, deaf.Stop(50*time.Millisecond))
	assert.False(t, deaf.Running())
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := shell(t, `while :; do sleep 0.05; done`)
	_, err := p.Wait(within(t, 20*time.Millisecond))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.True(t, p.Running())
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := devstack.Start(devstack.Command{Path: "/no/such/worker"})
	require.ErrorContains(t, err, "worker")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A child must not outlive the process that started it, however that ends.
func TestChildrenDieWithTheirParent(t *testing.T) {
	if os.Getenv("DEVSTACK_PARENT") != "" {
		p, err := devstack.Start(devstack.Command{Path: "/bin/sh", Args: []string{"-c", "while :; do sleep 0.05; done"}})
		require.NoError(t, err)
		_, _ = os.Stdout.WriteString("child " + strconv.Itoa(p.PID()) + " \n")
		<-p.Done()
		return
	}
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Log("only Linux ends orphans")
		return
	}
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	parent, err := devstack.Start(devstack.Command{
		Path: os.Args[0], Args: []string{"-test.run=^TestChildrenDieWithTheirParent$"},
		Env: append(os.Environ(), "DEVSTACK_PARENT=1"), Log: log,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = parent.Kill9() })
	logged(t, parent, " \n")
	pid := strings.Fields(parent.LogTail(1000))[1]
	require.NoError(t, parent.Kill9())
	require.Eventually(t, func() bool {
		stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		return err != nil || strings.Contains(string(stat), ") Z ")
	}, 10*time.Second, 10*time.Millisecond, "process %s lives on", pid)
}

func TestFreePortsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for range 50 {
		p, err := devstack.FreePort()
		require.NoError(t, err)
		assert.False(t, seen[p])
		seen[p] = true
	}
}

func TestWaitForTellsWhy(t *testing.T) {
	t.Parallel()
	p := shell(t, `echo "port is taken"; exit 1`)
	err := devstack.WaitFor(within(t, 10*time.Second), "the thing", p, func(context.Context) error { return os.ErrDeadlineExceeded })
	require.ErrorContains(t, err, "port is taken")
	err = devstack.WaitFor(within(t, 30*time.Millisecond), "the thing", nil, func(context.Context) error { return os.ErrClosed })
	require.ErrorIs(t, err, os.ErrClosed)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestBuildMakesARunningBinary(t *testing.T) {
	t.Parallel()
	ctx := within(t, 5*time.Minute)
	path, err := devstack.Build(ctx, "rezora2nutshell/tools/temporal", t.TempDir())
	require.NoError(t, err)
	log := filepath.Join(t.TempDir(), "log")
	p, err := devstack.Start(devstack.Command{Path: path, Env: []string{"TEMPORAL_CLI=/no/such"}, Log: log})
	require.NoError(t, err)
	code, err := p.Wait(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, code)
	assert.Contains(t, p.LogTail(500), "TEMPORAL_CLI")

	_, err = devstack.Build(ctx, "rezora2nutshell/no/such", t.TempDir())
	require.ErrorContains(t, err, "no/such")
}
