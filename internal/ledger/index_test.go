package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

// TestQueriesUseTheirIndexes guards against statements that would read a whole table of millions.
func TestQueriesUseTheirIndexes(t *testing.T) {
	s := sqliteStore(t)
	s.begin(t)
	db, err := sql.Open("sqlite", "file:"+s.path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	const staged, effects = `SELECT d.payload FROM staged d WHERE d.run = ? AND d.kind = ? AND `, `SELECT reason FROM effects WHERE run = ? AND `
	for query, index := range map[string]string{
		staged + `d.id > ? AND d.deleted <= ? ORDER BY d.id LIMIT ?`:               "sqlite_autoindex_staged_1 (run=? AND kind=? AND id>?)",
		staged + `d.ref1 = ? AND d.deleted = 0 AND d.id > ? ORDER BY d.id LIMIT ?`: "staged_ref1 (run=? AND kind=? AND ref1=? AND id>?)",
		staged + `d.ref2 = ? AND d.deleted = 0 AND d.id > ? ORDER BY d.id LIMIT ?`: "staged_ref2 (run=? AND kind=? AND ref2=? AND id>?)",
		staged + `d.deleted = 0 AND d.ref1 IN (?,?) ORDER BY d.ref1, d.id LIMIT ?`: "staged_ref1 (run=? AND kind=? AND ref1=?)",
		staged + `d.deleted = 0 AND d.ref2 IN (?,?) ORDER BY d.ref2, d.id LIMIT ?`: "staged_ref2 (run=? AND kind=? AND ref2=?)",
		staged + `d.deleted = ? AND d.key1 IN (?,?)`:                               "staged_key1 (run=? AND kind=? AND key1=? AND deleted=?)",
		staged + `d.round = ? AND d.round > 0 AND d.id > ? ORDER BY d.id LIMIT ?`:  "staged_round (run=? AND kind=? AND round=? AND id>?)",
		staged + `d.deleted = 1`: "staged_deleted (run=? AND kind=?)",
		effects + `object = ? AND source_id = ? AND role = ? AND parent = ? AND part = ? AND epoch = ?`:                                               "sqlite_autoindex_effects_1 (run=? AND object=? AND source_id=? AND role=? AND parent=? AND part=? AND epoch=?)",
		effects + `object = ? AND source_id IN (?,?)`:                                                                                                 "sqlite_autoindex_effects_1 (run=? AND object=? AND source_id=?)",
		effects + `step = ? AND ord BETWEEN ? AND ? ORDER BY ord`:                                                                                     "effects_ord (step=? AND run=? AND ord>? AND ord<?)",
		effects + `step = ? AND sample_ord > 0 AND sample_ord BETWEEN ? AND ? ORDER BY sample_ord`:                                                    "effects_sample (step=? AND run=? AND sample_ord>? AND sample_ord<?)",
		effects + `target_type = ? AND target_id <> 0 AND target_id IN (?,?)`:                                                                         "effects_target (target_id=? AND target_type=? AND run=?)",
		effects + `state = 'in_doubt' ORDER BY step, ord LIMIT ?`:                                                                                     "effects_doubt (run=?)",
		effects + `state = 'intent' AND deadline < ?`:                                                                                                 "effects_intent (run=?)",
		effects + `step = ? AND settled_at > 0 ORDER BY settled_at DESC LIMIT ?`:                                                                      "effects_tried (step=? AND run=? AND settled_at>?)",
		effects + `(object, source_id, role, parent, part, epoch) > (?, ?, ?, ?, ?, ?) ORDER BY object, source_id, role, parent, part, epoch LIMIT ?`: "sqlite_autoindex_effects_1 (run=? AND (object,source_id",
		`SELECT id FROM dest WHERE run = ? AND crawl = ? AND type = ? AND source_id <> '' AND deleted = 0 AND source_id IN (?,?)`:                     "dest_source (run=? AND crawl=? AND type=? AND source_id=?)",
		`SELECT max(id) FROM dest WHERE run = ? AND crawl = ? AND type = ?`:                                                                           "(run=? AND crawl=? AND type=?)",
	} {
		got := queryPlan(t, db, query)
		assert.Contains(t, got, index, query)
		assert.NotContains(t, got, "SCAN", query)
		assert.NotContains(t, got, "TEMP B-TREE", query)
	}
}

// queryPlan is how SQLite would run a query: its steps, joined by "; ".
func queryPlan(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.Query(`EXPLAIN QUERY PLAN `+query, make([]any, strings.Count(query, "?"))...)
	require.NoError(t, err, query)
	defer func() { require.NoError(t, rows.Close()) }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	require.NoError(t, rows.Err())
	return strings.Join(plan, "; ")
}

// TestPostgresLooksUpListsByTheirIndex: a plan that is kept knows no values, and a list of placeholders had it read every row of a kind.
func TestPostgresLooksUpListsByTheirIndex(t *testing.T) {
	s := postgresStore(t)
	options := s.options()
	options.URL += "&plan_cache_mode=force_generic_plan"
	l, err := ledger.Open(t.Context(), options)
	require.NoError(t, err)
	r := begin(t, l, "acme", "run-1")
	for _, kind := range record.Kinds { // a plan takes all kinds for equally large
		for i := range 60 {
			id := fmt.Sprint(i)
			stage(t, r, 0, record.Record{Kind: kind, ID: id, Canon: []byte(`{"id":"` + id + `"}`)}, tombstone(kind, "gone"+id, ""))
		}
	}
	for from := 0; from < 5000; from += 500 {
		stage(t, r, 0, benchPage(500, from)...)
	}
	admin, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close(context.Background())) }()
	_, err = admin.Exec(t.Context(), "VACUUM ANALYZE staged")
	require.NoError(t, err)
	var emails []string
	for i := range 250 {
		emails = append(emails, fmt.Sprintf("person%d@example.com", 9_000_000+20*i))
	}
	found, err := r.Lookup(t.Context(), record.Contacts, "email", emails)
	require.NoError(t, err)
	require.Len(t, found, 250)
	require.NoError(t, l.Close()) // which has its connections tell what they have read
	read := func() (n int) {
		require.NoError(t, admin.QueryRow(t.Context(), "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE schemaname = current_schema() AND indexrelname = 'staged_key1'").Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return read() >= 250 }, 10*time.Second, 10*time.Millisecond)
	assert.Less(t, read(), 1000, "entries of the index that were read for 250 addresses")
}
