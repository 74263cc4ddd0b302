package canon_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/internal/canon"
	"rezora2nutshell/internal/record"
)

func convert(t *testing.T, kind record.Kind, item string, clock canon.Clock) canon.Result {
	t.Helper()
	n, err := canon.Parse([]byte(item))
	require.NoError(t, err)
	got, err := canon.Converter{Clock: clock}.Record(kind, n)
	require.NoError(t, err)
	return got
}

func TestToleratedFormsBecomeOne(t *testing.T) {
	denver, err := time.LoadLocation("America/Denver")
	require.NoError(t, err)
	for name, tc := range map[string]struct{ in, want string }{
		"numeric id":         {`{"id":9007199254740993}`, `{"id":"9007199254740993"}`},
		"huge id":            {`{"id":123456789012345678901234567890}`, `{"id":"123456789012345678901234567890"}`},
		"float id":           {`{"id":9.001234e6}`, `{"id":"9001234"}`},
		"offset":             {`{"id":"1","created_at":"2024-05-01T10:12:00-06:00"}`, `{"created_at":"2024-05-01T16:12:00Z","id":"1"}`},
		"fraction":           {`{"id":"1","created_at":"2024-05-01T10:12:00.987Z"}`, `{"created_at":"2024-05-01T10:12:00Z","id":"1"}`},
		"local":              {`{"id":"1","created_at":"2024-05-01 10:12:00"}`, `{"created_at":"2024-05-01T16:12:00Z","id":"1"}`},
		"local T":            {`{"id":"1","created_at":"2024-12-01T10:12:00"}`, `{"created_at":"2024-12-01T17:12:00Z","id":"1"}`},
		"date":               {`{"id":"1","created_at":"2024-05-01"}`, `{"created_at":"2024-05-01T06:00:00Z","id":"1"}`},
		"zero mysql":         {`{"id":"1","created_at":"0000-00-00 00:00:00"}`, `{"created_at":null,"id":"1"}`},
		"zero dotnet":        {`{"id":"1","created_at":"0001-01-01T00:00:00"}`, `{"created_at":null,"id":"1"}`},
		"empty time":         {`{"id":"1","created_at":""}`, `{"created_at":null,"id":"1"}`},
		"bad time":           {`{"id":"1","created_at":"soon"}`, `{"created_at":null,"id":"1"}`},
		"number as time":     {`{"id":"1","created_at":1714558320}`, `{"created_at":null,"id":"1"}`},
		"bool 1":             {`{"id":"1","is_self":1,"unsubscribed":"0"}`, `{"id":"1","is_self":true,"unsubscribed":false}`},
		"bool Y":             {`{"id":"1","is_self":"N","unsubscribed":"Y"}`, `{"id":"1","is_self":false,"unsubscribed":true}`},
		"bool odd":           {`{"id":"1","is_self":"maybe"}`, `{"id":"1","is_self":null}`},
		"number in text":     {`{"id":"1","name":80027}`, `{"id":"1","name":"80027"}`},
		"object in text":     {`{"id":"1","name":{"a":1}}`, `{"id":"1","name":null}`},
		"digits of a number": {`{"id":"1","scores":{"open":0.4100,"email_count":"57"}}`, `{"id":"1","scores":{"email_count":57,"open":0.4100}}`},
		"ids in a list":      {`{"id":"1","shared_agent_ids":[3120,"3121",null]}`, `{"id":"1","shared_agent_ids":["3120","3121"]}`},
		"text stays":         {`{"id":"1","name":"O&#39;Neil Ã© \u00e9 <b>"}`, `{"id":"1","name":"O&#39;Neil Ã© \u00e9 <b>"}`},
		"unknown field":      {`{"zz":[1, 2],"id":"1"}`, `{"id":"1","zz":[1,2]}`},
		"map":                {`{"id":"1","custom_properties":{"b":{"z":1,"a":2},"a.b":[1]}}`, `{"custom_properties":{"a.b":[1],"b":{"z":1,"a":2}},"id":"1"}`},
		"twice":              {`{"id":"1","name":"a","name":"b"}`, `{"id":"1","name":"b"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := convert(t, record.Contacts, tc.in, canon.Clock{Zone: denver})
			assert.Equal(t, tc.want, string(got.Record.Canon))
			var c record.Contact
			require.NoError(t, got.Record.Decode(&c))
			if got.Record.Raw != nil {
				assert.Equal(t, tc.in, string(got.Record.Raw), "the item as served")
			}
		})
	}
}

func TestRawIsKeptOnlyWhenValuesDiffer(t *testing.T) {
	same := convert(t, record.Contacts, `{ "name":"x", "id":"1", "new_field": 1 }`, canon.Clock{})
	assert.Nil(t, same.Record.Raw)
	other := convert(t, record.Contacts, `{"name":"x","id":1}`, canon.Clock{})
	assert.Equal(t, `{"name":"x","id":1}`, string(other.Record.Raw))
	broken := convert(t, record.Contacts, "{\"name\":\"\xff\",\"id\":\"1\"}", canon.Clock{})
	assert.Equal(t, "{\"name\":\"\xff\",\"id\":\"1\"}", string(broken.Record.Raw), "bytes that are no UTF-8")
}

func TestMoneyKeepsItsDigits(t *testing.T) {
	got := convert(t, record.Listings, `{"id":"a:1:2","list_price":735000.50,"sold_price":"0","list_date":"2024-03-01T00:00:00","sold_date":"0000-00-00"}`, canon.Clock{})
	assert.Equal(t, `{"id":"a:1:2","list_date":"2024-03-01","list_price":"735000.50","sold_date":null,"sold_price":"0"}`, string(got.Record.Canon))
}

func TestEpochsOnlyWhenConfigured(t *testing.T) {
	got := convert(t, record.Contacts, `{"id":"1","created_at":1714558320}`, canon.Clock{Epoch: canon.FormEpoch})
	assert.Contains(t, string(got.Record.Canon), `"2024-05-01T10:12:00Z"`)
	got = convert(t, record.Contacts, `{"id":"1","created_at":"1714558320000"}`, canon.Clock{Epoch: canon.FormEpochMS})
	assert.Contains(t, string(got.Record.Canon), `"2024-05-01T10:12:00Z"`)
}

func TestKeys(t *testing.T) {
	assert.Equal(t, "click/40077", convert(t, record.Activities, `{"id":40077,"type":"click"}`, canon.Clock{}).Record.ID)
	assert.Equal(t, "facebook/88", convert(t, record.SocialPosts, `{"id":"88","network":"facebook"}`, canon.Clock{}).Record.ID)
	for kind, item := range map[record.Kind]string{record.Contacts: `{"name":"x"}`, record.Activities: `{"id":"1"}`, record.Teams: `{"id":null}`} {
		n, err := canon.Parse([]byte(item))
		require.NoError(t, err)
		_, err = canon.Converter{}.Record(kind, n)
		require.ErrorIs(t, err, canon.ErrNoKey)
	}
}

func TestBareTombstone(t *testing.T) {
	got := convert(t, record.Contacts, `{"id":"1","deleted":1}`, canon.Clock{}).Record
	assert.True(t, got.Deleted)
	assert.True(t, got.UpdatedAt.IsZero())
}

func TestOdditiesNameFieldsOnly(t *testing.T) {
	got := convert(t, record.Contacts, `{"id":"1","kind":"vip","created_at":"2024-05-01 00:00:00","x":1,"phones":{"pager":"2"},"is_self":"?"}`, canon.Clock{})
	assert.ElementsMatch(t, []canon.Oddity{{Field: "kind", Issue: canon.UnknownEnum}, {Field: "created_at", Issue: canon.ZonelessTime},
		{Field: "x", Issue: canon.UnknownField}, {Field: "phones.pager", Issue: canon.UnknownField}, {Field: "is_self", Issue: canon.BadValue}}, got.Oddities)
	assert.Contains(t, string(got.Record.Canon), `"vip"`, "open enums")
}

func TestConversionIsIdempotentAndOrderFree(t *testing.T) {
	seed := time.Now().UnixNano()
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	values := []string{`"x"`, `1`, `null`, `true`, `"2024-05-01T00:00:00Z"`, `""`, `["a",1]`, `{"a":1}`, `"0"`, `-3.5e2`, `"007"`}
	for range 2000 {
		var members []string
		for _, f := range record.Schema(record.Contacts).All() {
			if f.Name != "id" && rng.IntN(3) == 0 {
				members = append(members, `"`+f.Name+`":`+values[rng.IntN(len(values))])
			}
		}
		members = append(members, `"id":"1"`)
		a := convert(t, record.Contacts, "{"+strings.Join(members, ",")+"}", canon.Clock{})
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		b := convert(t, record.Contacts, "{"+strings.Join(members, " , ")+"}", canon.Clock{})
		require.Equal(t, string(a.Record.Canon), string(b.Record.Canon), "seed %d", seed)
		c := convert(t, record.Contacts, string(a.Record.Canon), canon.Clock{})
		require.Equal(t, string(a.Record.Canon), string(c.Record.Canon), "seed %d", seed)
		require.Nil(t, c.Record.Raw, "seed %d", seed)
		require.NoError(t, a.Record.Decode(new(record.Contact)), "seed %d: %s", seed, a.Record.Canon)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(`{"id":"1","created_at":"0000-01-01T00:00:00+14:00","scores":{"open":"1e5"},"custom_properties":{"a":[1,{"b":null}]}}`)
	f.Add(`{"id":1e30,"deleted":"Y","phones":[],"addresses":{"home":{"zip":1}}}`)
	f.Fuzz(func(t *testing.T, item string) {
		n, err := canon.Parse([]byte(item))
		if err != nil {
			return
		}
		for kind, into := range map[record.Kind]any{record.Contacts: new(record.Contact), record.Campaigns: new(record.Campaign), record.Attachments: new(record.Attachment),
			record.Sequences: new(record.Sequence), record.CustomProperties: new(record.CustomProperty), record.Activities: new(record.Activity)} {
			got, err := canon.Converter{}.Record(kind, n)
			if err != nil {
				continue
			}
			if !json.Valid(got.Record.Canon) {
				t.Fatalf("not JSON: %q", got.Record.Canon)
			}
			if err := got.Record.Decode(into); err != nil {
				t.Fatalf("%v: %s", err, got.Record.Canon)
			}
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"2024-05-01", "2024-05-01T10:12:00.5+02:00", "0000-00-00", "9999-12-31T23:59:59-12:00", "24"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, form := canon.Clock{Epoch: canon.FormEpoch}.Time(s)
		if form == canon.FormBad || form == canon.FormNull {
			return
		}
		if _, err := time.Parse(time.RFC3339, canon.CanonicalTime(at)); err != nil {
			t.Fatal(err)
		}
	})
}
