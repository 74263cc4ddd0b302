package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// location is a parsed LEDGER_URL: a file of SQLite or a server's URL.
type location struct {
	path string
	url  string
}

func parseURL(raw string) (location, error) {
	scheme, rest, _ := strings.Cut(raw, ":")
	switch scheme {
	case "postgres", "postgresql":
		return location{url: raw}, nil
	case "sqlite":
	default:
		return location{}, errors.New("the ledger's URL is neither an sqlite nor a postgres URL")
	}
	if strings.HasPrefix(rest, "//") {
		var err error
		if rest, err = url.PathUnescape(strings.TrimPrefix(rest, "//")); err != nil || !strings.HasPrefix(rest, "/") {
			return location{}, errors.New("the ledger's sqlite URL has no absolute path after its slashes")
		}
	}
	if rest == "" || strings.HasSuffix(rest, "/") {
		return location{}, errors.New("the ledger's sqlite URL names no file")
	}
	path, err := filepath.Abs(rest)
	return location{path: path}, err
}

func sqliteDSN(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String()
}

func (l *Ledger) openSQLite(ctx context.Context, o Options, path string) error {
	l.d, l.open = sqliteDialect, newSQLiteSession
	info, err := os.Stat(path)
	exists := err == nil && info.Size() > 0
	if o.ReadOnly {
		if !exists {
			return fmt.Errorf("%w: %s", ErrNoLedger, path)
		}
	} else if err := l.takeLock(ctx, path, o.LockWait); err != nil {
		return err
	}
	if !o.ReadOnly {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			exists = true
		}
		if _, err := loadMasterKey(o.KeyFile, !exists); err != nil { // before anything is touched; never a ledger without its key (I9)
			return err
		}
		if !exists {
			if err := touch(path); err != nil {
				return err
			}
		}
	}
	common := []string{"busy_timeout(10000)", "temp_store(FILE)"}
	if !o.ReadOnly {
		l.writeDB, err = sql.Open("sqlite", sqliteDSN(path, url.Values{"_pragma": append([]string{
			"journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "cache_size(-16000)"}, common...)}))
		if err != nil {
			return fmt.Errorf("open the ledger: %w", err)
		}
		l.writeDB.SetMaxOpenConns(1)
		if err := l.writeDB.PingContext(ctx); err != nil {
			return fmt.Errorf("open the ledger %s: %w", path, err)
		}
	}
	l.readDB, err = sql.Open("sqlite", sqliteDSN(path, url.Values{"_pragma": append([]string{"query_only(1)", "cache_size(-4000)"}, common...)}))
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	l.readDB.SetMaxOpenConns(readers)
	return nil
}

// touch makes the file before SQLite does, so that only its owner may read it.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the ledger: %w", err)
	}
	return f.Close()
}

// takeLock takes the operating system's lock beside the file. It is freed by the death of its holder.
func (l *Ledger) takeLock(ctx context.Context, path string, wait time.Duration) error {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeoutCause(ctx, wait, ErrLocked)
	defer cancel()
	ok, err := lock.TryLockContext(ctx, 50*time.Millisecond)
	switch {
	case ok:
		l.lock = lock
		return nil
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), ErrLocked):
		return fmt.Errorf("%w: %s, waited %s", ErrLocked, path, wait)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("lock the ledger %s: %w", path, err)
}
