package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func TestZZ(t *testing.T) {
	s := postgresStore(t)
	r := s.begin(t)
	var ids []string
	for i := range 6400 {
		ids = append(ids, fmt.Sprintf("%09d", i))
	}
	for from := 0; from < len(ids); from += 800 {
		a := time.Now()
		plan(t, r, ids[from:from+800]...)
		if from%1600 == 0 {
			fmt.Println("plan 800", time.Since(a))
		}
	}
	for b := range 20 {
		var requests []ledger.ClaimRequest
		for _, id := range ids[b*64 : b*64+64] {
			requests = append(requests, ledger.ClaimRequest{Key: person(id)})
		}
		a := time.Now()
		claims, err := r.Claim(t.Context(), requests, ttl)
		require.NoError(t, err)
		c := time.Now()
		outcomes := make([]ledger.Outcome, 64)
		for i, c := range claims {
			outcomes[i] = ledger.Outcome{Claim: *c, State: ledger.Done, How: "created", Type: "Contacts", ID: 7}
		}
		_, err = r.Settle(t.Context(), outcomes)
		require.NoError(t, err)
		if b%4 == 0 {
			fmt.Println("claim", c.Sub(a), "settle", time.Since(c))
		}
	}
	conn, err := pgx.Connect(t.Context(), s.url)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `select relname, seq_scan, seq_tup_read, idx_scan, idx_tup_fetch from pg_stat_user_tables where schemaname = current_schema() and relname in ('effects','steps','migrations','counts')`)
	require.NoError(t, err)
	for rows.Next() {
		v, _ := rows.Values()
		fmt.Println(v...)
	}
	rows, err = conn.Query(t.Context(), `select indexrelname, idx_scan, idx_tup_read from pg_stat_user_indexes where schemaname = current_schema() and relname in ('effects')`)
	require.NoError(t, err)
	for rows.Next() {
		v, _ := rows.Values()
		fmt.Println(v...)
	}
}
