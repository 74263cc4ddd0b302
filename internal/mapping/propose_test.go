package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

func TestPropose(t *testing.T) {
	t.Parallel()
	inv := inventory(`Home: Anniversary|date||"2016-05-14"`, `Notes|string||"Ann lives here"`, `unused|string|`)
	for i := range 20 {
		inv.Add("contact", "Year", json.RawMessage(fmt.Sprintf("%d", 2000+i)))
	}
	for _, s := range []string{"new", "Lost", "frozen", "frozen"} {
		inv.Word(mapping.WordsLeadStatus, s)
	}
	inv.Word(mapping.WordsInteraction, "sms")
	m := mapping.Default()
	p, _ := plan(inv, nil)
	body := string(m.Propose(inv, p, nil))
	assert.Contains(t, body, `"Home: Anniversary": {name: "Home: Anniversary", type: date} # confidence high: type of the definition: date; 1 values, longest 10, like 9999-99-99`)
	assert.Contains(t, body, `Year: {name: "Year", type: text} # confidence medium: every value would also be a number`)
	assert.NotContains(t, body, "Ann lives", "no values")
	assert.NotContains(t, body, "unused")
	assert.Contains(t, body, `sms: "note"`)
	_, problems := mapping.Parse("proposed.yaml", []byte(body))
	require.Len(t, problems, 1, body)
	assert.Contains(t, problems[0].Message, "lead_status.frozen has no value")
	filled, problems := mapping.Parse("proposed.yaml", []byte(strings.Replace(body, "frozen: ", "frozen: pending", 1)))
	require.Empty(t, problems)
	got, _ := filled.LeadStatus("Lost")
	assert.Equal(t, mapping.Lost, got)
}

func BenchmarkPerson(b *testing.B) {
	var in mapping.PersonInput
	require.NoError(b, json.Unmarshal([]byte(vega), &in.Contact))
	in.Raw = json.RawMessage(vega)
	in.Company = &mapping.CompanyRef{SourceID: "org-7", Name: "Vega Design"}
	m, e := mapping.Default(), env()
	for i := range 20 {
		in.Events = append(in.Events, mapping.Event{Type: "open", ID: fmt.Sprint(i), At: at("2024-01-01T00:00:00Z")})
	}
	for b.Loop() {
		m.Person(e, in)
	}
}
