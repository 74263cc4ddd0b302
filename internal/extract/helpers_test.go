package extract_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/step"
	"rezora2nutshell/internal/union"
)

// world is a simulated account, and a migration of it in a ledger of its own.
type world struct {
	t      *testing.T
	sim    *rezoratest.Server
	client *rezora.Client
	ledger *ledger.Ledger
	path   string
	reader *extract.Reader
	caps   rezora.Capabilities
}

func fast() rezora.Limits {
	return rezora.Limits{RequestsPerS: 1e6, InFlight: 2, BackoffBase: time.Millisecond, BackoffMax: 4 * time.Millisecond}
}

func options(url string) rezora.Options {
	return rezora.Options{BaseURL: url, Auth: rezora.Auth{Secret: rezora.Static("tok-1")}, Limits: fast()}
}

// newWorld makes an account of size XS. legacy turns the legacy API on.
func newWorld(t *testing.T, legacy bool, change func(*rezoratest.Config)) *world {
	t.Helper()
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Tokens = "XS", []string{"tok-1"}
	if change != nil {
		change(&cfg)
	}
	w := &world{t: t, sim: rezoratest.NewServer(cfg), path: filepath.Join(t.TempDir(), "migration.db")}
	t.Cleanup(func() {
		w.sim.Close()
		assert.Empty(t, w.sim.Stats().Violations)
		require.NoError(t, w.ledger.Close())
	})
	var err error
	w.client, err = rezora.New(options(w.sim.URL))
	require.NoError(t, err)
	w.reader = &extract.Reader{Source: w.client, Union: union.Default(), Patience: 300 * time.Millisecond,
		CountWaits: []time.Duration{0, time.Millisecond, time.Millisecond, time.Millisecond}}
	if legacy {
		w.reader.Legacy, err = rezora.NewLegacy(rezora.LegacyOptions{BaseURL: w.sim.URL + "/v1", Limits: fast()})
		require.NoError(t, err)
		for _, c := range w.sim.Credentials() {
			w.reader.Credentials = append(w.reader.Credentials, rezora.Credential{Level: c.Level, AgentID: c.AgentID, Username: c.User, Password: c.Password})
		}
	}
	w.open()
	return w
}

// open opens the ledger, as a new process would.
func (w *world) open() {
	w.t.Helper()
	var err error
	w.ledger, err = ledger.Open(w.t.Context(), ledger.Options{URL: "sqlite://" + w.path, LockWait: time.Second})
	require.NoError(w.t, err)
	w.reader.Run, err = w.ledger.Begin(w.t.Context(), ledger.BeginRequest{Name: "acme", WorkflowID: "migration/acme", FirstRunID: "1",
		NutshellAccount: "n", RezoraAccount: "r", Identity: "jo"})
	require.NoError(w.t, err)
}

func (w *world) reopen() {
	w.t.Helper()
	require.NoError(w.t, w.ledger.Close())
	w.open()
}

func (w *world) preflight() {
	w.t.Helper()
	var err error
	w.caps, err = w.reader.Preflight(w.t.Context())
	require.NoError(w.t, err)
}

func (w *world) round(n int, last bool) (extract.Stats, error) {
	return w.reader.Round(w.t.Context(), step.NewTurn("extract", time.Minute), w.caps, n, last)
}

func (w *world) must(n int, last bool) extract.Stats {
	w.t.Helper()
	s, err := w.round(n, last)
	require.NoError(w.t, err)
	return s
}

// parked is the code of the park that an error is, "" for others.
func parked(err error) string {
	var p *step.Parked
	if errors.As(err, &p) {
		return p.Park.Code
	}
	return ""
}

// parkReason is what a parked turn tells people.
func parkReason(err error) string {
	var p *step.Parked
	if errors.As(err, &p) {
		return p.Park.Reason
	}
	return ""
}

// compact is a row as JSON with sorted keys.
func compact(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(b, &plain))
	b, err = json.Marshal(plain)
	require.NoError(t, err)
	return string(b)
}

func keyOf(kind record.Kind, row map[string]any) string {
	if q := record.Qualifier(kind); q != "" {
		return record.Key(row[q].(string), row["id"].(string))
	}
	return row["id"].(string)
}

// live are the staged live records of a kind.
func (w *world) live(kind record.Kind) map[string]ledger.Staged {
	w.t.Helper()
	out := map[string]ledger.Staged{}
	require.NoError(w.t, w.reader.Run.Each(w.t.Context(), kind, true, func(s ledger.Staged) error {
		out[s.ID] = s
		return nil
	}))
	return out
}

// equalsSource holds what is staged against the simulator's own rows.
func (w *world) equalsSource() {
	w.t.Helper()
	for _, kind := range record.Kinds {
		want := map[string]string{}
		for _, row := range w.sim.Rows(string(kind), false) {
			if kind == record.Campaigns {
				delete(row, "html")
			}
			want[keyOf(kind, row)] = compact(w.t, row)
		}
		got := map[string]string{}
		for id, s := range w.live(kind) {
			got[id] = compact(w.t, s.Canon)
		}
		assert.Equal(w.t, want, got, kind)
	}
}

func (w *world) contact(id string) (record.Contact, ledger.Staged) {
	w.t.Helper()
	s, ok, err := w.reader.Run.Get(w.t.Context(), record.Contacts, id)
	require.NoError(w.t, err)
	require.True(w.t, ok, id)
	var c record.Contact
	require.NoError(w.t, s.Decode(&c))
	return c, s
}

func (w *world) flags(code string) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	require.NoError(w.t, w.reader.Run.Flags(w.t.Context(), func(f ledger.FlagRow) error {
		if f.Code == code {
			out[f.SourceID] = f.Object
		}
		return nil
	}))
	return out
}
