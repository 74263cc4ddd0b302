package wiring_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/limit"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/tally"
	"rezora2nutshell/internal/wiring"
)

// accounts are two simulators and the settings that lead to them.
type accounts struct {
	rezora   *rezoratest.Server
	nutshell *nutshelltest.Server
	environ  map[string]string
}

func newAccounts(t *testing.T) accounts {
	t.Helper()
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Tokens = "XS", []string{"token-1"}
	a := accounts{rezora: rezoratest.NewServer(cfg), nutshell: nutshelltest.NewServer(nutshelltest.DefaultConfig())}
	t.Cleanup(a.rezora.Close)
	t.Cleanup(a.nutshell.Close)
	dir := t.TempDir()
	logins := filepath.Join(dir, "legacy.csv")
	require.NoError(t, a.rezora.WriteCredentials(logins))
	quick := filepath.Join(dir, "rezora.yaml")
	require.NoError(t, os.WriteFile(quick, []byte("limits: {requests_per_s: 1000, in_flight: 4}\n"), 0o600))
	a.environ = map[string]string{
		"REZORA_SETTINGS_FILE": quick,
		"REZORA_BASE_URL":      a.rezora.URL, "REZORA_TOKEN": "token-1", "REZORA_LEGACY_BASE_URL": a.rezora.URL + "/v1", "REZORA_LEGACY_CREDENTIALS_FILE": logins,
		"NUTSHELL_BASE_URL": a.nutshell.URL, "NUTSHELL_USERNAME": nutshelltest.SeedUser, "NUTSHELL_API_KEY": nutshelltest.SeedKey,
		"NUTSHELL_RATE": "500", "LEDGER_URL": "sqlite://" + filepath.Join(dir, "migration.db"), "MAPPING_DIR": dir,
	}
	return a
}

func build(t *testing.T, environ map[string]string) *wiring.Parts {
	t.Helper()
	c, err := config.Load(environ)
	require.NoError(t, err)
	p, err := wiring.Build(t.Context(), c, wiring.Options{Offline: true, LockWait: 50 * time.Millisecond, Log: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func begin(t *testing.T, p *wiring.Parts) *ledger.Run {
	t.Helper()
	run, err := p.Ledger.Begin(t.Context(), ledger.BeginRequest{Name: "acme", WorkflowID: "w", FirstRunID: "1", NutshellAccount: "501", RezoraAccount: "a",
		Input: json.RawMessage(`{"migration":"acme","delta_interval":"6h"}`)})
	require.NoError(t, err)
	return run
}

func metrics(t *testing.T, p *wiring.Parts) string {
	t.Helper()
	rec := httptest.NewRecorder()
	p.Metrics.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	body, err := io.ReadAll(rec.Body)
	require.NoError(t, err)
	return string(body)
}

func TestPartsReachBothAccounts(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	p := build(t, a.environ)
	inst, err := p.Nutshell.Instance(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "501", inst.ID)
	caps, err := p.Source.Preflight(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, caps.Fingerprint)
	require.NotNil(t, p.Legacy)
	require.NotEmpty(t, p.Credentials)
	rows, err := p.Legacy.Agents(t.Context(), p.Credentials[0])
	require.NoError(t, err)
	assert.NotEmpty(t, rows)
	assert.True(t, p.Union.MatchByID)
	assert.NoError(t, p.Health(t.Context()))
	assert.Empty(t, a.rezora.Stats().Violations)
	text := metrics(t, p)
	for _, want := range []string{`migration_calls_total{api="nutshell",kind="read",outcome="done"} 1`, `api="rezora"`, `api="legacy"`} {
		assert.Contains(t, text, want)
	}
}

func TestCallsAreCountedForTheRunThatMadeThem(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	p := build(t, a.environ)
	one, other := tally.With(t.Context()), tally.With(t.Context())
	_, err := p.Nutshell.Create(one, nutshell.Contacts, map[string]any{"name": "Ines Okafor"})
	require.NoError(t, err)
	_, err = p.Nutshell.Instance(other)
	require.NoError(t, err)
	assert.Equal(t, map[string]int64{"create": 1}, tally.Take(one))
	assert.Equal(t, map[string]int64{"read": 1}, tally.Take(other))

	a.nutshell.SetFaults(nutshelltest.Fault{Match: "newContact", Kind: nutshelltest.HTTP429, Times: 1})
	_, err = p.Nutshell.Create(one, nutshell.Contacts, map[string]any{"name": "Kim Aoki"})
	require.NoError(t, err)
	assert.Equal(t, map[string]int64{"create": 2}, tally.Take(one), "a call that the limiter turned away has been made, too")
	assert.Contains(t, metrics(t, p), `kind="create",outcome="throttled"} 1`)
}

func TestPauseBitHoldsBackItsRunOnly(t *testing.T) {
	t.Parallel()
	p := build(t, newAccounts(t).environ)
	run := begin(t, p)
	paused := limit.WithRun(t.Context(), run)
	_, err := p.Nutshell.UpdateTimes(paused)
	require.NoError(t, err)
	require.NoError(t, run.SetPaused(t.Context(), true, "op"))
	require.Eventually(t, func() bool { _, err := p.Nutshell.UpdateTimes(paused); return err != nil }, 5*time.Second, 20*time.Millisecond)
	for range 20 { // calls of nobody's run neither stop nor let the run's calls through
		_, err = p.Nutshell.UpdateTimes(t.Context())
		require.NoError(t, err)
		_, err = p.Nutshell.UpdateTimes(paused)
		require.ErrorIs(t, err, limit.ErrPaused)
	}
	require.NoError(t, run.SetPaused(t.Context(), false, "op"))
	require.Eventually(t, func() bool { _, err := p.Nutshell.UpdateTimes(paused); return err == nil }, 5*time.Second, 20*time.Millisecond)
}

func TestRateIsSharedThroughTheLedger(t *testing.T) {
	t.Parallel()
	p := build(t, newAccounts(t).environ)
	_, err := p.Nutshell.UpdateTimes(t.Context())
	require.NoError(t, err)
	state, version, err := p.Ledger.LoadRate(t.Context(), limit.All)
	require.NoError(t, err)
	assert.NotEmpty(t, state)
	assert.Positive(t, version)
	require.NoError(t, p.ShowRates(t.Context()))
	assert.Contains(t, metrics(t, p), `migration_limiter_limit{class="all"} 500`)
}

func TestMetricsShowWhereAMigrationStands(t *testing.T) {
	t.Parallel()
	p := build(t, newAccounts(t).environ)
	p.Metrics.Watch(p.Snapshots)
	run := begin(t, p)
	_, err := run.StagePage(t.Context(), record.Contacts, 0, []record.Record{
		{Kind: record.Contacts, ID: "1", Canon: json.RawMessage(`{"id":"1"}`)}, {Kind: record.Contacts, ID: "3", Canon: json.RawMessage(`{"id":"3"}`)},
	}, ledger.Cursor{Done: true})
	require.NoError(t, err)
	_, err = run.Seal(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, run.Plan(t.Context(), []ledger.Effect{
		{EffectKey: ledger.EffectKey{Object: "people", SourceID: "1", Role: "record", Part: 1}, Step: "people", Verb: ledger.Create, State: ledger.Planned},
		{EffectKey: ledger.EffectKey{Object: "people", SourceID: "2", Role: "record", Part: 1}, Step: "people", Verb: ledger.Create, State: ledger.Quarantined, Code: "x", Reason: "y"},
	}))
	text := metrics(t, p)
	for _, want := range []string{
		"migration_ledger_up 1", `migration_records{migration="acme",object="people",state="planned"} 1`, `migration_quarantined{migration="acme"} 1`,
		`migration_in_doubt{migration="acme"} 0`, `migration_parked{code="",migration="acme"} 0`,
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "delta_", "no round yet")
	_, err = run.StagePage(t.Context(), record.Contacts, 1, nil, ledger.Cursor{Walk: "current", AsOf: time.Now().Add(-time.Hour), Done: true})
	require.NoError(t, err)
	text = metrics(t, p)
	assert.Contains(t, text, `migration_delta_interval_seconds{migration="acme"} 21600`)
	assert.Regexp(t, `migration_delta_lag_seconds{migration="acme"} 36\d\d`, text)
	assert.Eventually(t, func() bool {
		return strings.Contains(metrics(t, p), `migration_conservation_gap{migration="acme",object="contacts"} 1`)
	}, 5*time.Second, 20*time.Millisecond, "record 3 is sealed and has no effect")
}

func TestSecondWorkerOnOneFileIsRefusedWithTheCure(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	build(t, a.environ)
	c, err := config.Load(a.environ)
	require.NoError(t, err)
	_, err = wiring.Build(t.Context(), c, wiring.Options{Offline: true, LockWait: 50 * time.Millisecond, Log: zap.NewNop()})
	require.ErrorIs(t, err, ledger.ErrLocked)
	assert.ErrorContains(t, err, "LEDGER_URL")
}

func TestExportsStandInForTheAPI(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	dir := t.TempDir()
	delete(a.environ, "REZORA_TOKEN")
	delete(a.environ, "REZORA_LEGACY_BASE_URL")
	delete(a.environ, "REZORA_LEGACY_CREDENTIALS_FILE")
	a.environ["REZORA_EXPORT_DIR"] = dir
	require.NoError(t, os.WriteFile(filepath.Join(dir, "agents.jsonl"), nil, 0o600))
	p := build(t, a.environ)
	assert.Nil(t, p.Rezora)
	assert.NotNil(t, p.Source)
	assert.Nil(t, p.Legacy)
}

func TestUnreachableTemporalClosesWhatWasOpened(t *testing.T) {
	t.Parallel()
	a := newAccounts(t)
	a.environ["TEMPORAL_ADDRESS"] = "127.0.0.1:9"
	c, err := config.Load(a.environ)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = wiring.Build(ctx, c, wiring.Options{Log: zap.NewNop()})
	require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
	assert.Equal(t, 1, strings.Count(err.Error(), "TEMPORAL_ADDRESS"))
	build(t, a.environ) // the ledger is free again
}
