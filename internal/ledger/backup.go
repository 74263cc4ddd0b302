package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// ErrNotAFile is the refusal to copy a ledger that is not a file: a database server has means of its own.
var ErrNotAFile = errors.New("the ledger is in PostgreSQL, not in a file")

// Backup copies an SQLite ledger into a new file, as it stands at one moment, beside a worker that goes on writing. The copy appears under
// its name only when it is whole and on disk; a file of that name is never overwritten (fs.ErrExist). It holds no key: without the key
// file nobody reads personal data from it.
func Backup(ctx context.Context, ledgerURL, path string) (bytes int64, err error) {
	at, err := parseURL(ledgerURL)
	if err != nil {
		return 0, err
	}
	if at.path == "" {
		return 0, ErrNotAFile
	}
	if info, err := os.Stat(at.path); err != nil || info.Size() == 0 {
		return 0, fmt.Errorf("%w: %s", ErrNoLedger, at.path)
	}
	if _, err := os.Stat(path); err == nil {
		return 0, fmt.Errorf("back up the ledger to %s: %w", path, os.ErrExist)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) { // of a copy that was broken off
		return 0, fmt.Errorf("back up the ledger: %w", err)
	}
	if err := touch(part); err != nil {
		return 0, fmt.Errorf("back up the ledger: %w", err)
	}
	defer func() { _ = os.Remove(part) }()
	if err := vacuumInto(ctx, at.path, part); err != nil {
		return 0, fmt.Errorf("back up the ledger %s: %w", at.path, err)
	}
	if bytes, err = synced(part); err != nil {
		return 0, fmt.Errorf("back up the ledger: %w", err)
	}
	err = os.Link(part, path) // unlike a rename it never replaces a file
	if err != nil && !errors.Is(err, os.ErrExist) {
		err = os.Rename(part, path) // some file systems have no links
	}
	if err != nil {
		return 0, fmt.Errorf("back up the ledger to %s: %w", path, err)
	}
	return bytes, nil
}

func vacuumInto(ctx context.Context, from, to string) error {
	db, err := sql.Open("sqlite", sqliteDSN(from, url.Values{"_pragma": {"busy_timeout(10000)"}, "mode": {"ro"}}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	return errors.Join(err, db.Close())
}

// synced brings a file to disk and tells its size.
func synced(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, errors.Join(err, f.Close())
	}
	return info.Size(), errors.Join(f.Sync(), f.Close())
}
