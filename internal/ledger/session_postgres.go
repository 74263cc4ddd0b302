package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// batchSize bounds how many statements go to PostgreSQL in one round trip.
const batchSize = 500

// postgresSession talks to pgx below database/sql, for its batches.
type postgresSession struct{ conn *sql.Conn }

func newPostgresSession(ctx context.Context, db *sql.DB) (session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &postgresSession{conn: conn}, nil
}

func (s *postgresSession) raw(fn func(*pgx.Conn) error) error {
	return s.conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected driver connection %T", driverConn)
		}
		return fn(c.Conn())
	})
}

func (s *postgresSession) exec(ctx context.Context, q string, args ...any) (n int64, err error) {
	err = s.raw(func(c *pgx.Conn) error {
		tag, err := c.Exec(ctx, rebind(q), args...)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

func (s *postgresSession) script(ctx context.Context, q string) error {
	return s.raw(func(c *pgx.Conn) error {
		_, err := c.PgConn().Exec(ctx, q).ReadAll()
		return err
	})
}

func (s *postgresSession) query(ctx context.Context, q string, each func(scanner) error, args ...any) error {
	return s.raw(func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, rebind(q), args...)
		if err != nil {
			return err
		}
		return drain(rows, each)
	})
}

func drain(rows pgx.Rows, each func(scanner) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// batch sends q once for each set and lets read take the results in order.
func (s *postgresSession) batch(ctx context.Context, q string, sets [][]any, read func(i int, br pgx.BatchResults) error) error {
	q = rebind(q)
	return s.raw(func(c *pgx.Conn) error {
		for from := 0; from < len(sets); from += batchSize {
			part := sets[from:min(from+batchSize, len(sets))]
			var b pgx.Batch
			for _, args := range part {
				b.Queue(q, args...)
			}
			br := c.SendBatch(ctx, &b)
			for i := range part {
				if err := read(from+i, br); err != nil {
					_ = br.Close() // repeats the error that is returned
					return err
				}
			}
			if err := br.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *postgresSession) execEach(ctx context.Context, q string, sets [][]any) ([]int64, error) {
	out := make([]int64, len(sets))
	err := s.batch(ctx, q, sets, func(i int, br pgx.BatchResults) error {
		tag, err := br.Exec()
		out[i] = tag.RowsAffected()
		return err
	})
	return out, err
}

func (s *postgresSession) queryEach(ctx context.Context, q string, sets [][]any, each func(int, scanner) error) error {
	return s.batch(ctx, q, sets, func(i int, br pgx.BatchResults) error {
		rows, err := br.Query()
		if err != nil {
			return err
		}
		return drain(rows, func(row scanner) error { return each(i, row) })
	})
}

func (s *postgresSession) broken() bool {
	return s.raw(func(c *pgx.Conn) error {
		if c.IsClosed() {
			return errors.New("closed")
		}
		return nil
	}) != nil
}

func (s *postgresSession) close() error { return s.conn.Close() }

// errRace means that another process inserted a row between a look and an insert.
var errRace = errors.New("another process wrote the same row")

// transient reports whether a transaction failed only because of others at work, so that it may be run again.
func transient(err error) bool {
	if errors.Is(err, errRace) {
		return true
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.Code {
	case "40001", "40P01", "55P03", "23505": // serialization, deadlock, lock timeout, two inserts of one key
		return true
	}
	return false
}
