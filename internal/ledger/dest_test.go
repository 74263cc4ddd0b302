package ledger_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func TestTheAccountAsCrawled(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		email := func(v ...string) map[string][]string { return map[string][]string{"email": v} }
		page := []ledger.DestRecord{
			{Type: "Contacts", ID: 7, Rev: "1", Keys: email("a@x.org", "b@x.org"), Hash: "h", Body: []byte(`{"id":7}`)},
			{Type: "Contacts", ID: 3, Rev: "2", Keys: email("a@x.org"), SourceID: "9001"},
			{Type: "Contacts", ID: 9, Deleted: true, Keys: email("a@x.org"), SourceID: "9001"},
			{Type: "Accounts", ID: 7, Keys: email("a@x.org")},
		}
		require.NoError(t, r.PutDest(ctx, 1, "people", page, ledger.Cursor{Next: "p2", Pages: 1}))
		c, err := r.DestCursor(ctx, 1, "people")
		require.NoError(t, err)
		assert.Equal(t, ledger.Cursor{Walk: "people", Next: "p2", Pages: 1}, c)
		found, err := r.DestLookup(ctx, 1, "Contacts", "email", []string{"a@x.org", "b@x.org", "none"})
		require.NoError(t, err)
		assert.Equal(t, map[string][]int64{"a@x.org": {3, 7}, "b@x.org": {7}}, found)
		other, err := r.DestLookup(ctx, 2, "Contacts", "email", []string{"a@x.org"})
		require.NoError(t, err)
		assert.Empty(t, other, "another crawl")
		ours, err := r.DestBySource(ctx, 1, "Contacts", []string{"9001", ""})
		require.NoError(t, err)
		assert.Equal(t, map[string][]int64{"9001": {3}}, ours)
		d, ok, err := r.DestGet(ctx, 1, "Contacts", 7)
		require.NoError(t, err)
		require.True(t, ok)
		assert.Equal(t, ledger.DestRecord{Type: "Contacts", ID: 7, Rev: "1", Hash: "h", Body: []byte(`{"id":7}`)}, d)
		top, err := r.DestMaxID(ctx, 1, "Contacts")
		require.NoError(t, err)
		assert.EqualValues(t, 9, top)
		live, err := r.DestCount(ctx, 1, "Contacts")
		require.NoError(t, err)
		assert.EqualValues(t, 2, live)

		page[0].Keys = email("c@x.org")
		require.NoError(t, r.PutDest(ctx, 1, "people", page[:1], c))
		found, err = r.DestLookup(ctx, 1, "Contacts", "email", []string{"a@x.org", "b@x.org", "c@x.org"})
		require.NoError(t, err)
		assert.Equal(t, map[string][]int64{"a@x.org": {3}, "c@x.org": {7}}, found, "seen again, changed")

		var more []ledger.DestRecord
		for i := range 30 {
			more = append(more, ledger.DestRecord{Type: "Notes", ID: int64(100 - i), Keys: map[string][]string{"parent": {fmt.Sprint(i % 3)}}})
		}
		require.NoError(t, r.PutDest(ctx, 1, "notes", more, ledger.Cursor{}))
		list, err := r.DestEach(ctx, 1, "Notes", 75, 10)
		require.NoError(t, err)
		require.Len(t, list, 10)
		assert.Equal(t, []int64{76, 85}, []int64{list[0].ID, list[9].ID})
		many, err := r.DestGetMany(ctx, 1, "Notes", []int64{100, 71, 5})
		require.NoError(t, err)
		assert.Len(t, many, 2)

		require.NoError(t, r.DropDest(ctx, 1))
		top, err = r.DestMaxID(ctx, 1, "Notes")
		require.NoError(t, err)
		assert.Zero(t, top)
		c, err = r.DestCursor(ctx, 1, "people")
		require.NoError(t, err)
		assert.Empty(t, c.Next)
	})
}
