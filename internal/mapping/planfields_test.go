package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

var allRows = map[record.Kind]bool{record.Contacts: true, record.Companies: true, record.Leads: true}

// inventory reads "name|data_type|options|value|value..." lines; data_type "-" means no definition, values are JSON.
func inventory(lines ...string) *mapping.Inventory {
	inv := &mapping.Inventory{}
	for _, l := range lines {
		p := strings.Split(l, "|")
		if p[1] != "-" {
			d := record.CustomProperty{Name: p[0], Object: "contact", DataType: p[1]}
			if p[2] != "" {
				d.Options = strings.Split(p[2], ",")
			}
			inv.Define(d)
		}
		for _, v := range p[3:] {
			inv.Add("contact", p[0], json.RawMessage(v))
		}
	}
	return inv
}

func plan(inv *mapping.Inventory, existing []mapping.ExistingField, undefinable ...string) (mapping.FieldPlan, []mapping.Finding) {
	definable := func(t string) bool { return !strings.Contains(strings.Join(undefinable, " "), t) }
	return mapping.PlanFields(mapping.Default(), inv, allRows, mapping.FieldsOf{Existing: map[string][]mapping.ExistingField{"Contacts": existing}, Definable: definable})
}

func codes(findings []mapping.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Code)
	}
	return out
}

func TestAllBuiltInFieldsForEveryObjectThatHasRows(t *testing.T) {
	t.Parallel()
	p, findings := plan(nil, nil)
	assert.Empty(t, findings)
	assert.Len(t, p.Fields, 23)
	assert.Equal(t, 14, p.Missing("Contacts"))
	p, _ = mapping.PlanFields(mapping.Default(), nil, map[record.Kind]bool{record.Leads: true}, mapping.FieldsOf{})
	assert.Len(t, p.Fields, 5)
	f, ok := p.BuiltIn(mapping.Default(), "Leads", mapping.FieldScore)
	assert.True(t, ok)
	assert.Equal(t, "number", f.Type)
}

func TestTypesOfCustomProperties(t *testing.T) {
	t.Parallel()
	long, tooLong := strings.Repeat("x", 255), strings.Repeat("x", 256)
	for _, c := range []struct{ line, want, finding string }{
		{`p|string||"a"`, "text", ""},
		{`p|string||5|true`, "text", ""},
		{`p|string||"` + long + `"`, "text", ""},
		{`p|string||"` + tooLong + `"`, "textarea", ""},
		{`p|number||5|"12"|-1.5|12.50|"0"`, "number", ""},
		{`p|number||"012"`, "text", mapping.FindingTypeDisagrees},
		{`p|number||"12.50"`, "text", mapping.FindingTypeDisagrees},
		{`p|number||1234567890123456`, "text", mapping.FindingTypeDisagrees},
		{`p|number||0.12345`, "text", mapping.FindingTypeDisagrees},
		{`p|number||1|"n/a"`, "text", mapping.FindingTypeDisagrees},
		{`p|date||"2016-05-14"`, "date", ""},
		{`p|date||"2016-05-14T00:00:00Z"`, "text", mapping.FindingTypeDisagrees},
		{`p|date||"2023-02-30"`, "text", mapping.FindingTypeDisagrees},
		{`p|date||"0999-01-01"`, "text", mapping.FindingTypeDisagrees},
		{`p|date||" 2016-05-14"`, "text", mapping.FindingTypeDisagrees},
		{`p|bool||true|false|"true"`, "boolean", ""},
		{`p|bool||"1"`, "text", mapping.FindingTypeDisagrees},
		{`p|bool||1`, "text", mapping.FindingTypeDisagrees},
		{`p|enum|b,a|"c"|7|true`, "select", ""},
		{`p|enum|a|"` + tooLong + `"`, "textarea", mapping.FindingTooManyChoices},
		{`p|enum|` + tooLong + `|"a"`, "text", mapping.FindingTooManyChoices},
		{`p|money||"5"`, "text", mapping.FindingTypeUnknown},
		{`p|-||5`, "text", ""},
		{`p|-||[1, 2]|{"b":1}`, "text", ""},
		{`p|string||null|" "|[]|{}`, "", ""},
		{`p|string|`, "", ""},
	} {
		p, findings := plan(inventory(c.line), nil)
		f, ok := p.Property("contact", "p")
		assert.Equal(t, c.want != "", ok, "a definition without any value makes no field: %s", c.line)
		assert.Equal(t, c.want, f.Type, c.line)
		if c.finding == "" {
			assert.Empty(t, findings, c.line)
		} else {
			assert.Equal(t, []string{c.finding}, codes(findings), c.line)
		}
	}
	p, _ := plan(inventory(`p|enum|b,a, |"c"|7|true|"b"`), nil)
	f, _ := p.Property("contact", "p")
	assert.Equal(t, []string{"7", "a", "b", "c", "true"}, f.Choices, "the options and every value observed")
}

func TestMoreThan500ChoicesIsText(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{500: "select", 501: "text", 900: "text"} {
		inv := inventory("p|enum|")
		for i := range n {
			inv.Add("contact", "p", json.RawMessage(fmt.Sprintf(`"v%d"`, i)))
		}
		p, _ := plan(inv, nil)
		f, _ := p.Property("contact", "p")
		assert.Equal(t, want, f.Type, n)
		assert.LessOrEqual(t, len(inv.Objects["contact"].Properties["p"].Distinct), 501, "bounded memory")
	}
}

func TestNamesOfCustomProperties(t *testing.T) {
	t.Parallel()
	p, findings := plan(inventory(`Lender|string||"a"`, `lender|string||"a"`, `LENDER |string||"a"`, `Email_Status__c|string||"a"`, ` Price Range |string||"a"`,
		`Rezora lender|string||"a"`, `  |string||"a"`, `unsubscribed__C|string||"a"`), nil)
	names := map[string]string{}
	for _, f := range p.Fields {
		if !f.BuiltIn {
			names[f.Property] = f.Name
		}
	}
	assert.Equal(t, map[string]string{
		"LENDER ": "LENDER", "Rezora lender": "Rezora lender", "Lender": "Rezora Lender 2", "lender": "Rezora lender 3", " Price Range ": "Price Range",
		"Email_Status__c": "Rezora Email_Status__c", "unsubscribed__C": "Rezora unsubscribed__C",
	}, names, "of names equal but for case the first in byte order keeps it")
	assert.ElementsMatch(t, []string{mapping.FindingNameRefused, mapping.FindingRenamed, mapping.FindingRenamed, mapping.FindingRenamed, mapping.FindingRenamed}, codes(findings))
}

func TestAFieldThatExistsIsUsedWhenItTakesEveryValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		old   mapping.ExistingField
		line  string
		name  string
		typed string
	}{
		{mapping.ExistingField{Name: "p", Type: "Text"}, `p|number||"5"|"x"`, "p", "text"},
		{mapping.ExistingField{Name: "P", Type: "LongText"}, `p|string||"x"`, "P", "textarea"},
		{mapping.ExistingField{Name: "p", Type: "Text"}, `p|string||"` + strings.Repeat("x", 256) + `"`, "Rezora p", "textarea"},
		{mapping.ExistingField{Name: "p", Type: "Number"}, `p|string||"5"`, "p", "number"},
		{mapping.ExistingField{Name: "p", Type: "Number"}, `p|string||"5"|"x"`, "Rezora p", "text"},
		{mapping.ExistingField{Name: "p", Type: "Date-Time"}, `p|string||"2024-01-01T00:00:00Z"`, "p", "datetime"},
		{mapping.ExistingField{Name: "p", Type: "Enum", Choices: []string{"b", "a"}}, `p|string||"a"`, "p", "select"},
		{mapping.ExistingField{Name: "p", Type: "Enum", Choices: []string{"A"}}, `p|enum|a|"a"`, "Rezora p", "select"},
		{mapping.ExistingField{Name: "p", Type: "enum-multiple", Multiple: true, Choices: []string{"a"}}, `p|string||"a"`, "p", "select"},
		{mapping.ExistingField{Name: "p", Type: "Currency"}, `p|number||5`, "Rezora p", "number"},
		{mapping.ExistingField{Name: "p", Type: "Wormhole"}, `p|string||"a"`, "Rezora p", "text"},
	} {
		p, _ := plan(inventory(c.line), []mapping.ExistingField{c.old})
		f, ok := p.Property("contact", "p")
		require.True(t, ok)
		assert.Equal(t, []any{c.name, c.typed, !strings.HasPrefix(c.name, "Rezora")}, []any{f.Name, f.Type, f.Exists}, "%v %s", c.old, c.line)
	}
	// The run's own fields are found again.
	p, _ := plan(inventory(`p|string||"5"|"x"`), []mapping.ExistingField{{Name: "p", Type: "Number"}, {Name: "Rezora p", Type: "Text"}})
	f, _ := p.Property("contact", "p")
	assert.Equal(t, []any{"Rezora p", true}, []any{f.Name, f.Exists})
	p, _ = plan(inventory(`p|string||"5"|"x"`), []mapping.ExistingField{{Name: "p", Type: "Number"}, {Name: "rezora P", Type: "Number"}})
	f, _ = p.Property("contact", "p")
	assert.Equal(t, "Rezora p 2", f.Name)
}

func TestABuiltInNameWithAnotherTypeParksTheRun(t *testing.T) {
	t.Parallel()
	p, findings := plan(nil, []mapping.ExistingField{{Name: "Email_Status__c", Type: "Number"}, {Name: "rezora_id__c", Type: "Text"}, {Name: "Opt_In_At__c", Type: "Date Time"}})
	require.Len(t, p.Blocked, 1)
	assert.Equal(t, "Email_Status__c", p.Blocked[0].Name)
	assert.Equal(t, []string{mapping.FindingFieldBlocked}, codes(findings))
	f, _ := p.BuiltIn(mapping.Default(), "Contacts", mapping.FieldID)
	assert.Equal(t, []any{"rezora_id__c", true}, []any{f.Name, f.Exists})
	f, _ = p.BuiltIn(mapping.Default(), "Contacts", mapping.FieldOptInAt)
	assert.True(t, f.Exists)
}

func TestATypeThatTheAccountRefusesBecomesText(t *testing.T) {
	t.Parallel()
	inv := inventory(`p|date||"2016-05-14"`, `n|number||5`, `s|enum|a|"a"`)
	p, findings := plan(inv, nil, "datetime", "date", "number", "boolean", "select")
	for _, name := range []string{"p", "n", "s"} {
		f, _ := p.Property("contact", name)
		assert.Equal(t, "text", f.Type, name)
		assert.Empty(t, f.Choices)
	}
	f, _ := p.BuiltIn(mapping.Default(), "Contacts", mapping.FieldCreatedAt)
	assert.Equal(t, "text", f.Type)
	assert.Len(t, findings, 11, "reported")
	e := env()
	e.Fields = p
	body := `{"id":"1","name":"S","unsubscribed":true,"created_at":"2024-01-01T00:00:00Z","scores":{"open":1},"custom_properties":{"p":"2016-05-14","n":5.0}}`
	got := person(t, e, body)
	assert.Equal(t, []any{"2024-01-01T00:00:00Z", "true", "50", "2016-05-14", "5"}, []any{
		custom(got, mapping.FieldCreatedAt), custom(got, mapping.FieldUnsubscribed), custom(got, mapping.FieldScore), custom(got, "p"), custom(got, "n"),
	}, "the value its text form")
	again, findings := plan(inv, []mapping.ExistingField{{Name: mapping.FieldCreatedAt, Type: "Text"}}, "datetime")
	assert.Empty(t, again.Blocked, "what an earlier run had to make text is no other type")
	assert.NotEmpty(t, findings)
}

func TestFieldLimit(t *testing.T) {
	t.Parallel()
	_, findings := mapping.PlanFields(mapping.Default(), nil, allRows, mapping.FieldsOf{Limit: 10})
	require.Len(t, findings, 1)
	assert.Equal(t, []any{mapping.FindingLimit, "Contacts", int64(4)}, []any{findings[0].Code, findings[0].Entity, findings[0].N})
}

func TestPlanAndInventorySurviveARestart(t *testing.T) {
	t.Parallel()
	inv := inventory(`p|enum|b,a|"c"`, `q|number||5|"x"`)
	inv.Word(mapping.WordsLeadStatus, "frozen")
	inv.Rows("contact", 5)
	body, err := json.Marshal(inv)
	require.NoError(t, err)
	var again mapping.Inventory
	require.NoError(t, json.Unmarshal(body, &again))
	again.Add("contact", "p", json.RawMessage(`"d"`))
	inv.Add("contact", "p", json.RawMessage(`"d"`))
	a, _ := plan(inv, nil)
	b, _ := plan(&again, nil)
	body, err = json.Marshal(a)
	require.NoError(t, err)
	var read mapping.FieldPlan
	require.NoError(t, json.Unmarshal(body, &read))
	assert.Equal(t, a, b)
	assert.Equal(t, a, read)
	assert.Equal(t, []string{mapping.FindingStatusUnmapped}, codes(mapping.Default().Unmapped(&again)))
}

func TestMappedProperties(t *testing.T) {
	t.Parallel()
	m, problems := mapping.Parse("m", []byte("custom_properties: {person: {p: {name: Birthday, type: date}, off: false}}"))
	require.Empty(t, problems)
	p, _ := mapping.PlanFields(m, inventory(`p|string||"2016-05-14"`, `off|string||"x"`), allRows, mapping.FieldsOf{})
	f, ok := p.Property("contact", "p")
	require.True(t, ok)
	assert.Equal(t, []any{"Birthday", "date"}, []any{f.Name, f.Type})
	_, ok = p.Property("contact", "off")
	assert.False(t, ok)
}

func TestValuesOfCustomProperties(t *testing.T) {
	t.Parallel()
	inv := inventory(`s|enum|a|"a"`, `n|number||5`, `j|-||"x"`, `d|date||"2016-05-14"`)
	e := env()
	e.Fields, _ = plan(inv, nil)
	got := person(t, e, `{"id":"1","name":"S","custom_properties":{"s":"a","n":12.50,"j":{ "b":[1.0,"<é>"],"a":null},"d":"2016-05-14"}}`)
	assert.Equal(t, []any{"a", json.Number("12.5"), `{"b":[1,"<é>"],"a":null}`, "2016-05-14"}, []any{custom(got, "s"), custom(got, "n"), custom(got, "j"), custom(got, "d")})
	assert.Equal(t, mapping.Transformed, fate(got, "custom_properties.j"), "arrays and objects become their compact JSON")
	got = person(t, e, `{"id":"1","name":"S","custom_properties":{"s":"new","n":"x","j":"`+strings.Repeat("x", 256)+`","new":"v"}}`)
	for _, name := range []string{"s", "n", "j", "new"} {
		assert.Nil(t, custom(got, name), "what the approved map does not decide is not guessed")
	}
	assert.Equal(t, mapping.Archived, fate(got, "custom_properties.new"))
	assert.Equal(t, mapping.Truncated, fate(got, "custom_properties.s"))
	assert.Contains(t, flags(got), mapping.FlagPropertyNew)
}
