package ledger_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// exec changes the database behind the ledger's back.
func (s *store) exec(t *testing.T, sqlite, postgres string) {
	t.Helper()
	if s.path == "" {
		_, err := s.connect(t).Exec(t.Context(), postgres)
		require.NoError(t, err)
		return
	}
	db, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), sqlite)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func (s *store) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	return conn
}

// I1: a page whose rows the database refuses moves no cursor, and leaves none of its rows.
func TestACursorStaysWhereItsRowsCannotBeStored(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		s.exec(t, `CREATE TRIGGER no_staged BEFORE INSERT ON staged WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
			`ALTER TABLE staged ADD CHECK (id <> 'bad')`)
		s.exec(t, `CREATE TRIGGER no_dest BEFORE INSERT ON dest WHEN NEW.id = 13 BEGIN SELECT RAISE(ABORT, 'refused'); END`,
			`ALTER TABLE dest ADD CHECK (id <> 13)`)
		stage(t, r, 0, contact("1", "a@x.org"))

		_, err := r.StagePage(ctx, record.Contacts, 0, []record.Record{contact("2", "b@x.org"), contact("bad", "c@x.org")}, ledger.Cursor{Next: "after", Done: true})
		require.Error(t, err)
		c, err := r.Cursor(ctx, record.Contacts, 0, "")
		require.NoError(t, err)
		assert.Equal(t, "next", c.Next)
		assert.False(t, c.Done)
		_, ok, err := r.Get(ctx, record.Contacts, "2")
		require.NoError(t, err)
		assert.False(t, ok)

		require.NoError(t, r.PutDest(ctx, 1, "contacts", []ledger.DestRecord{{Type: "Contacts", ID: 1}}, ledger.Cursor{Next: "next"}))
		require.Error(t, r.PutDest(ctx, 1, "contacts", []ledger.DestRecord{{Type: "Contacts", ID: 2}, {Type: "Contacts", ID: 13}}, ledger.Cursor{Next: "after", Done: true}))
		c, err = r.DestCursor(ctx, 1, "contacts")
		require.NoError(t, err)
		assert.Equal(t, "next", c.Next)
		assert.False(t, c.Done)
		_, ok, err = r.DestGet(ctx, 1, "Contacts", 2)
		require.NoError(t, err)
		assert.False(t, ok)
	})
}

// A run's first claim changes the run's own row. It waits for that row before it locks any effect, so that no two claims, each with what
// the other needs, wait for each other for ever (I4).
func TestAFirstClaimWaitsWithoutRows(t *testing.T) {
	s := postgresStore(t)
	r := s.begin(t)
	plan(t, r, "1")
	other, look := s.connect(t), s.connect(t)
	held, err := other.Begin(t.Context())
	require.NoError(t, err)
	_, err = held.Exec(t.Context(), `SELECT id FROM migrations FOR SHARE`)
	require.NoError(t, err)

	claimed := make(chan error, 1)
	go func() {
		_, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("1")}}, ttl)
		claimed <- err
	}()
	require.Eventually(t, func() bool {
		var waiting int
		err := look.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted AND $1::int = ANY (pg_blocking_pids(pid))`, other.PgConn().PID()).Scan(&waiting)
		return err == nil && waiting > 0
	}, 30*time.Second, 5*time.Millisecond, "the claim waits for the run's row")
	_, err = look.Exec(t.Context(), `SELECT id FROM effects FOR UPDATE NOWAIT`)
	require.NoError(t, err, "no effect is locked meanwhile")
	require.NoError(t, held.Rollback(t.Context()))
	require.NoError(t, <-claimed)
	assert.Equal(t, ledger.Intent, effect(t, r, "1").State)
}

// A record that was claimed again and again may stand above the mark of any of its claims: the lowest counts.
func TestTheLowestMarkIsKept(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "1")
		for _, mark := range []int64{40, 90, 30, 95} {
			claims, err := r.Claim(t.Context(), []ledger.ClaimRequest{{Key: person("1"), HighWater: mark}}, ttl)
			require.NoError(t, err)
			require.True(t, settle(t, r, claims[0], ledger.InDoubt))
			s.clock.add(2 * ttl)
			ok, err := r.Resolve(t.Context(), []ledger.Resolution{{Key: person("1"), From: ledger.InDoubt, Token: claims[0].Token,
				Outcome: ledger.Outcome{State: ledger.Planned}}})
			require.NoError(t, err)
			require.Equal(t, []bool{true}, ok)
		}
		assert.EqualValues(t, 30, effect(t, r, "1").HighWater)
	})
}
