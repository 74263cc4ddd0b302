package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

const vega = `{"id":"9001234","owner_agent_id":"3107","shared_agent_ids":["3120"],"name":" Marisol Vega ","first_name":null,"last_name":null,"email":" MVega@example.com",
 "contact_type":"Hot","title":"Designer","company_name":"Vega Design","company_id":"org-7","phones":{"home":" ","work":"303-555-0100","mobile":"720-555-0142","fax":""},
 "addresses":{"business":{"street":"","street2":"","city":"","state":"","zip":""},"home":{"street":"88 Alder Ct","street2":"Unit 4","city":"Louisville","state":"CO","zip":"00127"}},
 "kind":"normal","is_self":false,"unsubscribed":true,"unsubscribed_at":"2024-01-02T03:04:05Z","email_status":"ok","opt_in":{"first_at":"2019-06-03T16:20:11Z","second_at":null},
 "source":"import","external_ids":{"crm_id":null,"crm_owner_id":"o1","crm_account_id":null},"scores":{"open":0.41,"click":0.08,"bounce":0,"email_count":57,"last_scored_at":"2024-04-30T03:00:00Z"},
 "custom_properties":{"Home Anniversary":"2016-05-14","Note ":" "},"created_at":"2019-06-03T16:20:11Z","updated_at":"2024-05-01T10:12:00Z","deleted":false,"deleted_at":null}`

func TestPerson(t *testing.T) {
	t.Parallel()
	e := env()
	e.Fields = mapping.FieldPlan{Fields: []mapping.PlannedField{{Entity: "Contacts", Name: "Home Anniversary", Type: "date", Object: "contact", Property: "Home Anniversary"}}}
	p := mapping.Default().Person(e, mapping.PersonInput{
		Contact: contact(t, vega), Raw: json.RawMessage(vega), Company: &mapping.CompanyRef{SourceID: "org-7", Name: "Vega Design"},
	})
	require.Nil(t, p.Quarantine)
	got := sent(p)
	assert.Equal(t, "Marisol Vega", got["name"], "the string name, trimmed")
	assert.Equal(t, "transformed", want(t, p, "name").Verdict)
	assert.Equal(t, "MVega@example.com", got["email:mvega@example.com"])
	assert.Equal(t, "720-555-0142", got["phone:mobile"])
	assert.NotContains(t, got, "phone:home", "empty source values send nothing")
	var phones []string
	for _, w := range p.Wants {
		if strings.HasPrefix(string(w.Path), "phone:") {
			phones = append(phones, string(w.Path))
		}
	}
	assert.Equal(t, []string{"phone:mobile", "phone:work"}, phones, "in this order; the first is the primary one")
	assert.Equal(t, map[string]any{"address_1": "88 Alder Ct", "address_2": "Unit 4", "city": "Louisville", "state": "CO", "postalCode": "00127"}, got["address:home"])
	assert.NotContains(t, got, "address:business")
	assert.Equal(t, "Designer", got["accounts:@companies/org-7"], "relationship: title")
	assert.NotContains(t, got, "description", "title, when stand-alone")
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(2)}, got["owner"])
	for name, value := range map[string]any{
		mapping.FieldID: "9001234", mapping.FieldCreatedAt: "2019-06-03T16:20:11Z", mapping.FieldContactType: "Hot", mapping.FieldCompanyName: nil,
		mapping.FieldOwner: "Priya@Example.com", mapping.FieldUnsubscribed: true, mapping.FieldUnsubAt: "2024-01-02T03:04:05Z",
		mapping.FieldOptInAt: "2019-06-03T16:20:11Z", mapping.FieldEmailStatus: "ok", mapping.FieldScore: json.Number("24.5"),
		mapping.FieldGroups: nil, mapping.FieldCampaigns: nil, mapping.FieldEngagement: nil, mapping.FieldListings: nil, "Home Anniversary": "2016-05-14",
	} {
		assert.Equal(t, value, custom(p, name), name)
	}
	for field, f := range map[string]string{
		"company_id": mapping.Carried, "company_name": mapping.Carried, "title": mapping.Carried, "kind": mapping.Archived, "is_self": mapping.Archived,
		"shared_agent_ids": mapping.Archived, "source": mapping.Archived, "external_ids.crm_owner_id": mapping.Archived, "scores.open": mapping.Transformed,
		"scores.email_count": mapping.Archived, "owner_agent_id": mapping.Transformed, "unsubscribed": mapping.Carried, "opt_in.first_at": mapping.Carried,
		"custom_properties.Home Anniversary": mapping.Carried, "custom_properties.Note ": "", "phones.home": "",
	} {
		assert.Equal(t, f, fate(p, field), field)
	}
	assert.Len(t, p.Fates, len(mapping.SourceFields(json.RawMessage(vega))), "every value has exactly one fate")
}

func TestPersonName(t *testing.T) {
	t.Parallel()
	p := person(t, env(), `{"id":"1","name":"Vale, Sam","first_name":" Sam","last_name":"Vale"}`)
	assert.Equal(t, map[string]any{"givenName": " Sam", "familyName": "Vale"}, sent(p)["name"], "when both parts exist, as stored")
	assert.Equal(t, mapping.Archived, fate(p, "name"))
	p = person(t, env(), `{"id":"1","name":"S Vale","first_name":"Sam","last_name":" "}`)
	assert.Equal(t, "S Vale", sent(p)["name"])
	assert.Equal(t, mapping.Archived, fate(p, "first_name"), "one part alone is not used (archived)")
	long := strings.Repeat("n", 256)
	p = person(t, env(), `{"id":"1","name":"S Vale","first_name":"`+long+`","last_name":"Vale"}`)
	assert.Equal(t, "S Vale", sent(p)["name"])
	assert.Equal(t, mapping.Truncated, fate(p, "first_name"))
}

func TestPersonWithNothingThatNutshellTakesIsQuarantined(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"id":"1"}`, `{"id":"1","first_name":"Sam","title":"x"}`, `{"id":"1","email":"a@b@c"}`, `{"id":"1","phones":{"home":"` + strings.Repeat("5", 51) + `"}}`,
		`{"id":"1","name":"` + strings.Repeat("n", 256) + `"}`, `{"id":"1","name":"a\u0000b"}`, `{"id":"1","email":"a b@c"}`,
	} {
		p := person(t, env(), body)
		require.NotNil(t, p.Quarantine, body)
		assert.Equal(t, mapping.Refused, fate(p, "id"))
	}
	for _, body := range []string{`{"id":"1","name":"S"}`, `{"id":"1","email":"a@b"}`, `{"id":"1","phones":{"fax":"5"}}`} {
		assert.Nil(t, person(t, env(), body).Quarantine, body)
	}
}

func TestAValueThatNutshellWouldRefuseIsLeftOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	p := person(t, env(), `{"id":"1","name":"S","email":"not an address","contact_type":"`+long+`","phones":{"work":"`+strings.Repeat("5", 51)+`","home":"5"},
	 "addresses":{"home":{"street":"`+long+`","city":"Boulder"}}}`)
	require.Nil(t, p.Quarantine)
	assert.NotContains(t, sent(p), "phone:work")
	assert.Equal(t, map[string]any{"city": "Boulder"}, sent(p)["address:home"], "a part is left out alone")
	for report, field := range map[string]string{
		"email": "email", "phone.work": "phones.work", "customFields.Rezora_Contact_Type__c": "contact_type", "address.home.address_1": "addresses.home.street",
	} {
		assert.Equal(t, "truncated", want(t, p, report).Verdict, report)
		assert.Equal(t, mapping.Truncated, fate(p, field), field)
	}
	assert.True(t, p.KeepRaw, "the raw value stays in records/")
	assert.Len(t, flags(p), 5, "the four, and no owner")
}

func TestOwner(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		agent, field string
		fallback     int64
		user         int64
		flag         string
	}{
		"matched":                            {"3107", "Priya@Example.com", 0, 2, ""},
		"orphan":                             {"3130", "orphan@example.com", 0, 0, mapping.FlagOwnerOrphan},
		"orphan with the policy fallback":    {"3140", "Rezora agent 3140", 9, 9, mapping.FlagOwnerFallback},
		"an agent that is not served":        {"77", "Rezora agent 77", 0, 0, mapping.FlagOwnerOrphan},
		"without an owner agent":             {"", "", 0, 0, mapping.FlagOwnerNone},
		"without an owner agent, a fallback": {"", "", 9, 9, ""},
	} {
		e := env()
		e.FallbackUser = c.fallback
		p := person(t, e, `{"id":"1","name":"S","owner_agent_id":"`+c.agent+`"}`)
		if c.user == 0 {
			assert.NotContains(t, sent(p), "owner", name)
		} else {
			assert.Equal(t, map[string]any{"entityType": "Users", "id": c.user}, sent(p)["owner"], name)
		}
		if c.field == "" {
			assert.Nil(t, custom(p, mapping.FieldOwner), name)
		} else {
			assert.Equal(t, c.field, custom(p, mapping.FieldOwner), name)
		}
		if c.flag == "" {
			assert.Empty(t, flags(p), name)
		} else {
			assert.Equal(t, []string{c.flag}, flags(p), name)
		}
	}
}

func TestDecideUsers(t *testing.T) {
	t.Parallel()
	m, problems := mapping.Parse("m.yaml", []byte("owners: {Moved@example.com: new@example.com}"))
	require.Empty(t, problems)
	all := []record.Agent{
		{Common: record.Common{ID: "1"}, Email: " ANN@example.com "}, {Common: record.Common{ID: "2"}, Email: "off@example.com"},
		{Common: record.Common{ID: "3"}, Email: "moved@example.com"}, {Common: record.Common{ID: "4"}},
	}
	users := []mapping.User{
		{ID: 9, Emails: []string{"ann@example.com"}, Enabled: true}, {ID: 5, Emails: []string{"x@example.com", "Ann@example.com"}, Enabled: true},
		{ID: 1, Emails: []string{"off@example.com"}}, {ID: 6, Emails: []string{"new@example.com"}, Enabled: true},
	}
	got := m.DecideUsers(all, users, nil, "wait")
	assert.Equal(t, mapping.UserDecision{UserID: 5, Email: "x@example.com", How: mapping.HowMatched}, got["1"], "one of whose addresses equals the agent's")
	assert.Equal(t, mapping.UserDecision{How: mapping.HowNone, Orphan: true}, got["2"], "an agent whose only user is disabled is an orphan")
	assert.EqualValues(t, 6, got["3"].UserID)
	assert.True(t, got["4"].Orphan)
	got = m.DecideUsers(all, users, &users[3], "fallback")
	assert.Equal(t, mapping.UserDecision{UserID: 6, Email: "new@example.com", How: mapping.HowFallback, Orphan: true}, got["2"])
}

func TestCompanyLinkOfAPerson(t *testing.T) {
	t.Parallel()
	body := `{"id":"1","name":"S","title":" Buyer ","company_name":"Tern","owner_agent_id":"3107"}`
	alone := mapping.Default().Person(env(), mapping.PersonInput{Contact: contact(t, body), Ambiguous: mapping.ByName})
	assert.Equal(t, " Buyer ", sent(alone)["description"], "title, when stand-alone")
	assert.Equal(t, "Tern", custom(alone, mapping.FieldCompanyName), "when the person is linked to no company")
	assert.Equal(t, []string{mapping.FlagCompanyUnlinked}, flags(alone), "stand-alone and flagged")
	other := mapping.Default().Person(env(), mapping.PersonInput{Contact: contact(t, body), Company: &mapping.CompanyRef{SourceID: "org-1", Name: "tern"}})
	assert.Equal(t, "Tern", custom(other, mapping.FieldCompanyName), "another text, character by character")
	known := mapping.Default().Person(env(), mapping.PersonInput{Contact: contact(t, body), Company: &mapping.CompanyRef{ID: 310, Name: "Tern"}})
	assert.Equal(t, map[string]any{"entityType": "Accounts", "id": int64(310), "relationship": " Buyer "}, sent(known)["accounts:310"])
	assert.Nil(t, custom(known, mapping.FieldCompanyName))
	long := strings.Replace(body, " Buyer ", strings.Repeat("b", 256), 1)
	cut := mapping.Default().Person(env(), mapping.PersonInput{Contact: contact(t, long), Company: &mapping.CompanyRef{SourceID: "org-1", Name: "Tern"}})
	assert.Equal(t, "", sent(cut)["accounts:@companies/org-1"])
	assert.Equal(t, mapping.Truncated, fate(cut, "title"))
}

func TestUnsubscribed(t *testing.T) {
	t.Parallel()
	body := `{"id":"1","name":"S","unsubscribed":false}`
	assert.Nil(t, custom(person(t, env(), body), mapping.FieldUnsubscribed), "absent otherwise")
	p := mapping.Default().Person(env(), mapping.PersonInput{Contact: contact(t, body), Unsubscribed: true})
	assert.Equal(t, true, custom(p, mapping.FieldUnsubscribed), "true when unsubscribed in either source")
}

func TestEngagementScore(t *testing.T) {
	t.Parallel()
	for scores, want := range map[string]any{
		`{"open":0.41,"click":0.08}`:       json.Number("24.5"),
		`{"open":1}`:                       json.Number("50"),
		`{"click":0.00010}`:                json.Number("0.01"),
		`{"open":0.00009,"click":null}`:    json.Number("0"),
		`{"open":0.0333,"click":0.0334}`:   json.Number("3.34"), // 3.335
		`{"open":-0.0333,"click":-0.0334}`: json.Number("-3.34"),
		`{"open":0,"click":0}`:             json.Number("0"),
		`{"bounce":1}`:                     nil,
		`null`:                             nil,
		`{"open":"high"}`:                  nil,
		`{"open":"0.5"}`:                   json.Number("25"),
		`{"open":123456789012345678}`:      nil,
	} {
		p := person(t, env(), `{"id":"1","name":"S","scores":`+scores+`}`)
		assert.Equal(t, want, custom(p, mapping.FieldScore), scores)
	}
}
