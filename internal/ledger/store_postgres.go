package ledger

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func (l *Ledger) openPostgres(url string) error {
	l.d, l.open = postgresDialect, newPostgresSession
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("the ledger's postgres URL: %w", err)
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "rezora2nutshell"
	}
	// Statements are planned once, often while the tables are still empty, and every one is made for an index.
	cfg.RuntimeParams["enable_seqscan"] = "off"
	cfg.RuntimeParams["jit"] = "off"
	l.writeDB = stdlib.OpenDB(*cfg)
	l.writeDB.SetMaxOpenConns(3) // the writer, and what cannot run in its transactions
	l.readDB = stdlib.OpenDB(*cfg)
	l.readDB.SetMaxOpenConns(readers)
	l.readDB.SetMaxIdleConns(readers)
	return nil
}
