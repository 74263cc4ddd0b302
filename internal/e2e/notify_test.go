package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/notify"
	"rezora2nutshell/internal/oracle"
)

// receiver is a webhook that refuses everything while it is away.
type receiver struct {
	*httptest.Server
	mu        sync.Mutex
	away      bool
	refused   map[string]int           // attempts by key
	delivered map[string]notify.Notice // by kind
	texts     []string
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{away: true, refused: map[string]int{}, delivered: map[string]notify.Notice{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var n notify.Notice
	if json.Unmarshal(body, &n) != nil || n.Key == "" || n.Key != req.Header.Get("Idempotency-Key") || req.URL.Path != "/T0/token-of-the-hook" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, string(body))
	if r.away {
		r.refused[n.Key]++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.delivered[n.Kind] = n
}

func (r *receiver) back() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = false
}

func (r *receiver) kinds() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.delivered)
}

// of is the notice of a kind that was delivered last.
func (r *receiver) of(kind string) notify.Notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivered[kind]
}

// The receiver is away for the whole run: it holds nothing up, and hears of everything once it is back, also of the end.
func TestPeopleAreToldWhateverTheReceiverDoes(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	id := s.orphan()
	hook := newReceiver(t)
	s.env["NOTIFY_URL"], s.env["TEMPORAL_UI_URL"] = hook.URL+"/T0/token-of-the-hook", "http://ui.example:8080/"
	metrics := s.measured()
	s.work()
	s.start(`{"migration":"told","sample_size":20,"delta_window":"0s"}`)
	s.untilPark("told", id)
	var code string
	v, err := s.client.QueryWorkflow(t.Context(), api.MigrationIDPrefix+"told", "", api.ParkQuery)
	require.NoError(t, err)
	require.NoError(t, v.Get(&code))
	assert.Equal(t, "orphans", code)
	assert.Contains(t, s.get(metrics), `migration_parked{code="orphans",migration="told"} 1`)
	s.accept("told")
	s.finish("told")
	assert.Contains(t, s.get(metrics), `migration_parked{code="",migration="told"} 0`)
	hook.back()
	require.Eventually(t, func() bool { return hook.kinds() == 3 }, 2*time.Minute, 100*time.Millisecond, "park, gate and end are delivered")

	park, gate, end := hook.of("park"), hook.of("gate"), hook.of("end")
	assert.Equal(t, "orphans", park.Code)
	assert.Equal(t, api.PhaseOwners, park.Phase)
	assert.Equal(t, "accept resume", park.WaitingFor)
	assert.Contains(t, park.Cause, id)
	assert.True(t, strings.HasPrefix(park.Link, "http://ui.example:8080/namespaces/default/workflows/migration%2Ftold/"), park.Link)
	assert.Equal(t, api.PhaseApproval, gate.Phase)
	assert.True(t, strings.HasSuffix(gate.Link, "told/sample-diff.html"), gate.Link)
	assert.Equal(t, api.StatusCompleted, end.Status)
	assert.True(t, strings.HasSuffix(end.Link, "told/reconciliation.html"), end.Link)
	for _, n := range []notify.Notice{park, gate, end} {
		assert.Equal(t, "told", n.Migration)
		assert.Positive(t, hook.refused[n.Key], "%s: every attempt has the same key", n.Kind)
	}
	src, err := oracle.SourceOf(s.source, false)
	require.NoError(t, err)
	hits := oracle.Scan(oracle.Texts(map[string]string{"notices": strings.Join(hook.texts, "\n")}), oracle.Marks(src, s.dest.Snapshot(), "jo@example.com"))
	assert.Empty(t, hits)
	log, err := os.ReadFile(filepath.Join(s.dir, "worker-1.log"))
	require.NoError(t, err)
	assert.NotContains(t, string(log), "token-of-the-hook")
	assert.NotContains(t, s.historyText(park.Key, ""), "token-of-the-hook")
}

// measured makes the workers of this stack serve metrics, and tells where.
func (s *stack) measured() string {
	s.Helper()
	port, err := devstack.FreePort()
	require.NoError(s, err)
	s.env["METRICS_ADDRESS"] = "127.0.0.1:" + strconv.Itoa(port)
	return "http://" + s.env["METRICS_ADDRESS"] + "/metrics"
}

// A park is told and shown from the first step on, in which a run is not in the ledger yet; and that of a rollback by itself no less.
func TestParksAreSeenFromTheFirstStepOn(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	hook := newReceiver(t)
	hook.back()
	s.env["NOTIFY_URL"] = hook.URL + "/T0/token-of-the-hook"
	metrics := s.measured()
	shown := func(code string, parked int) {
		t.Helper()
		line := fmt.Sprintf("migration_parked{code=%q,migration=\"stuck\"} %d\n", code, parked)
		require.Eventually(t, func() bool { return strings.Contains(s.get(metrics), line) }, 30*time.Second, 100*time.Millisecond, line)
	}
	s.dest.RemoveAPIKey(nutshelltest.SeedKey)
	s.work()
	s.start(`{"migration":"stuck","sample_size":10,"delta_window":"0s",` + fallback + `}`)
	s.untilPark("stuck", "key")
	shown("nutshell_credentials", 1)
	assert.NotContains(t, s.get(metrics), "migration_records{", "it is not in the ledger")
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	s.resume("stuck")
	s.confirm("stuck", s.untilGate("stuck"))
	require.Equal(t, api.StatusCompleted, s.result("stuck", 2*time.Minute).Status)
	shown("", 0)

	s.dest.RemoveAPIKey(nutshelltest.SeedKey)
	id := api.RollbackIDPrefix + "stuck"
	run, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: s.queue}, api.RollbackWorkflow,
		json.RawMessage(`{"migration":"stuck"}`))
	require.NoError(t, err)
	resume := func() {
		require.NoError(t, s.client.SignalWorkflow(t.Context(), id, "", api.Resume, api.By{By: "ops@example.com"}))
	}
	shown("nutshell_credentials", 1)
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1, ReadOnly: true})
	resume()
	require.Eventually(t, func() bool { return hook.of("park").Code == "forbidden" }, time.Minute, 100*time.Millisecond)
	assert.Equal(t, api.PhaseRollback, hook.of("park").Phase)
	shown("forbidden", 1)
	s.dest.AddAPIKey(nutshelltest.APIKey{Key: nutshelltest.SeedKey, UserID: 1})
	resume()
	require.NoError(t, run.Get(t.Context(), nil))
	require.Eventually(t, func() bool { return hook.of("end").Status == api.StatusRolledBack }, time.Minute, 100*time.Millisecond)
}
