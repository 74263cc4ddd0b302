package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func wrappedKey(t *testing.T, s *store) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path+"?mode=ro")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var wrapped []byte
	require.NoError(t, db.QueryRow(`SELECT wrapped FROM data_keys`).Scan(&wrapped))
	return string(wrapped)
}

func reopen(t *testing.T, s *store, change func(*ledger.Options)) (*ledger.Ledger, error) {
	t.Helper()
	o := s.options()
	if change != nil {
		change(&o)
	}
	l, err := ledger.Open(t.Context(), o)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, l.Close()) })
	}
	return l, err
}

func TestALedgerIsItselfAgain(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l, err := ledger.Open(t.Context(), s.options())
		require.NoError(t, err)
		id := l.ID()
		assert.Len(t, id, 32)
		r := begin(t, l, "acme", "run-1")
		require.NoError(t, r.PutValue(t.Context(), "k", "v"))
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		require.ErrorIs(t, r.PutValue(t.Context(), "k", "v"), ledger.ErrClosed)
		_, err = r.Value(t.Context(), "k", new(string))
		require.ErrorIs(t, err, ledger.ErrClosed)
		info, err := os.Stat(s.key)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

		again := s.open(t)
		assert.Equal(t, id, again.ID())
		r, err = again.Run(t.Context(), "acme")
		require.NoError(t, err)
		var v string
		_, err = r.Value(t.Context(), "k", &v)
		require.NoError(t, err)
		assert.Equal(t, "v", v)
		now, err := again.Now(t.Context())
		require.NoError(t, err)
		assert.Equal(t, s.clock.now(), now)
	})
}

func TestTheStoresClockGoes(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l, err := reopen(t, s, func(o *ledger.Options) { o.Clock = nil })
		require.NoError(t, err)
		now, err := l.Now(t.Context())
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now(), now, 5*time.Second)
	})
}

// A process that dies while it makes a ledger leaves no ledger without its key, which nobody could open any more (I9).
func TestTheKeyComesBeforeTheLedger(t *testing.T) {
	s := sqliteStore(t)
	require.NoError(t, os.Symlink(filepath.Join(t.TempDir(), "missing", "ledger.db"), s.path)) // it dies here
	_, err := ledger.Open(t.Context(), s.options())
	require.ErrorContains(t, err, "make the ledger")
	assert.FileExists(t, s.key)
	require.NoError(t, os.Remove(s.path))
	assert.NotEmpty(t, s.open(t).ID(), "the next one takes that key")
}

func TestTheKeyFileBelongsToTheLedger(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l, err := ledger.Open(t.Context(), s.options())
		require.NoError(t, err)
		require.NoError(t, l.Close())
		key, err := os.ReadFile(s.key)
		require.NoError(t, err)
		raw, err := hex.DecodeString(string(bytes.TrimSpace(key)))
		require.NoError(t, err)

		require.NoError(t, os.WriteFile(s.key, []byte(base64.StdEncoding.EncodeToString(raw)), 0o600))
		l, err = ledger.Open(t.Context(), s.options())
		require.NoError(t, err, "base64 is the same key")
		require.NoError(t, l.Close())
		for name, content := range map[string]string{"another key": hex.EncodeToString(make([]byte, 32)), "too short": "abcd", "empty": ""} {
			require.NoError(t, os.WriteFile(s.key, []byte(content), 0o600))
			_, err = ledger.Open(t.Context(), s.options())
			require.ErrorIs(t, err, ledger.ErrKeyFile, name)
			assert.NotContains(t, err.Error(), "abcd")
		}
		require.NoError(t, os.Remove(s.key))
		_, err = ledger.Open(t.Context(), s.options())
		require.ErrorIs(t, err, ledger.ErrKeyFile)
		assert.NoFileExists(t, s.key, "a missing key is never made anew")
	})
}

func TestASecondOpenerWaitsAndGivesUp(t *testing.T) {
	s := sqliteStore(t)
	first, err := ledger.Open(t.Context(), s.options())
	require.NoError(t, err)
	_, err = ledger.Open(t.Context(), s.options())
	require.ErrorIs(t, err, ledger.ErrLocked)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = ledger.Open(ctx, s.options())
	require.ErrorIs(t, err, context.Canceled)

	opened := make(chan error, 1)
	go func() {
		o := s.options()
		o.LockWait = 20 * time.Second
		l, err := ledger.Open(context.Background(), o)
		if err == nil {
			err = l.Close()
		}
		opened <- err
	}()
	require.NoError(t, first.Close())
	require.NoError(t, <-opened, "it waited")
}

func TestReadersRunBesideAWorker(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		_, err := reopen(t, s, func(o *ledger.Options) { o.ReadOnly = true })
		require.ErrorIs(t, err, ledger.ErrNoLedger)
		worker := s.begin(t)
		stage(t, worker, 0, contact("1", "a@x.org"))
		l, err := reopen(t, s, func(o *ledger.Options) { o.ReadOnly = true })
		require.NoError(t, err)
		r, err := l.Run(t.Context(), "acme")
		require.NoError(t, err)
		stage(t, worker, 0, contact("2", "b@x.org"))
		_, ok, err := r.Get(t.Context(), "contacts", "2")
		require.NoError(t, err)
		assert.True(t, ok)
		require.ErrorIs(t, r.PutValue(t.Context(), "k", 1), ledger.ErrReadOnly)
		require.ErrorIs(t, r.SetPaused(t.Context(), true, "x"), ledger.ErrReadOnly)
		require.ErrorIs(t, r.Shred(t.Context(), "jo"), ledger.ErrReadOnly)
		_, _, err = r.ExportAudit(t.Context(), &bytes.Buffer{})
		require.ErrorIs(t, err, ledger.ErrReadOnly)
	})
}

func TestReadersOpenWhatAKilledWorkerLeft(t *testing.T) {
	s := sqliteStore(t)
	r := s.begin(t)
	stage(t, r, 0, contact("1", "a@x.org"))
	left := copyOf(t, s)
	l, err := reopen(t, left, func(o *ledger.Options) { o.ReadOnly = true })
	require.NoError(t, err)
	got, err := l.Run(t.Context(), "acme")
	require.NoError(t, err)
	_, ok, err := got.Get(t.Context(), "contacts", "1")
	require.NoError(t, err)
	assert.True(t, ok)
}

func TestAnotherProgramsSchemaIsRefused(t *testing.T) {
	s := sqliteStore(t)
	l, err := ledger.Open(t.Context(), s.options())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	db, err := sql.Open("sqlite", "file:"+s.path)
	require.NoError(t, err)
	_, err = db.Exec(`INSERT INTO ledger_schema (version_id, is_applied) VALUES (99, 1)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = ledger.Open(t.Context(), s.options())
	require.ErrorIs(t, err, ledger.ErrSchema)
	_, err = reopen(t, s, func(o *ledger.Options) { o.ReadOnly = true })
	require.ErrorIs(t, err, ledger.ErrSchema)
}

func TestBadURLs(t *testing.T) {
	for _, u := range []string{"", "mysql://x", "sqlite:", "sqlite://host/x.db", "sqlite:///", "postgres://%zz"} {
		_, err := ledger.Open(t.Context(), ledger.Options{URL: u})
		require.Error(t, err, u)
	}
	_, err := ledger.Open(t.Context(), ledger.Options{URL: "postgres://u:secret@127.0.0.1:1/x"})
	require.ErrorIs(t, err, ledger.ErrKeyFile)
	_, err = ledger.Open(t.Context(), ledger.Options{URL: "postgres://u:secret@127.0.0.1:1/x", KeyFile: filepath.Join(t.TempDir(), "k")})
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret")
}

func TestRelativePathsWithOddNames(t *testing.T) {
	t.Chdir(t.TempDir())
	l, err := ledger.Open(t.Context(), ledger.Options{URL: "sqlite:my ledger #1 100%.db"})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	info, err := os.Stat("my ledger #1 100%.db")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	assert.FileExists(t, "my ledger #1 100%.db.key")
}

func TestTheLimitersStateIsSwappedOnce(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		ctx := t.Context()
		state, version, err := l.LoadRate(ctx, "all")
		require.NoError(t, err)
		assert.Nil(t, state)
		assert.Zero(t, version)
		for _, c := range []struct {
			version int64
			ok      bool
		}{{0, true}, {0, false}, {1, true}, {1, false}} {
			ok, err := l.StoreRate(ctx, "all", []byte(`{"r":1}`), c.version)
			require.NoError(t, err)
			assert.Equal(t, c.ok, ok)
		}
		state, version, err = l.LoadRate(ctx, "all")
		require.NoError(t, err)
		assert.JSONEq(t, `{"r":1}`, string(state))
		assert.EqualValues(t, 2, version)
	})
}
