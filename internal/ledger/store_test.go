package ledger_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/devstack"
	"rezora2nutshell/internal/ledger"
)

// store is an empty place for a ledger in one of the two databases.
type store struct {
	url   string
	key   string
	path  string // of the SQLite file
	clock *clock
}

// clock is a store clock that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func (s *store) open(t testing.TB) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), s.options())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func (s *store) options() ledger.Options {
	return ledger.Options{URL: s.url, KeyFile: s.key, LockWait: 100 * time.Millisecond, Clock: s.clock.now}
}

// begin opens the ledger and starts the migration "acme".
func (s *store) begin(t testing.TB) *ledger.Run {
	t.Helper()
	return begin(t, s.open(t), "acme", "run-1")
}

func begin(t testing.TB, l *ledger.Ledger, name, runID string) *ledger.Run {
	t.Helper()
	r, err := l.Begin(t.Context(), request(name, runID))
	require.NoError(t, err)
	return r
}

func request(name, runID string) ledger.BeginRequest {
	return ledger.BeginRequest{
		Name: name, WorkflowID: "migration/" + name, FirstRunID: runID, Input: []byte(`{"migration":"` + name + `"}`),
		NutshellAccount: "instance-7", RezoraAccount: "account-9", Identity: "jo",
		OwnerClosed: func(context.Context, string, string) (bool, error) { return true, nil },
	}
}

var postgres struct {
	once   sync.Once
	server *devstack.Postgres
	err    error
	n      atomic.Int64
}

func TestMain(m *testing.M) {
	if kill9Child() {
		return
	}
	code := m.Run()
	if postgres.server != nil {
		_ = postgres.server.Stop()
	}
	os.Exit(code)
}

func sqliteStore(t testing.TB) *store {
	dir := t.TempDir()
	path := filepath.Join(dir, "migration.db")
	return &store{url: "sqlite://" + path, path: path, key: path + ".key", clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
}

func postgresStore(t testing.TB) *store {
	t.Helper()
	postgres.once.Do(func() { postgres.server, postgres.err = devstack.StartPostgres(context.Background()) })
	require.NoError(t, postgres.err, "the suite needs PostgreSQL")
	schema := fmt.Sprintf("t%d", postgres.n.Add(1))
	conn, err := pgx.Connect(t.Context(), postgres.server.URL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	u, err := url.Parse(postgres.server.URL)
	require.NoError(t, err)
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return &store{url: u.String(), key: filepath.Join(t.TempDir(), "ledger.key"), clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
}

// conform runs a test against both stores: one implementation, one suite.
func conform(t *testing.T, test func(t *testing.T, s *store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteStore(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresStore(t)) })
}
