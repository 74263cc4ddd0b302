package ledger

import (
	"context"
	"strconv"
	"strings"
	"sync"
)

// scanner is a row of a result.
type scanner interface{ Scan(dest ...any) error }

// session is one connection to the store. Statements are written with "?" for parameters, in the SQL that both stores share.
// A callback must not use the session it was called by.
type session interface {
	exec(ctx context.Context, q string, args ...any) (int64, error)
	// script runs statements without parameters, separated by semicolons.
	script(ctx context.Context, q string) error
	query(ctx context.Context, q string, each func(scanner) error, args ...any) error
	// execEach runs one statement once for each set of arguments and returns the numbers of rows affected; on PostgreSQL in one round trip.
	execEach(ctx context.Context, q string, sets [][]any) ([]int64, error)
	// queryEach is execEach for queries; i says which set a row answers.
	queryEach(ctx context.Context, q string, sets [][]any, each func(i int, s scanner) error) error
	broken() bool
	close() error
}

// dialect is where the two stores differ.
type dialect struct {
	name      string
	forUpdate string // suffix of a SELECT that is to lock its rows
	forShare  string // suffix of a SELECT whose rows nobody may change until the transaction ends
	clock     string // query for the store's clock in microseconds, "" = the process's clock
	// begin is the script that starts a transaction: durable or not, for one operation or shared by several.
	begin func(durable, shared bool) string
	// pooled: a session goes back to a pool after each read, which knows by a look whether the connection still lives.
	pooled bool
	arrays bool // a parameter can be a whole list
}

var sqliteDialect = &dialect{
	name: "sqlite",
	begin: func(durable, _ bool) string {
		if durable {
			return "PRAGMA synchronous=FULL; BEGIN IMMEDIATE"
		}
		return "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"
	},
}

var postgresDialect = &dialect{
	name:      "postgres",
	pooled:    true,
	arrays:    true,
	forUpdate: " FOR UPDATE",
	forShare:  " FOR SHARE",
	clock:     "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
	begin: func(durable, shared bool) string {
		q := "BEGIN"
		if !durable {
			q += "; SET LOCAL synchronous_commit = off"
		}
		if shared {
			// Operations of one group lock rows in no common order. Rather than wait a second for the server to find the deadlock, the group
			// gives up at once and its operations run one by one, each locking in the order of keys.
			q += "; SET LOCAL lock_timeout = '50ms'"
		}
		return q
	},
}

// one reads the first row of a query into dest and reports whether there was one.
func one(ctx context.Context, s session, q string, args []any, dest ...any) (bool, error) {
	found := false
	err := s.query(ctx, q, func(row scanner) error {
		if found {
			return nil
		}
		found = true
		return row.Scan(dest...)
	}, args...)
	return found, err
}

var dollars sync.Map // query with "?" -> query with "$1"...

func rebind(q string) string {
	if out, ok := dollars.Load(q); ok {
		return out.(string)
	}
	var b strings.Builder
	n := 0
	for i := range len(q) {
		if q[i] != '?' {
			b.WriteByte(q[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	dollars.Store(q, b.String())
	return b.String()
}

// listSizes are the lengths an IN list is padded to, so that few different statements are prepared.
var listSizes = []int{1, 4, 16, 64, 256}

// inList cuts values into lists of at most 256 and calls fn with what stands after the column, and its arguments, for each. PostgreSQL gets an
// array: for placeholders its kept plans read everything that the columns before them leave, and compare each row with all of them.
func inList[T any](d *dialect, values []T, fn func(in string, args []any) error) error {
	for len(values) > 0 {
		n := min(len(values), listSizes[len(listSizes)-1])
		if d.arrays {
			if err := fn("= ANY(?)", []any{values[:n]}); err != nil {
				return err
			}
			values = values[n:]
			continue
		}
		size := listSizes[len(listSizes)-1]
		for _, s := range listSizes {
			if s >= n {
				size = s
				break
			}
		}
		args := make([]any, size)
		for i := range args {
			args[i] = values[min(i, n-1)]
		}
		if err := fn("IN ("+strings.TrimSuffix(strings.Repeat("?,", size), ",")+")", args); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// blob is a byte column's argument: never NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
