package mapping_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

func TestSourceFields(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"a", "b", "custom_properties.x.y", "custom_properties.z", "n.m", "t"}, mapping.SourceFields(json.RawMessage(
		`{"a":0,"b":false,"e1":"","e2":" \n\t","e3":null,"e4":[],"e5":{ },"e6":"\u0009","n":{"m":[1],"o":{}},"custom_properties":{"x.y":{"k":1},"z":"v","w":" "},"t":"  x"}`)))
}

// Whatever the record, each value has one fate: source = carried + transformed + truncated + archived + refused.
func TestFatesAreConserved(t *testing.T) {
	t.Parallel()
	m := mapping.Default()
	sum := map[mapping.Fate]int64{}
	source := 0
	add := func(raw string, out ...mapping.Projection) {
		source += len(mapping.SourceFields(json.RawMessage(raw)))
		for _, p := range out {
			mapping.AddFates(sum, p.Fates)
		}
	}
	add(vega, person(t, env(), vega))
	add(alder, m.Company(env(), mapping.CompanyInput{Company: company(t, alder), Raw: json.RawMessage(alder)}))
	add(lead8801, lead(t, lead8801, mapping.LeadInput{})...)
	for _, raw := range []string{`{"id":"1"}`, `{"id":"1","name":"x","custom_properties":{"a":[1],"b":{},"c":"v"},"unknown_key":{"k":"v"}}`} {
		add(raw, person(t, env(), raw))
		add(raw, task(t, raw, nil)...)
		add(raw, interaction(t, env(), raw, onPerson)...)
		add(raw, note(t, env(), raw, mapping.NoteInput{})...)
		add(raw, attachment(t, env(), raw, mapping.AttachmentInput{On: onPerson})...)
	}
	total := int64(0)
	for _, n := range sum {
		total += n
	}
	assert.EqualValues(t, source, total)
}

func TestFatesBeside(t *testing.T) {
	t.Parallel()
	fates := func(kind record.Kind, raw string, used bool) map[string]string {
		out := map[string]string{}
		for _, f := range mapping.FatesBeside(kind, json.RawMessage(raw), used) {
			out[f.Field] = f.Fate
		}
		return out
	}
	assert.Equal(t, map[string]string{"id": "transformed", "name": "transformed", "scope": "transformed", "kind": "archived"},
		fates(record.DistributionGroups, `{"id":"1","name":"n","scope":"agent","kind":"standard"}`, true))
	assert.Equal(t, map[string]string{"id": "archived", "name": "archived"}, fates(record.DistributionGroups, `{"id":"1","name":"n"}`, false))
	assert.Equal(t, "archived", fates(record.Activities, `{"id":"1","type":"bounce"}`, true)["type"])
	assert.Equal(t, "transformed", fates(record.Activities, `{"id":"1","type":"property_view","listing_id":"l"}`, true)["listing_id"])
	assert.Equal(t, "archived", fates(record.Activities, `{"id":"1","type":"open","listing_id":"l"}`, true)["listing_id"])
	assert.Equal(t, "archived", fates(record.Teams, `{"name":"n"}`, true)["name"])
}

// The fast walk over a record finds what a full decoding finds.
func FuzzSourceFields(f *testing.F) {
	f.Add([]byte(vega))
	f.Add([]byte(`{"a\u0041":{"b":{"c":[{"d":"}"}]}},"x":"\\\"","custom_properties":{"p":{"q":1}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := mapping.SourceFields(raw)
		var m map[string]json.RawMessage
		if !utf8.Valid(raw) || json.Unmarshal(raw, &m) != nil {
			return
		}
		want := map[string]bool{}
		var walk func(prefix string, m map[string]json.RawMessage)
		walk = func(prefix string, m map[string]json.RawMessage) {
			for k, v := range m {
				var inner map[string]json.RawMessage
				if v[0] == '{' && prefix != "custom_properties." && json.Unmarshal(v, &inner) == nil {
					walk(prefix+k+".", inner)
					continue
				}
				text, ok := mapping.PropertyText(v)
				if !ok || text != "" {
					want[prefix+k] = true
				}
			}
		}
		walk("", m)
		for field := range want {
			require.Contains(t, got, field)
		}
	})
}
