package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

func contact(id, email string, more ...string) record.Record {
	extra := ""
	for i := 0; i+1 < len(more); i += 2 {
		extra += fmt.Sprintf(",%q:%q", more[i], more[i+1])
	}
	return record.Record{Kind: record.Contacts, ID: id, UpdatedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
		Provenance: record.FromCurrent, Canon: []byte(fmt.Sprintf(`{"id":%q,"email":%q%s}`, id, email, extra))}
}

func tombstone(kind record.Kind, id, natural string) record.Record {
	return record.Record{Kind: kind, ID: id, Deleted: true, UpdatedAt: time.Date(2025, 2, 2, 0, 0, 0, 0, time.UTC),
		Canon: []byte(fmt.Sprintf(`{"id":%q,"deleted":true%s}`, id, natural))}
}

func stage(t testing.TB, r *ledger.Run, round int, recs ...record.Record) int {
	t.Helper()
	n, err := r.StagePage(t.Context(), recs[0].Kind, round, recs, ledger.Cursor{Next: "next", Rows: int64(len(recs))})
	require.NoError(t, err)
	return n
}

func TestAPageAndItsCursorAreStoredTogether(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		c, err := r.Cursor(ctx, record.Contacts, 0, "current")
		require.NoError(t, err)
		assert.Equal(t, ledger.Cursor{Walk: "current"}, c, "a walk that has not begun")
		asOf := time.Date(2026, 1, 1, 0, 0, 0, 123000, time.UTC)
		want := ledger.Cursor{Walk: "current", Next: "c2", AsOf: asOf, Pages: 1, Rows: 2, State: []byte(`{"a":1}`)}
		n, err := r.StagePage(ctx, record.Contacts, 0, []record.Record{contact("2", "b@x.org"), contact("10", "a@x.org")}, want)
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		got, err := r.Cursor(ctx, record.Contacts, 0, "current")
		require.NoError(t, err)
		assert.Equal(t, want, got)

		// I1: what cannot be stored moves no cursor.
		_, err = r.StagePage(ctx, record.Contacts, 0, []record.Record{{Kind: record.Contacts, ID: "3", Canon: []byte(`[1]`)}}, ledger.Cursor{Walk: "current", Next: "c3"})
		require.Error(t, err)
		got, err = r.Cursor(ctx, record.Contacts, 0, "current")
		require.NoError(t, err)
		assert.Equal(t, "c2", got.Next)

		rec, ok, err := r.Get(ctx, record.Contacts, "2")
		require.NoError(t, err)
		require.True(t, ok)
		assert.JSONEq(t, `{"id":"2","email":"b@x.org"}`, string(rec.Canon))
		assert.Equal(t, contact("2", "").UpdatedAt, rec.UpdatedAt)
		assert.Nil(t, rec.Raw)
		_, ok, err = r.Get(ctx, record.Contacts, "nobody")
		require.NoError(t, err)
		assert.False(t, ok)
	})
}

func TestOnlyContentMakesARowChange(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		assert.Equal(t, 2, stage(t, r, 0, contact("1", "a@x.org"), contact("2", "b@x.org")))
		assert.Equal(t, 0, stage(t, r, 0, contact("1", "a@x.org")), "the same page again")
		reordered := contact("1", "a@x.org")
		reordered.Canon = []byte(`{ "email":"a@x.org", "id":"1" }`)
		assert.Equal(t, 0, stage(t, r, 1, reordered), "another order of keys")
		assert.Equal(t, 1, stage(t, r, 1, contact("2", "new@x.org"), contact("1", "a@x.org")))
		one, _, err := r.Get(t.Context(), record.Contacts, "1")
		require.NoError(t, err)
		two, _, err := r.Get(t.Context(), record.Contacts, "2")
		require.NoError(t, err)
		assert.Equal(t, 0, one.Round)
		assert.Equal(t, 1, two.Round)
	})
}

func TestATombstoneKeepsTheLastLivePayload(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		stage(t, r, 0, contact("1", "a@x.org", "owner_agent_id", "7"))
		assert.Equal(t, 2, stage(t, r, 1, tombstone(record.Contacts, "1", ""), tombstone(record.Contacts, "2", `,"email":"Gone@x.org","owner_agent_id":"7"`)))
		assert.Equal(t, 0, stage(t, r, 1, tombstone(record.Contacts, "1", "")), "deleted is deleted")
		got, _, err := r.Get(ctx, record.Contacts, "1")
		require.NoError(t, err)
		assert.True(t, got.Deleted)
		assert.Contains(t, string(got.Canon), "a@x.org")
		assert.Contains(t, string(got.Tombstone), `"deleted":true`)
		live, err := r.Lookup(ctx, record.Contacts, "email", []string{"a@x.org", "gone@x.org"})
		require.NoError(t, err)
		assert.Empty(t, live)
		dead, err := r.LookupDeleted(ctx, record.Contacts, "owner_email", []string{"7\x00 A@x.org ", "7\x00gone@x.org"})
		require.NoError(t, err)
		assert.Equal(t, map[string][]string{"7\x00 A@x.org ": {"1"}, "7\x00gone@x.org": {"2"}}, dead)
		n, err := r.RefCount(ctx, record.Contacts, "owner", "7")
		require.NoError(t, err)
		assert.Zero(t, n)
		l, d, err := r.Count(ctx, record.Contacts)
		require.NoError(t, err)
		assert.Equal(t, []int64{0, 2}, []int64{l, d})
		assert.Equal(t, 1, stage(t, r, 2, contact("1", "back@x.org")), "restored")
		got, _, err = r.Get(ctx, record.Contacts, "1")
		require.NoError(t, err)
		assert.False(t, got.Deleted)
		assert.Nil(t, got.Tombstone)
	})
}

func TestTheCurrentSourceDoesNotUndoTheUnion(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		served := contact("1", "a@x.org")
		stage(t, r, 0, served)
		union := served
		union.Provenance, union.Legacy, union.Raw = record.FromBoth, []byte(`{"ID":1}`), served.Canon
		union.Canon = []byte(`{"id":"1","email":"a@x.org","unsubscribed":true}`)
		assert.Equal(t, 1, stage(t, r, 0, union))
		assert.Equal(t, 0, stage(t, r, 0, union), "the union again")
		assert.Equal(t, 0, stage(t, r, 1, served), "the overlap of a delta")
		got, _, err := r.Get(ctx, record.Contacts, "1")
		require.NoError(t, err)
		assert.Contains(t, string(got.Canon), "unsubscribed")
		assert.JSONEq(t, `{"ID":1}`, string(got.Legacy))
		assert.Equal(t, 1, stage(t, r, 1, contact("1", "b@x.org")), "a real change")
		got, _, err = r.Get(ctx, record.Contacts, "1")
		require.NoError(t, err)
		assert.Equal(t, record.FromBoth, got.Provenance)
		assert.JSONEq(t, `{"ID":1}`, string(got.Legacy))
		union.Raw, union.Canon = []byte(`{"id":"1","email":"b@x.org"}`), []byte(`{"id":"1","email":"b@x.org","unsubscribed":true}`)
		assert.Equal(t, 1, stage(t, r, 1, union), "the union completes it again")
	})
}

func TestAnExpiringLinkIsNoChangeButIsKept(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		file := func(link string) record.Record {
			return record.Record{Kind: record.Attachments, ID: "att-1",
				Canon: []byte(`{"id":"att-1","parent_type":"contact","parent_id":"1","size":3,"download_url":"` + link + `"}`)}
		}
		assert.Equal(t, 1, stage(t, r, 0, file("/a?sig=1")))
		assert.Equal(t, 0, stage(t, r, 1, file("/a?sig=2")))
		got, _, err := r.Get(t.Context(), record.Attachments, "att-1")
		require.NoError(t, err)
		assert.Equal(t, 0, got.Round)
		assert.Contains(t, string(got.Canon), "sig=2")
	})
}

func TestSealNumbersByTheBytesOfIds(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		ids := []string{"b", "a", "10", "9", "ä", "Z", "a b", "A"}
		for _, id := range ids {
			stage(t, r, 0, contact(id, id+"@x.org"))
		}
		stage(t, r, 0, tombstone(record.Contacts, "dead", ""))
		sets, err := r.Seal(ctx, 0)
		require.NoError(t, err)
		require.Len(t, sets, len(record.Kinds))
		again, err := r.Seal(ctx, 0)
		require.NoError(t, err)
		assert.Equal(t, sets, again)
		root, err := r.Root(ctx, 0)
		require.NoError(t, err)
		assert.Len(t, root, 64)
		set, ok, err := r.SealedSet(ctx, 0, record.Contacts)
		require.NoError(t, err)
		require.True(t, ok)
		assert.EqualValues(t, 8, set.Count)
		page, err := r.SealedPage(ctx, 0, record.Contacts, 1, 100)
		require.NoError(t, err)
		var got []string
		for i, p := range page {
			got = append(got, p.ID)
			assert.EqualValues(t, i+1, p.Seq)
		}
		assert.Equal(t, []string{"10", "9", "A", "Z", "a", "a b", "b", "ä"}, got)
		_, err = r.StagePage(ctx, record.Contacts, 0, []record.Record{contact("late", "l@x.org")}, ledger.Cursor{})
		require.ErrorIs(t, err, ledger.ErrSealed)

		stage(t, r, 1, contact("new", "n@x.org"), contact("a", "changed@x.org"), contact("b", "b@x.org"), tombstone(record.Contacts, "Z", ""))
		_, err = r.Root(ctx, 1)
		require.ErrorIs(t, err, ledger.ErrIllegal)
		_, err = r.Seal(ctx, 1)
		require.NoError(t, err)
		page, err = r.SealedPage(ctx, 1, record.Contacts, 1, 100)
		require.NoError(t, err)
		require.Len(t, page, 3)
		assert.Equal(t, []string{"Z", "a", "new"}, []string{page[0].ID, page[1].ID, page[2].ID})
		assert.True(t, page[0].Deleted)
	})
}
