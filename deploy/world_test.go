package deploy_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	promapi "github.com/prometheus/client_golang/api"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/observe"
)

// endpoint is a real /metrics of a worker, over a made-up ledger: one migration a park code, parked on it.
type endpoint struct {
	address string

	mu     sync.Mutex
	codes  []string
	parked bool
}

// newEndpoint serves everything that a worker can serve, the Temporal SDK's metrics included.
func newEndpoint(t *testing.T, codes []string) *endpoint {
	t.Helper()
	e := &endpoint{codes: codes, parked: true}
	m := observe.NewMetrics()
	m.Watch(e.snapshots)
	for _, outcome := range []string{
		observe.OutcomeDone, observe.OutcomeRefused, observe.OutcomeThrottled, observe.OutcomeConflict, observe.OutcomeUnknown, observe.OutcomeFailed,
	} {
		m.Call("nutshell", "create", outcome, 40*time.Millisecond)
		m.Call("rezora", "read", outcome, 40*time.Millisecond)
	}
	m.Limiter("all", 4.9, 5)
	m.Waited("all", time.Second)
	m.Notice(true)
	workThroughTemporal(t, m)
	s, err := observe.Serve("127.0.0.1:0", m, func(context.Context) error { return nil }, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Shutdown(context.Background())) })
	e.address = s.Addr()
	return e
}

func (e *endpoint) snapshots(context.Context) ([]observe.Snapshot, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []observe.Snapshot
	for _, code := range e.codes {
		s := observe.Snapshot{
			Migration: "on-" + strings.ReplaceAll(code, "_", "-"),
			Records:   map[string]map[string]int64{"people": {"done": 90, "planned": 9, "in_doubt": 1, "quarantined": 2}},
			Gap:       map[string]int64{"people": 0}, DeltaLag: time.Minute, DeltaInterval: 15 * time.Minute, PageAge: 3 * time.Second,
		}
		if e.parked {
			s.ParkedOn = code
		}
		out = append(out, s)
	}
	return out, nil
}

func (e *endpoint) goOn() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.parked = false
}

// workThroughTemporal makes the SDK count what it counts: a workflow whose first task and first activity fail, then succeed.
func workThroughTemporal(t *testing.T, m *observe.Metrics) {
	t.Helper()
	handler, end, err := m.SDKMetrics(zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, end(context.Background())) })
	server := devstack.TestTemporal(t)
	c, err := client.Dial(client.Options{HostPort: server.Address, MetricsHandler: handler, Logger: observe.TemporalLogger(zap.NewNop())})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	w := worker.New(c, "q", worker.Options{})
	tasks, tries := 0, 0
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		if tasks++; tasks == 1 {
			panic("a change that breaks a history")
		}
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "Try").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "Migration"})
	w.RegisterActivityWithOptions(func(context.Context) error {
		if tries++; tries == 1 {
			return errors.New("not yet")
		}
		return nil
	}, activity.RegisterOptions{Name: "Try"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "q"}, "Migration")
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
}

// scraped starts a real Prometheus with the committed configuration and rules. Only what a test must change is changed: whom it asks, and
// how often it looks.
func scraped(t *testing.T, e *endpoint) prom.API {
	t.Helper()
	text, err := os.ReadFile("prometheus/prometheus.yml")
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, yaml.Unmarshal(text, &c))
	rules := c["rule_files"].([]any)
	for i, name := range rules {
		rules[i], err = filepath.Abs(filepath.Join("prometheus", name.(string)))
		require.NoError(t, err)
		require.FileExists(t, rules[i].(string))
	}
	jobs := c["scrape_configs"].([]any)
	require.Len(t, jobs, 1)
	job := jobs[0].(map[string]any)
	delete(job, "dns_sd_configs")
	job["static_configs"] = []any{map[string]any{"targets": []string{e.address}}}
	c["global"] = map[string]any{"scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "300ms"}
	text, err = yaml.Marshal(c)
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(config, text, 0o600))
	cl, err := promapi.NewClient(promapi.Config{Address: devstack.TestPrometheus(t, config).URL})
	require.NoError(t, err)
	return prom.NewAPI(cl)
}

// pages are the names of the Markdown files of a folder of the runbook, without extension.
func pages(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../docs/runbook", folder, "*.md"))
	require.NoError(t, err)
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".md"))
	}
	slices.Sort(names)
	require.NotEmpty(t, names)
	return names
}
