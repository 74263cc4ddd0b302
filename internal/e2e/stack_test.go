package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
)

// The server and the worker's binary are shared by all tests of the package.
var (
	temporal *devstack.Temporal
	worker   string
)

func TestMain(m *testing.M) {
	if os.Getenv("BARE_LOOP") != "" {
		os.Exit(m.Run()) // a process of BenchmarkEngine: it needs neither
	}
	code := 1
	func() {
		dir, err := os.MkdirTemp("", "e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		defer func() { _ = os.RemoveAll(dir) }()
		ctx := context.Background()
		if temporal, err = devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: dir, Headless: true}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		defer temporal.Stop() //nolint:errcheck // the tests are over
		if worker, err = devstack.Build(ctx, "rezora2nutshell/worker", dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		code = m.Run()
	}()
	os.Exit(code)
}

// stack is one account on either side, a folder, and workers.
type stack struct {
	testing.TB
	dir     string
	queue   string
	source  *rezoratest.Server
	dest    *nutshelltest.Server
	client  client.Client
	env     map[string]string
	workers []*devstack.Process
}

// newStack starts both simulators. Every agent has a user but for the one that is switched off.
func newStack(t testing.TB, source rezoratest.Config, dest nutshelltest.Config) *stack {
	t.Helper()
	return newStackOn(t, temporal, source, dest)
}

func newStackOn(t testing.TB, temporal *devstack.Temporal, source rezoratest.Config, dest nutshelltest.Config) *stack {
	t.Helper()
	s := &stack{TB: t, dir: t.TempDir(), queue: strings.ReplaceAll(t.Name(), "/", "-")}
	source.Tokens = []string{"token-of-the-tests"}
	s.source = rezoratest.NewServer(source)
	t.Cleanup(s.source.Close)
	s.dest = nutshelltest.NewServer(dest)
	t.Cleanup(s.dest.Close)
	s.users(s.dest)
	var err error
	s.client, err = temporal.Client()
	require.NoError(t, err)
	t.Cleanup(s.client.Close)
	s.env = map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "TMPDIR": s.dir,
		"TEMPORAL_ADDRESS": temporal.Address, "TEMPORAL_TASK_QUEUE": s.queue,
		"REZORA_BASE_URL": s.source.URL, "REZORA_TOKEN": "token-of-the-tests", "REZORA_SETTINGS_FILE": s.file("rezora.yaml", rezoraSettings),
		"NUTSHELL_BASE_URL": s.dest.URL, "NUTSHELL_USERNAME": nutshelltest.SeedUser, "NUTSHELL_API_KEY": nutshelltest.SeedKey,
		"NUTSHELL_SETTINGS_FILE": s.file("nutshell.yaml", nutshellSettings),
		"LEDGER_URL":             "sqlite://" + filepath.Join(s.dir, "migration.db"), "ARCHIVE_URL": "file://" + filepath.Join(s.dir, "archive"),
		"LOG_LEVEL": "info", "PROFILE_ADDRESS": os.Getenv("PROFILE_ADDRESS"),
	}
	return s
}

// users gives every agent of the source a user.
func (s *stack) users(dest *nutshelltest.Server) {
	for _, a := range s.source.Agents() {
		dest.AddUser(a.FirstName+" "+a.LastName, a.Email, true)
	}
}

const rezoraSettings = "limits: {requests_per_s: 2000, in_flight: 8, backoff_base_s: 0.01, backoff_max_s: 0.2}\n"

const nutshellSettings = "limits: {call_timeout_s: 2, upload_timeout_s: 5, read_lag_s: 0}\n"

func (s *stack) file(name, text string) string {
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// work starts a worker process; it ends with the test, and its log is shown when the test fails.
func (s *stack) work() *devstack.Process {
	s.Helper()
	env := make([]string, 0, len(s.env))
	for k, v := range s.env {
		env = append(env, k+"="+v)
	}
	log := filepath.Join(s.dir, fmt.Sprintf("worker-%d.log", len(s.workers)+1))
	p, err := devstack.Start(devstack.Command{Path: worker, Env: env, Dir: s.dir, Log: log})
	require.NoError(s, err)
	s.workers = append(s.workers, p)
	s.Cleanup(func() {
		_ = p.Stop(5 * time.Second)
		if s.Failed() {
			s.Logf("%s:\n%s", log, p.LogTail(4000))
		}
	})
	return p
}

// start starts a migration from a raw payload.
func (s *stack) start(input string) {
	s.Helper()
	_, err := s.client.ExecuteWorkflow(context.Background(), client.StartWorkflowOptions{ID: api.MigrationIDPrefix + name(input), TaskQueue: s.queue},
		api.MigrationWorkflow, json.RawMessage(input))
	require.NoError(s, err)
}

func name(input string) string {
	var in struct {
		Migration string `json:"migration"`
	}
	if err := json.Unmarshal([]byte(input), &in); err != nil {
		return "unreadable"
	}
	return in.Migration
}

func (s *stack) progress(migration string) (api.Progress, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var p api.Progress
	v, err := s.client.QueryWorkflow(ctx, api.MigrationIDPrefix+migration, "", api.ProgressQuery)
	if err != nil {
		return p, err
	}
	return p, v.Get(&p)
}

// until waits for a progress that satisfies a condition. A park that the test does not wait for fails it at once.
func (s *stack) until(migration, what string, limit time.Duration, ok func(api.Progress) bool) api.Progress {
	s.Helper()
	var last api.Progress
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		p, err := s.progress(migration)
		if err == nil {
			last = p
			if ok(p) {
				return p
			}
			if p.Status == api.StatusParked || p.Status == api.StatusFailed {
				require.Failf(s, "the run parked", "waiting for %s, in %s: %s", what, p.Phase, p.Reason)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	require.Failf(s, "timed out", "waiting for %s: %+v", what, last)
	return last
}

func (s *stack) untilGate(migration string) api.Progress {
	s.Helper()
	return s.until(migration, "the approval gate", 3*time.Minute, func(p api.Progress) bool { return p.WaitingFor == api.Confirm })
}

func (s *stack) signal(migration, message string, payload any) {
	s.Helper()
	require.NoError(s, s.client.SignalWorkflow(context.Background(), api.MigrationIDPrefix+migration, "", message, payload))
}

func (s *stack) confirm(migration string, p api.Progress) {
	s.Helper()
	s.signal(migration, api.Confirm, api.Decision{Approved: true, Approver: "jo@example.com", Report: p.Digest})
}

// result waits for the end of a migration; a park that nobody answers fails the test with its reason and the faults found.
func (s *stack) result(migration string, limit time.Duration) api.Progress {
	s.Helper()
	s.Cleanup(func() {
		if s.Failed() {
			s.showFaults(migration)
		}
	})
	s.until(migration, "the end", limit, func(p api.Progress) bool {
		return p.Status == api.StatusCompleted || p.Status == api.StatusRolledBack || p.Status == api.StatusCanceled
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var p api.Progress
	require.NoError(s, s.client.GetWorkflow(ctx, api.MigrationIDPrefix+migration, "").Get(ctx, &p))
	return p
}

func (s *stack) showFaults(migration string) {
	b, err := os.ReadFile(filepath.Join(s.dir, "archive", migration, "reconciliation.json"))
	if err != nil {
		return
	}
	var rep struct{ Objects, Faults, Flagged, Edited json.RawMessage }
	if json.Unmarshal(b, &rep) == nil {
		s.Logf("objects %.3000s\nfaults %.4000s\nflagged %.4000s\nedited %.2000s", rep.Objects, rep.Faults, rep.Flagged, rep.Edited)
	}
}

// archived reads a file of the archive.
func (s *stack) archived(migration, file string) []byte {
	s.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "archive", migration, file))
	require.NoError(s, err)
	return b
}
