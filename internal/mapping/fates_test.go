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
	total := int64(0)
	source := 0
	add := func(raw string, out ...mapping.Projection) {
		source += len(mapping.SourceFields(json.RawMessage(raw)))
		for _, p := range out {
			for _, f := range p.Fates {
				total += f.N
			}
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
	assert.EqualValues(t, source, total)
}

func TestFatesBeside(t *testing.T) {
	t.Parallel()
	fates := func(kind record.Kind, raw string, reached mapping.Part) map[string]string {
		return byField(mapping.FatesBeside(kind, json.RawMessage(raw), reached))
	}
	group := `{"id":"1","name":"n","scope":"agent","kind":"standard"}`
	assert.Equal(t, map[string]string{"id": "transformed", "name": "transformed", "scope": "transformed", "kind": "archived"}, fates(record.DistributionGroups, group, mapping.PartLink))
	assert.Equal(t, map[string]string{"id": "archived", "name": "archived", "scope": "archived", "kind": "archived"}, fates(record.DistributionGroups, group, 0), "nobody is in it")
	view := `{"id":"1","type":"property_view","campaign_id":"9","listing_id":"l"}`
	assert.Equal(t, map[string]string{"id": "archived", "type": "transformed", "campaign_id": "archived", "listing_id": "transformed"}, fates(record.Activities, view, mapping.PartLink|mapping.PartListings))
	assert.Equal(t, "transformed", fates(record.Activities, view, mapping.PartLink|mapping.PartServed)["campaign_id"])
	assert.Equal(t, "archived", fates(record.Teams, `{"name":"n"}`, mapping.PartLink)["name"])
	agent := `{"id":"7","email":"a@example.com","first_name":"Ann","last_name":"Ash","display_name":" "}`
	assert.Equal(t, map[string]string{"id": "archived", "email": "transformed", "first_name": "archived", "last_name": "archived"}, fates(record.Agents, agent, mapping.PartAddress))
	assert.Equal(t, map[string]string{"id": "archived", "email": "archived", "first_name": "transformed", "last_name": "transformed"}, fates(record.Agents, agent, mapping.PartName))
}

func TestFatesOfDefinitions(t *testing.T) {
	t.Parallel()
	plan := mapping.FieldPlan{Fields: []mapping.PlannedField{
		{Entity: mapping.Contacts, Name: "Size", Type: mapping.Select, Choices: []string{"L", "S"}, Object: "contact", Property: "Size"},
		{Entity: mapping.Contacts, Name: "Rezora Since", Type: mapping.Text, Object: "contact", Property: "Since"},
	}}
	fates := func(d record.CustomProperty) map[string]string {
		raw, err := json.Marshal(d)
		require.NoError(t, err)
		return byField(plan.FatesOfDefinition(d, raw))
	}
	size := fates(record.CustomProperty{Name: "Size", Object: "contact", DataType: "enum", Options: []string{"S", "L"}})
	assert.Equal(t, []string{"carried", "transformed", "transformed", "transformed"}, []string{size["name"], size["object"], size["data_type"], size["options"]})
	since := fates(record.CustomProperty{Name: "Since", Object: "contact", DataType: "date"})
	assert.Equal(t, []string{"transformed", "archived"}, []string{since["name"], since["data_type"]}, "renamed, and text for want of agreeing values")
	unused := fates(record.CustomProperty{Name: "Unused", Object: "contact", DataType: "date"})
	assert.Equal(t, "archived", unused["name"], "without a value there is no field")
}

// What the canonical item does not hold is counted too: members inside of others that the contract does not know, values of no form.
func TestValuesThatWereNotRead(t *testing.T) {
	t.Parallel()
	rec := record.Record{Kind: record.Contacts, Canon: json.RawMessage(`{"id":"1","phones":{"home":"2"},"scores":{"open":null}}`),
		Raw: json.RawMessage(`{"id":"1","phones":{"home":"2","pager":"3"},"scores":{"open":"much"}}`)}
	all, unread := mapping.Values(rec)
	assert.Equal(t, []string{"phones.pager", "scores.open"}, unread)
	assert.Len(t, all, 4)
	rec.Raw = json.RawMessage(`{"contactId":1,"contactPhoneHome":"2"}`)
	all, unread = mapping.Values(rec)
	assert.Empty(t, unread, "another dialect")
	assert.Len(t, all, 2)
}

func byField(fates []mapping.Fate) map[string]string {
	out := map[string]string{}
	for _, f := range fates {
		out[f.Field] = f.Fate
	}
	return out
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
