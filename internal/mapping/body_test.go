package mapping_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// Every projection makes a body in the form of nutshell contract 3.2-3.6.
func TestProjectionsMakeBodies(t *testing.T) {
	t.Parallel()
	e := env()
	e.MilestoneID = 3
	resolve := func(object, id string) (int64, bool) {
		n, ok := map[string]int64{"people/9001234": 4101, "companies/org-7": 310, "leads/8801": 1000}[object+"/"+id]
		return n, ok
	}
	body := func(p mapping.Projection) string {
		b, err := target.CreateBody(p.Type, p.Wants, resolve)
		require.NoError(t, err)
		text, err := json.Marshal(b)
		require.NoError(t, err)
		return string(text)
	}
	p := mapping.Default().Person(e, mapping.PersonInput{
		Contact: contact(t, vega), Raw: json.RawMessage(vega), Company: &mapping.CompanyRef{SourceID: "org-7", Name: "Vega Design"},
	})
	assert.JSONEq(t, `{"name":"Marisol Vega","email":{"0":"MVega@example.com"},"phone":{"mobile":"720-555-0142","work":"303-555-0100"},
	 "address":{"home":{"address_1":"88 Alder Ct","address_2":"Unit 4","city":"Louisville","state":"CO","postalCode":"00127"}},
	 "accounts":[{"id":310,"entityType":"Accounts","relationship":"Designer"}],"owner":{"entityType":"Users","id":2},
	 "customFields":{"Rezora_ID__c":"9001234","Rezora_Created_At__c":"2019-06-03T16:20:11Z","Rezora_Contact_Type__c":"Hot","Rezora_Owner__c":"Priya@Example.com",
	  "Unsubscribed__c":true,"Unsubscribed_At__c":"2024-01-02T03:04:05Z","Opt_In_At__c":"2019-06-03T16:20:11Z","Email_Status__c":"ok","Engagement_Score__c":24.5}}`,
		stripPrimary(t, body(p)))
	in := mapping.LeadInput{Person: onPerson, Company: &mapping.Ref{Object: "companies", SourceID: "org-7"}}
	require.NoError(t, json.Unmarshal([]byte(lead8801), &in.Lead))
	out := mapping.Default().Lead(e, in)
	assert.JSONEq(t, `{"description":"Marisol Vega: info_request","contacts":[{"id":4101,"entityType":"Contacts"}],"primaryAccount":{"id":310,"entityType":"Accounts"},
	 "milestoneId":3,"customFields":{"Rezora_ID__c":"8801","Rezora_Created_At__c":"2024-03-05T01:12:00Z","Engagement_Score__c":62.5,"Rezora_Lead_Status__c":"new","Rezora_Source__c":"info_request"}}`,
		body(out[0]))
	assert.Contains(t, body(out[1]), `"entity":{"entityType":"Leads","id":1000}`)
	for _, raw := range []string{alder} {
		assert.Contains(t, body(mapping.Default().Company(e, mapping.CompanyInput{Company: company(t, raw)})), `"url":`)
	}
	assert.Contains(t, body(task(t, `{"id":"t","title":"x","contact_id":"9001234"}`, onPerson)[0]), `"entity":{"entityType":"Contacts","id":4101}`)
	assert.Contains(t, body(interaction(t, e, `{"id":"i","type":"call","contact_id":"9001234","agent_id":"3107","started_at":"2024-04-30T16:00:00Z"}`, onPerson)[0]), `"activityTypeId":1`)
}

func stripPrimary(t *testing.T, body string) string {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &m))
	for _, v := range m {
		if dict, ok := v.(map[string]any); ok {
			delete(dict, "--primary")
		}
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	return string(text)
}
