package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"rezora2nutshell/internal/ledger"
)

// A PostgreSQL that was away is used again at once: no reader keeps a dead connection for the next caller.
func TestConnectionsThatDiedAreNotUsedAgain(t *testing.T) {
	s := postgresStore(t)
	s.url += "&application_name=away"
	r := s.begin(t)
	plan(t, r, "1")
	for _, idle := range []time.Duration{1100 * time.Millisecond, 0} { // the pool looks at what was idle for a second
		var all errgroup.Group
		for range 64 { // every reader has been at work
			all.Go(func() error {
				_, _, err := r.Effect(t.Context(), person("1"))
				return err
			})
		}
		require.NoError(t, all.Wait())
		c, err := pgx.Connect(t.Context(), strings.ReplaceAll(s.url, "=away", "=killer"))
		require.NoError(t, err)
		_, err = c.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'away' AND pid <> pg_backend_pid()`)
		require.NoError(t, err)
		require.NoError(t, c.Close(t.Context()))
		time.Sleep(idle)
		failed := 0
		for range 12 {
			if _, _, err := r.Effect(t.Context(), person("1")); err != nil {
				assert.ErrorIs(t, err, ledger.ErrAway)
				failed++
			}
		}
		if idle == 0 {
			assert.LessOrEqual(t, failed, 4, "a connection fails at most once")
		} else {
			assert.Zero(t, failed)
		}
		require.NoError(t, r.PutValue(t.Context(), "k", 1))
	}
}
