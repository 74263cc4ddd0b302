package observe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rezora2nutshell/internal/observe"
)

func scrape(t *testing.T, m *observe.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	return w.Body.String()
}

func TestCallsAndLimiter(t *testing.T) {
	m := observe.NewMetrics()
	m.Call("nutshell", "create", observe.OutcomeDone, 40*time.Millisecond)
	m.Call("nutshell", "create", observe.OutcomeDone, 60*time.Millisecond)
	m.Call("nutshell", "create", observe.OutcomeUnknown, time.Second)
	m.Limiter("all", 4.9, 5)
	m.Waited("all", 1500*time.Millisecond)
	m.Notice(true)
	text := scrape(t, m)
	assert.Contains(t, text, `migration_calls_total{api="nutshell",kind="create",outcome="done"} 2`)
	assert.Contains(t, text, `migration_calls_total{api="nutshell",kind="create",outcome="unknown"} 1`)
	assert.Contains(t, text, `migration_call_seconds_bucket{api="nutshell",kind="create",le="0.05"} 1`)
	assert.Contains(t, text, `migration_limiter_rate{class="all"} 4.9`)
	assert.Contains(t, text, `migration_limiter_limit{class="all"} 5`)
	assert.Contains(t, text, `migration_limiter_wait_seconds_total{class="all"} 1.5`)
	assert.Contains(t, text, `migration_notices_total{outcome="delivered"} 1`)
	assert.Contains(t, text, `migration_notices_total{outcome="failed"} 0`)
	assert.Contains(t, text, "go_goroutines")
}

func TestLedgerIsReadAtEachScrape(t *testing.T) {
	m := observe.NewMetrics()
	var fail error
	lag := -time.Second
	m.Watch(func(ctx context.Context) ([]observe.Snapshot, error) {
		_, bounded := ctx.Deadline()
		assert.True(t, bounded)
		return []observe.Snapshot{{
			Migration: "acme",
			Records: map[string]map[string]int64{
				"people": {"done": 10, "in_doubt": 2, "quarantined": 1}, "notes": {"in_doubt": 1, "quarantined": 4},
			},
			Gap: map[string]int64{"people": 0, "notes": 3}, ParkedOn: "orphans", DeltaLag: lag, DeltaInterval: 15 * time.Minute, PageAge: 90 * time.Second,
		}}, fail
	})
	text := scrape(t, m)
	for _, line := range []string{
		"migration_ledger_up 1",
		`migration_records{migration="acme",object="people",state="done"} 10`,
		`migration_in_doubt{migration="acme"} 3`,
		`migration_quarantined{migration="acme"} 5`,
		`migration_parked{code="orphans",migration="acme"} 1`,
		`migration_conservation_gap{migration="acme",object="notes"} 3`,
		`migration_conservation_gap{migration="acme",object="people"} 0`,
		`migration_page_age_seconds{migration="acme"} 90`,
	} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "delta_lag_seconds{", "no round yet: no lag")

	lag = 2 * time.Minute
	text = scrape(t, m)
	assert.Contains(t, text, `migration_delta_lag_seconds{migration="acme"} 120`)
	assert.Contains(t, text, `migration_delta_interval_seconds{migration="acme"} 900`)

	fail = errors.New("locked")
	text = scrape(t, m)
	assert.Contains(t, text, "migration_ledger_up 0")
	assert.NotContains(t, text, "migration_records{")
}

func TestSDKMetricsStandBeside(t *testing.T) {
	m := observe.NewMetrics()
	h, end, err := m.SDKMetrics(zap.NewNop())
	require.NoError(t, err)
	h.WithTags(map[string]string{"task_queue": "crm-migration"}).Counter("temporal_workflow_completed").Inc(3)
	m.Call("rezora", "read", observe.OutcomeDone, time.Second)
	h.Gauge("temporal_worker_task_slots_available").Update(7)
	h.Timer("temporal_activity_execution_latency").Record(time.Second)
	text := scrape(t, m)
	assert.Contains(t, text, `temporal_workflow_completed_total{task_queue="crm-migration"} 3`)
	assert.Contains(t, text, "temporal_worker_task_slots_available 7")
	assert.Contains(t, text, "temporal_activity_execution_latency")
	assert.Contains(t, text, "migration_calls_total{", "ours are there too")
	require.NoError(t, end(context.Background()))
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(b)
}

func TestServer(t *testing.T) {
	var sick error
	s, err := observe.Serve("127.0.0.1:0", observe.NewMetrics(), func(context.Context) error { return sick }, zap.NewNop())
	require.NoError(t, err)
	base := "http://" + s.Addr()

	code, text := get(t, base+"/healthz")
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "ok\n", text)
	require.NoError(t, observe.CheckHealth(context.Background(), s.Addr()))

	sick = errors.New("ledger is locked\nby " + address)
	code, text = get(t, base+"/healthz")
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "ledger is locked by [e-mail]\n", text)
	require.ErrorContains(t, observe.CheckHealth(context.Background(), s.Addr()), "503")

	code, text = get(t, base+"/metrics")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, text, "go_goroutines")
	code, _ = get(t, base+"/else")
	assert.Equal(t, http.StatusNotFound, code)

	_, err = observe.Serve(s.Addr(), observe.NewMetrics(), nil, zap.NewNop())
	require.ErrorContains(t, err, "METRICS_ADDRESS")

	require.NoError(t, s.Shutdown(context.Background()))
	require.Error(t, observe.CheckHealth(context.Background(), s.Addr()))
}

func TestShutdownWaitsForAnswers(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	s, err := observe.Serve("127.0.0.1:0", observe.NewMetrics(), func(context.Context) error {
		close(asked)
		<-answer
		return nil
	}, zap.NewNop())
	require.NoError(t, err)
	got := make(chan error, 1)
	go func() { got <- observe.CheckHealth(context.Background(), s.Addr()) }()
	<-asked
	down := make(chan error, 1)
	go func() { down <- s.Shutdown(context.Background()) }()
	close(answer)
	require.NoError(t, <-got)
	require.NoError(t, <-down)
}
