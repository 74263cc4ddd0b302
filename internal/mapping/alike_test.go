package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/mapping"
)

// A proposal names the field of the account that is like a property, by name and by values, and never one that would lose a value.
func TestProposalsFindLikeFields(t *testing.T) {
	t.Parallel()
	inv := inventory(`Birth-day|date||"1980-02-03"`, `Lead Source|string||"Web"`, `Budget|string||"400k"`, `Spouse|string||"Bo"`)
	inv.Add("contact", "Lead Source", json.RawMessage(`"Referral"`))
	existing := map[string][]mapping.ExistingField{mapping.Contacts: {
		{Name: "Birthday", Type: mapping.Date}, {Name: "Source of Lead", Type: mapping.Select, Choices: []string{"Referral", "Web"}},
		{Name: "budget", Type: mapping.Number}, {Name: "Spouse Name", Type: mapping.Text}, {Name: "Nothing Like It", Type: mapping.TextArea},
	}}
	m := mapping.Default()
	p, _ := plan(inv, existing[mapping.Contacts])
	body := string(m.Propose(inv, p, existing))
	for _, want := range []string{
		`"Birth-day": {name: "Birthday", type: date} # confidence medium: the account's field "Birthday" has a like name (100 %), so it is proposed`,
		`the account's field "Source of Lead" has a like name (`, `and 100 % of the values among its choices`,
		`the account's field "Spouse Name" has a like name (`,
	} {
		assert.Contains(t, body, want)
	}
	assert.Contains(t, body, `Spouse: {name: "Spouse", `, "a name that is only like another one is for a person to decide")
	assert.NotContains(t, body, `"budget" has`, "it does not take the value")
	assert.NotContains(t, body, "Nothing Like It")
	_, problems := mapping.Parse("proposed.yaml", []byte(body))
	assert.Empty(t, problems)
}
