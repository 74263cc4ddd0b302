package ledger

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// sqliteSession keeps every statement prepared: parsing would cost more than running most of them.
type sqliteSession struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSQLiteSession(ctx context.Context, db *sql.DB) (session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteSession{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *sqliteSession) prepare(q string) (*sql.Stmt, error) {
	if st, ok := s.stmts[q]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(context.Background(), q)
	if err != nil {
		return nil, err
	}
	s.stmts[q] = st
	return st, nil
}

// Statements here are short: the context is looked at before each instead of being watched during it, which would cost a goroutine each.
func (s *sqliteSession) exec(ctx context.Context, q string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	st, err := s.prepare(q) //nolint:sqlclosecheck // statements stay prepared on purpose; close ends them
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s *sqliteSession) script(ctx context.Context, q string) error {
	for part := range strings.SplitSeq(q, "; ") {
		if _, err := s.exec(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSession) query(ctx context.Context, q string, each func(scanner) error, args ...any) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	st, err := s.prepare(q) //nolint:sqlclosecheck // statements stay prepared on purpose; close ends them
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *sqliteSession) execEach(ctx context.Context, q string, sets [][]any) ([]int64, error) {
	out := make([]int64, len(sets))
	for i, args := range sets {
		n, err := s.exec(ctx, q, args...)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

func (s *sqliteSession) queryEach(ctx context.Context, q string, sets [][]any, each func(int, scanner) error) error {
	for i, args := range sets {
		if err := s.query(ctx, q, func(row scanner) error { return each(i, row) }, args...); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSession) broken() bool { return false }

func (s *sqliteSession) close() error {
	var errs []error
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}
