package ledger_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

// copyOf is what a killed process would leave: the files as they lie there, without a close.
func copyOf(t *testing.T, s *store) *store {
	t.Helper()
	left := sqliteStore(t)
	for from, to := range map[string]string{s.path: left.path, s.path + "-wal": left.path + "-wal", s.key: left.key} {
		b, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, b, 0o600))
	}
	return left
}

func TestWhatWasAcknowledgedSurvivesWithoutAClose(t *testing.T) {
	s := sqliteStore(t)
	r := s.begin(t)
	plan(t, r, "1", "2")
	c := claim(t, r, "1")
	assert.True(t, settle(t, r, c, ledger.Done, ledger.AuditEvent{Event: "created"}))
	held := claim(t, r, "2")
	got := copyOf(t, s).begin(t)
	assert.Equal(t, ledger.Done, effect(t, got, "1").State)
	e := effect(t, got, "2")
	assert.Equal(t, ledger.Intent, e.State)
	assert.Equal(t, held.Token, e.Token)
	assert.Equal(t, 1, countEvents(t, got, "created"))
	assert.Equal(t, map[ledger.State]int64{ledger.Done: 1, ledger.Intent: 1}, states(t, got))
}

const killedLedger = "LEDGER_TEST_KILLED"

// kill9Child runs in a process of its own, claims and settles until it is killed, and prints what was acknowledged.
func kill9Child() bool {
	raw := os.Getenv(killedLedger)
	if raw == "" {
		return false
	}
	var at struct{ URL, Key string }
	if err := json.Unmarshal([]byte(raw), &at); err != nil {
		panic(err)
	}
	ctx := context.Background()
	l, err := ledger.Open(ctx, ledger.Options{URL: at.URL, KeyFile: at.Key})
	if err != nil {
		panic(err)
	}
	r, err := l.Begin(ctx, request("acme", "run-1"))
	if err != nil {
		panic(err)
	}
	first, _, err := r.StepSize(ctx, "people") // a later child goes on behind the earlier ones
	if err != nil {
		panic(err)
	}
	for i := first; ; i++ {
		id := fmt.Sprint(i)
		if err := r.Plan(ctx, planned(id)); err != nil {
			panic(err)
		}
		claims, err := r.Claim(ctx, []ledger.ClaimRequest{{Key: person(id)}}, time.Hour)
		if err != nil {
			panic(err)
		}
		fmt.Println("claimed", id, claims[0].Token)
		_, err = r.Settle(ctx, []ledger.Outcome{{Claim: *claims[0], State: ledger.Done, ID: i + 1, Type: "Contacts"}}, ledger.AuditEvent{Event: "created"})
		if err != nil {
			panic(err)
		}
		fmt.Println("done", id, claims[0].Token)
	}
}

func TestKill9LosesNothing(t *testing.T) {
	conform(t, func(t *testing.T, s *store) { // I9
		at, err := json.Marshal(map[string]string{"URL": s.url, "Key": s.key})
		require.NoError(t, err)
		for range 3 {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
			child.Env = append(os.Environ(), killedLedger+"="+string(at))
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, child.Start())
			lines := bufio.NewScanner(out)
			acknowledged := map[string]string{}
			for n := 0; n < 60 && lines.Scan(); n++ {
				f := strings.Fields(lines.Text())
				require.Len(t, f, 3)
				acknowledged[f[1]] = f[0]
			}
			require.NoError(t, child.Process.Kill())
			_, err = io.Copy(io.Discard, out)
			require.NoError(t, err)
			require.Error(t, child.Wait())

			l, err := ledger.Open(t.Context(), s.options())
			require.NoError(t, err, "the lock died with its holder")
			r := begin(t, l, "acme", "run-1")
			for id, state := range acknowledged {
				e := effect(t, r, id)
				if state == "done" {
					assert.Equal(t, ledger.Done, e.State, id)
				} else {
					assert.Contains(t, []ledger.State{ledger.Intent, ledger.Done}, e.State, id)
				}
			}
			var b strings.Builder
			_, _, err = r.ExportAudit(t.Context(), &b)
			require.NoError(t, err)
			_, bad, reason, err := ledger.VerifyAudit(strings.NewReader(b.String()))
			require.NoError(t, err)
			assert.Zero(t, bad, reason)
			assert.EqualValues(t, states(t, r)[ledger.Done], strings.Count(b.String(), `"event":"created"`), "an outcome and its line are one")
			require.NoError(t, l.Close())
		}
	})
}

func TestALostServerConnectionIsMadeAgain(t *testing.T) {
	s := postgresStore(t)
	r := s.begin(t)
	plan(t, r, "1", "2")
	conn, err := pgx.Connect(t.Context(), postgres.server.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rezora2nutshell'`)
	require.NoError(t, err)
	c := claim(t, r, "1")
	require.NotNil(t, c, "a write is tried again on a new connection")
	for range 8 { // each reader may notice once
		_, _, _ = r.Effect(t.Context(), person("1"))
	}
	assert.Equal(t, c.Token, effect(t, r, "1").Token)
}
