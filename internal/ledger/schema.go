package ledger

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrationFiles embed.FS

const schemaTable = "ledger_schema"

func (l *Ledger) schemaProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations/"+l.d.name)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true)}
	dialect := goose.DialectSQLite3
	if l.d == postgresDialect {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, db, files, opts...)
}

func newest(p *goose.Provider) int64 {
	var v int64
	for _, s := range p.ListSources() {
		v = max(v, s.Version)
	}
	return v
}

// migrateSchema brings the schema to this program's version. A newer one is refused: an old program would break its promises.
func (l *Ledger) migrateSchema(ctx context.Context) error {
	p, err := l.schemaProvider(l.writeDB)
	if err != nil {
		return fmt.Errorf("read the embedded schema: %w", err)
	}
	have, err := l.schemaVersion(ctx)
	if err != nil {
		return err
	}
	if want := newest(p); have > want {
		return fmt.Errorf("%w: it is at version %d, the program at %d", ErrSchema, have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the ledger's schema: %w", err)
	}
	return nil
}

// checkSchema is the read-only form: the version must be exactly the program's.
func (l *Ledger) checkSchema(ctx context.Context) error {
	p, err := l.schemaProvider(l.readDB)
	if err != nil {
		return fmt.Errorf("read the embedded schema: %w", err)
	}
	have, err := l.schemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have == 0:
		return ErrNoLedger
	case have != newest(p):
		return fmt.Errorf("%w: it is at version %d, the program at %d", ErrSchema, have, newest(p))
	}
	return nil
}

// schemaVersion is 0 for an empty store.
func (l *Ledger) schemaVersion(ctx context.Context) (int64, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?`
	if l.d == postgresDialect {
		exists = `SELECT count(*) FROM pg_catalog.pg_class WHERE oid = to_regclass(?)`
	}
	var tables, version int64
	err := l.read(ctx, func(s session) error {
		if _, err := one(ctx, s, exists, []any{schemaTable}, &tables); err != nil || tables == 0 {
			return err
		}
		_, err := one(ctx, s, `SELECT COALESCE(max(version_id), 0) FROM `+schemaTable, nil, &version)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the ledger's schema version: %w", err)
	}
	return version, nil
}
