package rezoratest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

// examples are the items printed in rezora contract 4.
func examples(t *testing.T) map[string]map[string]any {
	t.Helper()
	b, err := os.ReadFile("testdata/examples.json")
	require.NoError(t, err)
	m := map[string]map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&m))
	require.Len(t, m, len(rezoratest.Resources))
	return m
}

func TestExamplesAreServedAsPrinted(t *testing.T) {
	data := map[string][]map[string]any{}
	for name, row := range examples(t) {
		data[name] = []map[string]any{row}
	}
	s := start(t, func(c *rezoratest.Config) { c.Data = data })
	for name, row := range examples(t) {
		got := walk(t, s, name, "", nil)
		require.Len(t, got, 1, name)
		assert.Equal(t, row, got[0], name)
	}
	_, byAgent := credentials(s)
	assert.Equal(t, []map[string]string{{
		"contact_id": "9001234", "contact_name": "Marisol Vega", "contact_email": "mvega@example.com", "contact_type": "Hot", "contact_title": "",
		"contact_company": "Vega Design", "contact_phone_home": "", "contact_phone_work": "", "contact_phone_mobile": "720-555-0142", "contact_phone_fax": "",
		"contact_business_street": "", "contact_business_street2": "", "contact_business_city": "", "contact_business_state": "", "contact_business_zip": "",
		"contact_home_street": "88 Alder Ct", "contact_home_street2": "Unit 4", "contact_home_city": "Louisville", "contact_home_state": "CO", "contact_home_zip": "80027",
		"contact_date": "2019-06-03 16:20:11", "contact_self": "0", "contact_unsubscribe": "0",
	}}, list(t, s, byAgent["3107"], "/contacts"))
	assert.Equal(t, []map[string]string{{"contacttolist_id": "880001", "contact_id": "9001234", "list_id": "4711", "contacttolist_date": "2019-06-04 08:00:00"}},
		list(t, s, byAgent["3107"], "/lists/4711/contacts"))
	company, _ := credentials(s)
	assert.Equal(t, []map[string]string{{"group_id": "77", "group_name": "Downtown Team", "group_timestamp": "2018-01-15 10:00:00"}}, list(t, s, company, "/groups"))
	assert.Equal(t, []map[string]string{{"usertogroup_id": "6001", "user_id": "3107", "group_id": "77", "usertogroup_timestamp": "2018-01-16 10:00:00"}},
		list(t, s, company, "/groups/77/agents"))
	assert.Equal(t, []map[string]string{{"user_id": "3107", "user_email": "priya.lindqvist@example.com", "user_fname": "Priya", "user_lname": "Lindqvist", "user_date": "2016-09-01 12:00:00"}},
		list(t, s, company, "/agents"))
}

// freeform objects hold keys of the account, not of the contract.
var freeform = []string{"custom_properties", "params", "detail", "search"}

func TestGeneratedRowsHaveTheFieldsOfTheContract(t *testing.T) {
	s := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "T" }))
	for name, want := range examples(t) {
		for _, row := range s.Rows(name, false) {
			delete(row, "html")
			sameShape(t, name, want, row)
		}
	}
}

// sameShape compares key sets, into objects that both sides have.
func sameShape(t *testing.T, path string, want, got map[string]any) {
	t.Helper()
	require.ElementsMatch(t, keys(want), keys(got), path)
	for k, w := range want {
		a, ok1 := w.(map[string]any)
		b, ok2 := got[k].(map[string]any)
		if ok1 && ok2 && !slices.Contains(freeform, k) {
			sameShape(t, path+"."+k, a, b)
		}
		la, isList := w.([]any)
		lb, served := got[k].([]any)
		require.True(t, served || !isList, "%s.%s is a list", path, k)
		if len(la) > 0 && len(lb) > 0 {
			a, ok1 := la[0].(map[string]any)
			b, ok2 := lb[0].(map[string]any)
			if ok1 && ok2 {
				sameShape(t, path+"."+k+"[]", a, b)
			}
		}
	}
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}
