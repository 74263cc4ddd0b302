package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

func TestRefsStreamGroupedAndWhole(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		for _, n := range []int{1150, 1195, 2800} { // a page ends within the second id, with the first, and twice within the first
			refsOf(t, begin(t, l, fmt.Sprintf("acme-%d", n), "run-1"), n)
		}
	})
}

func refsOf(t *testing.T, r *ledger.Run, n int) {
	ctx := t.Context()
	var page []record.Record
	want := map[string][]string{}
	for i := range n {
		id := fmt.Sprintf("m%04d", i)
		owner := "c1"
		if i%7 == 0 {
			owner = fmt.Sprintf("c%d", 2+i%3)
		}
		want[owner] = append(want[owner], id)
		page = append(page, record.Record{Kind: record.GroupMemberships, ID: id, Canon: []byte(fmt.Sprintf(`{"id":%q,"group_id":"g","contact_id":%q}`, id, owner))})
	}
	stage(t, r, 0, page...)
	got, order := map[string][]string{}, []string{}
	err := r.Refs(ctx, record.GroupMemberships, "contact", []string{"c4", "c1", "c2", "c3", "c1", "none"}, func(ref string, s ledger.Staged) error {
		if len(order) == 0 || order[len(order)-1] != ref {
			order = append(order, ref)
		}
		got[ref] = append(got[ref], s.ID)
		_, err := r.Paused(ctx) // a callback may use the ledger
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, []string{"c1", "c2", "c3", "c4"}, order)
	count, err := r.RefCount(ctx, record.GroupMemberships, "group", "g")
	require.NoError(t, err)
	assert.Equal(t, n, count)
	pairs, err := r.Lookup(ctx, record.GroupMemberships, "pair", []string{"g\x00c2", "x\x00c2"})
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"g\x00c2": want["c2"]}, pairs)
	require.Error(t, r.Refs(ctx, record.Templates, "contact", nil, nil), "a kind without that reference")
}

func TestEachStreamsInOrderWhileTheLedgerIsUsed(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		var page []record.Record
		for i := range 600 {
			page = append(page, contact(fmt.Sprintf("%04d", i), "x@x.org"))
		}
		stage(t, r, 0, page...)
		stage(t, r, 0, tombstone(record.Contacts, "0005", ""))
		for live, want := range map[bool]int{true: 599, false: 600} {
			n, last := 0, ""
			require.NoError(t, r.Each(t.Context(), record.Contacts, live, func(s ledger.Staged) error {
				assert.Less(t, last, s.ID)
				last = s.ID
				n++
				return r.PutValue(t.Context(), "seen", n)
			}))
			assert.Equal(t, want, n)
		}
		stop := fmt.Errorf("enough")
		assert.ErrorIs(t, r.Each(t.Context(), record.Contacts, true, func(ledger.Staged) error { return stop }), stop)
	})
}

func TestLookupFoldsAsTheContractsSay(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		company := func(id, rest string) record.Record {
			return record.Record{Kind: record.Companies, ID: id, Canon: []byte(`{"id":"` + id + `",` + rest + `}`)}
		}
		stage(t, r, 0, company("1", `"name":"Acme  Realty","domain":"Acme.com","website":"https://www.acme.com/x?y"`),
			company("2", `"name":"ACME REALTY ","website":"www.other.org"`), company("3", `"name":" ","legal_name":"Legal Ltd"`))
		for _, c := range []struct {
			key, value string
			want       []string
		}{
			{"name", " acme realty", []string{"1", "2"}},
			{"name", "legal  LTD", []string{"3"}},
			{"domain", "acme.com", []string{"1"}},
			{"host", "acme.com", []string{"1"}},
			{"host", "http://www.Other.org:8080/", []string{"2"}},
			{"host", "", nil},
		} {
			got, err := r.Lookup(ctx, record.Companies, c.key, []string{c.value})
			require.NoError(t, err)
			assert.Equal(t, c.want, got[c.value], "%s %q", c.key, c.value)
		}
		stage(t, r, 1, company("1", `"name":"Renamed","domain":"acme.com"`))
		got, err := r.Lookup(ctx, record.Companies, "name", []string{"acme realty", "renamed"})
		require.NoError(t, err)
		assert.Equal(t, map[string][]string{"acme realty": {"2"}, "renamed": {"1"}}, got)
		_, err = r.Lookup(ctx, record.Companies, "phone", nil)
		require.Error(t, err)
	})
}

func TestSmallThingsAreKept(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		require.NoError(t, r.Alias(ctx, record.Contacts, "legacy:1", "9"))
		aliases, err := r.Aliases(ctx, record.Contacts, []string{"legacy:1", "legacy:2"})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"legacy:1": "9"}, aliases)

		require.NoError(t, r.PutDecisions(ctx, []ledger.Decision{{Kind: record.Contacts, ID: "9", Data: []byte(`{"a":1}`), Crawl: 1}, {Kind: record.Leads, ID: "9", Data: []byte(`{}`)}}))
		require.NoError(t, r.PutDecisions(ctx, []ledger.Decision{{Kind: record.Contacts, ID: "9", Data: []byte(`{"a":2}`), Crawl: 2}}))
		d, err := r.Decisions(ctx, record.Contacts, []string{"9", "8"})
		require.NoError(t, err)
		require.Len(t, d, 1)
		assert.Equal(t, `{"a":2}`, string(d["9"]))

		var v struct{ Name string }
		ok, err := r.Value(ctx, "map", &v)
		require.NoError(t, err)
		assert.False(t, ok)
		require.NoError(t, r.PutValue(ctx, "map", map[string]string{"Name": "Zoë"}))
		ok, err = r.Value(ctx, "map", &v)
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, "Zoë", v.Name)

		rows := []ledger.FlagRow{{"people", "9", "no_owner", "agent 7 has no user"}, {"people", "9", "ambiguous", "two"}, {"campaigns", "1", "x", "y"}}
		require.NoError(t, r.Flag(ctx, rows))
		require.NoError(t, r.Flag(ctx, rows[:1]))
		var codes []string
		require.NoError(t, r.Flags(ctx, func(f ledger.FlagRow) error { codes = append(codes, f.Object+"/"+f.Code); return nil }))
		assert.Equal(t, []string{"campaigns/x", "people/ambiguous", "people/no_owner"}, codes)
		stage(t, r, 0, contact("9", "x@x.org"))
		got, _, err := r.Get(ctx, record.Contacts, "9")
		require.NoError(t, err)
		assert.Equal(t, []string{"ambiguous", "no_owner"}, got.Flags)

		require.NoError(t, r.AddCalls(ctx, map[string]int64{"read": 3, "create": 1}))
		require.NoError(t, r.AddCalls(ctx, map[string]int64{"read": 2}))
		calls, err := r.Calls(ctx)
		require.NoError(t, err)
		assert.Equal(t, map[string]int64{"read": 5, "create": 1}, calls)
	})
}

func TestNothingReadableIsStored(t *testing.T) {
	s := sqliteStore(t)
	r := s.begin(t)
	secret := "veryprivate" + strings.Repeat("x", 20)
	stage(t, r, 0, contact("1", secret+"@x.org", "name", secret))
	require.NoError(t, r.PutValue(t.Context(), "k", secret))
	require.NoError(t, r.PutDest(t.Context(), 1, "w", []ledger.DestRecord{{Type: "Contacts", ID: 1, Keys: map[string][]string{"email": {secret}}, Body: []byte(secret)}}, ledger.Cursor{Next: secret}))
	// The paths of fields name addresses, though their values are hashes.
	shown, ours := map[string]string{"email:" + secret: "0123"}, []string{"address:" + secret}
	linked := planned("linked")
	linked[0].State, linked[0].Shown, linked[0].Ours, linked[0].PreImage = ledger.Skipped, shown, ours, []byte(secret)
	require.NoError(t, r.Plan(t.Context(), append(planned("made"), linked...)))
	c := claim(t, r, "made")
	_, err := r.Settle(t.Context(), []ledger.Outcome{{Claim: *c, State: ledger.Done, Shown: shown, Ours: ours}})
	require.NoError(t, err)
	require.NoError(t, r.Observe(t.Context(), []ledger.Observation{{Key: person("made"), Shown: shown, Ours: ours}}))
	for _, id := range []string{"linked", "made"} {
		assert.Equal(t, shown, effect(t, r, id).Shown)
		assert.Equal(t, ours, effect(t, r, id).Ours)
	}
	assert.NotContains(t, diskOf(t, s.path), secret)
}

// A ledger that an earlier version wrote holds the fields of records in the clear; they are read as they are.
func TestFieldsInTheClearAreRead(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		plan(t, r, "1")
		clear := `UPDATE effects SET shown = '{"name":"aa"}', ours = '["name"]'`
		s.exec(t, clear, clear)
		e := effect(t, r, "1")
		assert.Equal(t, map[string]string{"name": "aa"}, e.Shown)
		assert.Equal(t, []string{"name"}, e.Ours)
		broken := `UPDATE effects SET shown = 'bm90IHNlYWxlZA'`
		s.exec(t, broken, broken)
		_, _, err := r.Effect(t.Context(), person("1"))
		require.ErrorContains(t, err, "shown")
	})
}
