package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Options say which ledger to open and how.
type Options struct {
	URL      string        // sqlite:relative.db, sqlite:///absolute/path.db or postgres://...
	KeyFile  string        // the master key; "" = the SQLite file with ".key" appended; required with PostgreSQL
	LockWait time.Duration // how long to wait for another process to let go of the SQLite file; 0 = 60 s
	// ReadOnly takes no lock and changes nothing, the schema included: it may run beside a worker.
	ReadOnly bool
	Clock    func() time.Time // replaces the store's clock in tests
	// Commit is put around every commit of the writer, for tests of crashes: a process may die right before it or right after.
	Commit func(commit func() error) error
}

var now = time.Now

// Ledger is an open ledger; safe for use by many goroutines.
type Ledger struct {
	d       *dialect
	id      string
	master  *box
	clock   func() time.Time
	commit  func(commit func() error) error
	lock    *flock.Flock
	writeDB *sql.DB
	readDB  *sql.DB
	open    func(context.Context, *sql.DB) (session, error)
	readers chan session
	w       *writer

	closing sync.Once
	closed  error
}

// Open opens the ledger and, unless it is read-only, makes or migrates it. It returns ErrLocked when another process keeps the
// SQLite file, ErrKeyFile when the key file is missing beside an existing ledger or is another ledger's, and for a read-only
// open ErrNoLedger or ErrSchema.
func Open(ctx context.Context, o Options) (*Ledger, error) {
	at, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if o.KeyFile == "" {
		if at.path == "" {
			return nil, fmt.Errorf("%w: with PostgreSQL its path must be given", ErrKeyFile)
		}
		o.KeyFile = at.path + ".key"
	}
	if o.LockWait <= 0 {
		o.LockWait = DefaultLockWait
	}
	if o.Commit == nil {
		o.Commit = func(commit func() error) error { return commit() }
	}
	l := &Ledger{clock: o.Clock, commit: o.Commit}
	if err := l.start(ctx, o, at); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Ledger) start(ctx context.Context, o Options, at location) error {
	var err error
	if at.path != "" {
		err = l.openSQLite(ctx, o, at.path)
	} else {
		err = l.openPostgres(at.url)
	}
	if err != nil {
		return err
	}
	l.readers = make(chan session, readers)
	for range readers {
		l.readers <- nil
	}
	if o.ReadOnly {
		err = l.checkSchema(ctx)
	} else {
		err = l.migrateSchema(ctx)
	}
	if err != nil {
		return err
	}
	if !o.ReadOnly {
		l.w = newWriter(l)
	}
	return l.identify(ctx, o)
}

// identify reads the ledger's id, or gives a new ledger one, and proves that the key file belongs to it.
func (l *Ledger) identify(ctx context.Context, o Options) error {
	id, check, err := l.readMeta(ctx)
	if err != nil {
		return err
	}
	if id == "" && o.ReadOnly {
		return ErrNoLedger
	}
	master, err := loadMasterKey(o.KeyFile, id == "")
	if err != nil {
		return err
	}
	if l.master, err = newBox(master); err != nil {
		return err
	}
	if id == "" {
		if err := l.createMeta(ctx); err != nil {
			return err
		}
		if id, check, err = l.readMeta(ctx); err != nil { // another process may have been first
			return err
		}
	}
	if check != l.master.hash("ledger", id) {
		return fmt.Errorf("%w: %s does not open this ledger", ErrKeyFile, o.KeyFile)
	}
	l.id = id
	return nil
}

func (l *Ledger) readMeta(ctx context.Context) (id, check string, err error) {
	err = l.read(ctx, func(s session) error {
		return s.query(ctx, `SELECT name, value FROM meta`, func(row scanner) error {
			var name, value string
			if err := row.Scan(&name, &value); err != nil {
				return err
			}
			switch name {
			case "id":
				id = value
			case "key_check":
				check = value
			}
			return nil
		})
	})
	if err != nil {
		err = fmt.Errorf("read the ledger's id: %w", err)
	}
	return id, check, err
}

func (l *Ledger) createMeta(ctx context.Context) error {
	id := newToken()
	return l.write(ctx, true, 1, func(t *tx) error {
		n, err := t.exec(t.ctx, `INSERT INTO meta (name, value) VALUES ('id', ?) ON CONFLICT (name) DO NOTHING`, id)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec(t.ctx, `INSERT INTO meta (name, value) VALUES ('key_check', ?)`, l.master.hash("ledger", id))
		return err
	})
}

// ID is the ledger's random id, made with it.
func (l *Ledger) ID() string { return l.id }

// Now is the store's clock: the one that claims' deadlines are measured by.
func (l *Ledger) Now(ctx context.Context) (time.Time, error) {
	var n int64
	err := l.read(ctx, func(s session) (err error) {
		n, err = l.storeClock(ctx, s)
		return err
	})
	return fromMicros(n), err
}

// StoreNow is the ledger's Now.
func (r *Run) StoreNow(ctx context.Context) (time.Time, error) { return r.l.Now(ctx) }

// Close finishes the writes under way and lets go of the ledger. Callers end their reads before.
func (l *Ledger) Close() error {
	l.closing.Do(func() {
		var errs []error
		if l.w != nil {
			errs = append(errs, l.w.close())
		}
		if l.readers != nil {
			for range readers {
				if s := <-l.readers; s != nil {
					errs = append(errs, s.close())
				}
			}
			close(l.readers)
		}
		for _, db := range []*sql.DB{l.readDB, l.writeDB} { // the writer last: it folds SQLite's log into the file
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
		if l.lock != nil {
			errs = append(errs, l.lock.Unlock())
		}
		l.closed = errors.Join(errs...)
	})
	return l.closed
}
