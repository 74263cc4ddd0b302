package rezoratest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

// Whatever changes between the pages, a walk followed by one delta from its
// as_of leaves a reader with exactly the account.
func TestWalkAndDeltaEqualTheAccount(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			c := newClock()
			s := start(t, withClock(c))
			copied := map[any]map[string]any{}
			take := func(rows []map[string]any) {
				for _, row := range rows {
					copied[row["id"]] = row
				}
			}
			asOf := ""
			walk(t, s, "contacts", fmt.Sprintf("include_deleted=true&limit=%d", 1+r.IntN(12)), func(p page) {
				take(p.Data)
				asOf = p.Meta.AsOf
				rows := s.Rows("contacts", true)
				row := rows[r.IntN(len(rows))]
				id := row["id"].(string)
				switch r.IntN(6) {
				case 0:
					if row["deleted"] == false {
						require.NoError(t, s.Touch("contacts", id))
					}
				case 1:
					if row["deleted"] == false {
						require.NoError(t, s.Delete("contacts", id))
					} else {
						require.NoError(t, s.Restore("contacts", id))
					}
				case 2:
					_, err := s.Put("contacts", map[string]any{"name": fmt.Sprint("new ", r.IntN(1000))})
					require.NoError(t, err)
				case 3:
					c.Add(time.Second)
				}
			})
			take(walk(t, s, "contacts", "include_deleted=true&updated_since="+asOf, nil))
			for _, want := range s.Rows("contacts", true) {
				got := copied[want["id"]]
				if want["deleted"] == true && got == nil {
					continue // its tombstone had expired before the walk
				}
				assert.Equal(t, want, got, "seed %d", seed)
			}
		})
	}
}

func FuzzCollectionQuery(f *testing.F) {
	s := rezoratest.New(config())
	for _, q := range []string{"limit=5", "cursor=v1.AAAA", "updated_since=2024-05-01T00:00:00Z&fields=id", "limit=%zz", "include_deleted=true&email=%20A"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		req := httptest.NewRequest(http.MethodGet, "/api/v1/contacts", nil)
		req.URL = &url.URL{Path: "/api/v1/contacts", RawQuery: query}
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, req)
		assert.Contains(t, []int{200, 400, 410}, rec.Code, query)
	})
}
