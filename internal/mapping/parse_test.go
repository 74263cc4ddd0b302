package mapping_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
)

func TestDefaultMap(t *testing.T) {
	t.Parallel()
	m := mapping.Default()
	assert.Equal(t, mapping.Policies{Existing: "merge", OnOrphans: "wait", OnReject: "rollback", SourceDeletes: "flag", OnDiscrepancy: "ask"}, m.Policies)
	assert.Equal(t, 200, m.CampaignNotePeople)
	for from, to := range map[string]mapping.Status{"new": mapping.Open, "contacted": mapping.Open, "qualified": mapping.Open, "nurturing": mapping.Pending, "converted": mapping.Won, "lost": mapping.Lost} {
		got, ok := m.LeadStatus(from)
		assert.True(t, ok)
		assert.Equal(t, to, got)
	}
	_, ok := m.LeadStatus("New")
	assert.False(t, ok)
	n := 0
	for _, rules := range m.CustomFields {
		n += len(rules)
	}
	assert.Equal(t, 24, n, "every row of the table of custom fields, and the closing time")
}

func TestYAMLReadsBackToTheSameMap(t *testing.T) {
	t.Parallel()
	m, problems := mapping.Parse("m.yaml", []byte(`
policies: {existing: skip, fallback_owner: ' Jo@example.com '}
fields: {person: {owner: false}}
custom_fields: {person: {Email_Status__c: false, Rezora_Contact_Type__c: "Kind: of #contact"}}
custom_properties:
  person: {"Home: Anniversary": {name: Anniversary, type: date}, No: false, "x y": {type: select}, "k": Kay, "t": true}
  company: {Region: "on"}
lead_status: {"on": lost, 7: pending}
activity_types: {sms: note, call: meeting}
owners: {" A@x.com": b@x.com}
merge_fields: {PRICE: "{{p}}"}
campaign_notes: {most_people: 0}
free_mail: {tern.example.com: true, gmail.com: false}
`))
	require.Empty(t, problems)
	again, problems := mapping.Parse("m.yaml", m.YAML())
	require.Empty(t, problems, string(m.YAML()))
	assert.Equal(t, m, again)
	assert.Equal(t, m.Digest(), again.Digest())
	assert.NotEqual(t, mapping.Default().Digest(), m.Digest())
	assert.Regexp(t, `^[0-9a-f]{64}$`, m.Digest())

	assert.Equal(t, "skip", m.Policies.Existing)
	assert.Equal(t, "wait", m.Policies.OnOrphans, "a key that is left out keeps the default")
	assert.Equal(t, "b@x.com", m.UserEmail("a@X.com "))
	assert.Equal(t, mapping.PropertyRule{Name: "Anniversary", Type: "date"}, m.Properties["contact"]["Home: Anniversary"])
	assert.True(t, m.Properties["contact"]["No"].Off)
	assert.False(t, m.IsFreeMail("gmail.com"))
	assert.True(t, m.IsFreeMail("tern.example.com"))
	got, ok := m.LeadStatus("7")
	assert.True(t, ok)
	assert.Equal(t, mapping.Pending, got)
	assert.NotContains(t, mapping.Default().LeadStatuses, "7", "the default is untouched")
}

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "# nothing\n", "---\n", "policies:\nlead_status:\n", "version: 1\n"} {
		m, problems := mapping.Parse("m.yaml", []byte(body))
		require.Empty(t, problems, body)
		assert.Equal(t, mapping.Default().Digest(), m.Digest())
	}
}

func TestAllProblemsAtOnceWithTheirLines(t *testing.T) {
	t.Parallel()
	m, problems := mapping.Parse("m.yaml", []byte(`version: 2
nonsense: 1
policies:
  existing: overwrite
  fallback_owner: nobody
  existing: merge
fields:
  person: {name: false, email: false, phone: false, nick: true}
  company: {name: false, url: maybe}
custom_fields:
  person:
    Rezora_ID__c: Key
    Unknown__c: true
    Email_Status__c: Opt_In_At__c
    Rezora_Owner__c: ""
    Rezora_Contact_Type__c: `+strings.Repeat("x", 256)+`
    Rezora_Company_Name__c: [a]
custom_properties:
  person:
    A: {name: Same, type: text}
    B: {name: sAME}
    C: {type: money, size: 3}
    D: rezora_id__c
  agent: {}
lead_status:
  hot:
  cold: frozen
activity_types: {sms: text}
owners: {nobody: a@x.com, A@x.com: b@x.com, a@x.com: c@x.com, d@x.com: none}
merge_fields: {lower: x}
campaign_notes: {most_people: 1.5, least: 1}
free_mail: {"Gmail.com": true, x.com: 1}
`))
	assert.Nil(t, m)
	var got []string
	for _, p := range problems {
		assert.Equal(t, "m.yaml", p.File)
		got = append(got, strings.TrimPrefix(p.String(), "m.yaml:"))
	}
	assert.Equal(t, []string{
		`1:10: version must be 1`,
		`2:1: mapping file: unknown key "nonsense"`,
		`4:13: policies.existing: "overwrite" is none of merge, skip, create`,
		`5:19: policies.fallback_owner: not an e-mail address`,
		`6:3: policies: key "existing" stands twice`,
		`8:3: fields.person: one of name, email and phone must stay on`,
		`8:53: fields.person: unknown key "nick"`,
		`9:19: fields.company.name: a company cannot be made without its name`,
		`9:31: fields.company.url must be true or false`,
		`12:19: custom_fields.person.Rezora_ID__c: the key of every record cannot be switched off or renamed`,
		`13:5: custom_fields.person: unknown key "Unknown__c"`,
		`14:22: custom_fields.person.Email_Status__c: the name "Opt_In_At__c" is already that of the built-in field Opt_In_At__c`,
		`15:22: custom_fields.person.Rezora_Owner__c has no destination: the name is empty`,
		`16:29: custom_fields.person.Rezora_Contact_Type__c: a name has at most 255 characters`,
		`17:29: custom_fields.person.Rezora_Company_Name__c must be a text`,
		`21:8: custom_properties.person.B: the name "sAME" is already that of custom_properties.person.A`,
		`22:15: custom_properties.person.C.type: "money" is none of text, textarea, number, date, datetime, boolean, select`,
		`22:22: custom_properties.person.C: unknown key "size"`,
		`23:8: custom_properties.person.D: the name "rezora_id__c" is already that of the built-in field Rezora_ID__c`,
		`24:3: custom_properties: unknown key "agent"`,
		`26:7: lead_status.hot has no value`,
		`27:9: lead_status.cold: "frozen" is none of open, pending, won, lost`,
		`28:23: activity_types.sms: "text" is none of call, email, meeting, note`,
		`29:10: owners: a key is not an e-mail address`,
		`29:45: owners: an agent stands twice`,
		`29:72: owners: the user of an agent is not an e-mail address`,
		`30:16: merge_fields.lower: a merge field is upper-case letters, digits and _`,
		`31:31: campaign_notes.most_people must be a whole number from 0 to 1000000`,
		`31:36: campaign_notes: unknown key "least"`,
		`32:13: free_mail.Gmail.com: not a domain in lower case`,
		`32:39: free_mail.x.com must be true or false`,
	}, got)
	err := mapping.Error(problems)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "m.yaml:2:1: ")
	assert.NoError(t, mapping.Error(nil))
}

func TestWhatIsNoMapping(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"- a\n", "text", "a: [", "policies: [1]\n", "a: 1\n---\nb: 2\n", "policies: *x\n", "? {a: b}\n: c\n"} {
		m, problems := mapping.Parse("m.yaml", []byte(body))
		assert.Nil(t, m, body)
		assert.NotEmpty(t, problems, body)
	}
}

func TestASwitchedOffFieldSendsNothing(t *testing.T) {
	t.Parallel()
	m, problems := mapping.Parse("m.yaml", []byte("fields: {person: {owner: false, accounts: false}}\ncustom_fields: {person: {Email_Status__c: false, Rezora_Contact_Type__c: Kind}}\ncustom_properties: {person: {Home Anniversary: false}}"))
	require.Empty(t, problems)
	p := m.Person(env(), mapping.PersonInput{Contact: contact(t, vega), Raw: json.RawMessage(vega), Company: &mapping.CompanyRef{SourceID: "org-7", Name: "Vega Design"}})
	assert.NotContains(t, sent(p), "owner")
	assert.NotContains(t, sent(p), "accounts:@companies/org-7")
	assert.Equal(t, "Vega Design", custom(p, mapping.FieldCompanyName))
	assert.Nil(t, custom(p, mapping.FieldEmailStatus))
	assert.Equal(t, mapping.Archived, fate(p, "email_status"))
	assert.Equal(t, "Hot", custom(p, "Kind"), "renamed")
	assert.Equal(t, mapping.Archived, fate(p, "custom_properties.Home Anniversary"))
	assert.Empty(t, flags(p))
}

func TestSchemaKnowsTheKeysOfTheDefault(t *testing.T) {
	t.Parallel()
	type node struct {
		Properties map[string]node `json:"properties"`
	}
	var schema node
	require.NoError(t, json.Unmarshal(mapping.Schema(), &schema))
	m := mapping.Default()
	assert.Equal(t, []string{"activity_types", "campaign_notes", "custom_fields", "custom_properties", "fields", "free_mail", "lead_status", "merge_fields", "owners", "policies", "version"},
		slices.Sorted(maps.Keys(schema.Properties)))
	for section, entity := range map[string]string{"person": "Contacts", "company": "Accounts", "lead": "Leads"} {
		assert.Equal(t, slices.Sorted(maps.Keys(m.CustomFields[entity])), slices.Sorted(maps.Keys(schema.Properties["custom_fields"].Properties[section].Properties)))
		for field := range schema.Properties["fields"].Properties[section].Properties {
			_, problems := mapping.Parse("m", []byte("fields: {"+section+": {"+field+": true}}"))
			assert.Empty(t, problems)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("policies: {existing: skip}\n"))
	f.Add([]byte("custom_properties:\n  person:\n    ? a\n    : {name: b}\n"))
	f.Add(mapping.Default().YAML())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, problems := mapping.Parse("m.yaml", b)
		require.Equal(t, m == nil, len(problems) > 0)
		if m == nil {
			return
		}
		again, problems := mapping.Parse("m.yaml", m.YAML())
		require.Empty(t, problems, "%s", m.YAML())
		require.Equal(t, m.Digest(), again.Digest())
	})
}
