package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/target"
)

const lead8801 = `{"id":"8801","contact_id":"9001234","agent_id":null,"company_id":"brk-12","campaign_id":"70021","listing_id":"exmls:1:5550142","status":"new","score":62.50,
 "source":"info_request","name":"Marisol Vega","email":" mvega@example.com","phone":"720-555-0142","message":"Is it <b>still</b> available?<br>Yes?","converted_at":null,
 "created_at":"2024-03-05T01:12:00Z","updated_at":"2024-03-06T01:12:00Z","deleted":false,"deleted_at":null}`

func lead(t *testing.T, body string, in mapping.LeadInput) []mapping.Projection {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &in.Lead))
	in.Raw = json.RawMessage(body)
	return mapping.Default().Lead(env(), in)
}

func TestLead(t *testing.T) {
	t.Parallel()
	out := lead(t, lead8801, mapping.LeadInput{
		Person: &mapping.Ref{Object: "people", SourceID: "9001234"}, Company: &mapping.Ref{Object: "companies", SourceID: "org-7"}, CampaignName: "Just Listed",
	})
	require.Len(t, out, 2)
	p, note := out[0], out[1]
	assert.Equal(t, "Marisol Vega: info_request", sent(p)["description"])
	assert.Contains(t, sent(p), "contacts:@people/9001234")
	assert.Equal(t, "@companies/org-7", sent(p)["primaryAccount"], "that Person's company")
	assert.Equal(t, json.Number("0"), sent(p)["status"])
	assert.NotContains(t, sent(p), "assignee", "unassigned, no fallback owner")
	assert.Equal(t, json.Number("62.5"), custom(p, mapping.FieldScore))
	assert.Equal(t, "new", custom(p, mapping.FieldLeadStatus), "status, as it was")
	assert.Equal(t, "info_request", custom(p, mapping.FieldLeadSource))
	assert.Equal(t, "8801", custom(p, mapping.FieldID))
	assert.Empty(t, flags(p))
	assert.Equal(t, mapping.Archived, fate(p, "company_id"), "not used: the Person has another company")

	assert.Equal(t, []string{"note", "leads/8801", "Notes", "create"}, []string{note.Role, note.Parent, note.Type, note.Verb})
	assert.Equal(t, "[Rezora lead 8801] 2024-03-05T01:12:00Z\n\nmessage: Is it still available?\nYes?\nphone: 720-555-0142\nemail: mvega@example.com\n"+
		"campaign: Just Listed (70021)\nlisting: exmls:1:5550142", note.Text)
	assert.Equal(t, note.Text, sent(note)["note"])
	assert.Equal(t, mapping.Ref{Object: "leads", SourceID: "8801"}, note.NoteOn)
	assert.Empty(t, note.Fates)
}

func TestLeadDescription(t *testing.T) {
	t.Parallel()
	vega := &record.Contact{Name: " Marisol Vega "}
	for want, c := range map[string]struct {
		body    string
		contact *record.Contact
	}{
		"Ann: web":                    {`{"id":"1","name":"Ann","source":"web"}`, vega},
		"Marisol Vega: web":           {`{"id":"1","name":" ","source":"web"}`, vega},
		"Ann":                         {`{"id":"1","name":"Ann","source":""}`, nil},
		"Rezora lead 1":               {`{"id":"1","source":"web"}`, &record.Contact{}},
		strings.Repeat("é", 99) + "…": {`{"id":"1","name":"` + strings.Repeat("é", 99) + `","source":"web"}`, nil},
		strings.Repeat("é", 100):      {`{"id":"1","name":"` + strings.Repeat("é", 100) + `"}`, nil},
	} {
		p := lead(t, c.body, mapping.LeadInput{Contact: c.contact})[0]
		assert.Equal(t, want, sent(p)["description"])
		assert.Equal(t, strings.HasSuffix(want, "…"), len(flags(p)) > 0, "reported when shortened")
	}
}

func TestLeadStatus(t *testing.T) {
	t.Parallel()
	const times = `"updated_at":"2024-05-01T00:00:00Z","converted_at":`
	for _, c := range []struct {
		status, times string
		number        json.Number
		outcome       int64
		closed        string
	}{
		{"new", times + "null", "0", 0, ""}, {"contacted", times + "null", "0", 0, ""}, {"qualified", times + "null", "0", 0, ""}, {"", times + "null", "0", 0, ""},
		{"nurturing", times + "null", "1", 0, ""},
		{"converted", times + `"2024-04-01T00:00:00Z"`, "", 1, "2024-04-01T00:00:00Z"},
		{"lost", times + "null", "", 2, "2024-05-01T00:00:00Z"},
	} {
		out := lead(t, `{"id":"1","status":"`+c.status+`",`+c.times+`}`, mapping.LeadInput{})
		if c.outcome == 0 {
			require.Len(t, out, 1)
			assert.Equal(t, c.number, sent(out[0])["status"], c.status)
			continue
		}
		require.Len(t, out, 2)
		assert.NotContains(t, sent(out[0]), "status")
		assert.Equal(t, []string{"close", "edit", "Leads", "leads/1"}, []string{out[1].Role, out[1].Verb, out[1].Type, out[1].Parent})
		assert.Equal(t, map[string]any{"entityType": "Lead_Outcomes", "id": c.outcome}, sent(out[1])["outcome"])
		assert.Equal(t, c.closed, sent(out[1])["closedTime"], "converted_at, else updated_at")
	}
	out := lead(t, `{"id":"1","status":"frozen","message":"m"}`, mapping.LeadInput{})
	for _, p := range out {
		require.NotNil(t, p.Quarantine, "a status without a line is not guessed")
		assert.Equal(t, mapping.CodeStatus, p.Quarantine.Code)
	}
}

// TestLeadInAnAccountThatKeepsNoClosingTime: the original goes to a field of its own, else to the archive; whatever Nutshell shows will do.
func TestLeadInAnAccountThatKeepsNoClosingTime(t *testing.T) {
	t.Parallel()
	raw := `{"id":"1","status":"lost","converted_at":"2024-04-01T00:00:00Z","updated_at":"2024-05-01T00:00:00Z"}`
	leads := map[record.Kind]bool{record.Leads: true}
	project := func(account mapping.FieldsOf, m *mapping.Map) []mapping.Projection {
		e := env()
		e.ClosesNow = true
		e.Fields, _ = mapping.PlanFields(m, nil, leads, account)
		in := mapping.LeadInput{Raw: json.RawMessage(raw)}
		require.NoError(t, json.Unmarshal(in.Raw, &in.Lead))
		return m.Lead(e, in)
	}
	shows := target.View{Fields: map[target.Path]target.Value{"closedTime": {Canon: "2026-11-25T00:00:00Z"}}}
	verdict := func(p mapping.Projection) string {
		return target.Compare([]target.Want{want(t, p, "closedTime")}, shows, nil)[0].Verdict
	}
	out := project(mapping.FieldsOf{ClosesNow: true}, mapping.Default())
	assert.Equal(t, "2024-04-01T00:00:00Z", custom(out[0], mapping.FieldClosedAt))
	assert.Equal(t, target.Transformed, verdict(out[1]))
	assert.Empty(t, flags(out[0]))

	off, problems := mapping.Parse("m.yaml", []byte("custom_fields: {lead: {Rezora_Closed_At__c: false}}"))
	require.Empty(t, problems)
	for name, out := range map[string][]mapping.Projection{
		"switched off": project(mapping.FieldsOf{ClosesNow: true}, off), "planned by an older version": project(mapping.FieldsOf{}, mapping.Default()),
	} {
		assert.Nil(t, custom(out[0], mapping.FieldClosedAt), name)
		assert.Equal(t, target.Truncated, verdict(out[1]), name)
		assert.Equal(t, []string{mapping.FlagOwnTime}, flags(out[0]), name)
	}
	assert.Equal(t, target.Missing, target.Compare([]target.Want{want(t, out[1], "closedTime")}, target.View{}, nil)[0].Verdict, "an open lead is a fault")
}

func TestLeadAssignee(t *testing.T) {
	t.Parallel()
	p := lead(t, `{"id":"1","agent_id":"3107"}`, mapping.LeadInput{})[0]
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(2)}, sent(p)["assignee"])
	p = lead(t, `{"id":"1","agent_id":"3140"}`, mapping.LeadInput{})[0]
	assert.Equal(t, map[string]any{"entityType": "Users", "id": int64(9)}, sent(p)["assignee"], "the policy for orphans")
	p = lead(t, `{"id":"1","agent_id":"3130"}`, mapping.LeadInput{Ambiguous: true})[0]
	assert.NotContains(t, sent(p), "assignee")
	assert.Equal(t, []string{mapping.FlagPersonUnlinked, mapping.FlagOwnerOrphan}, flags(p))
}

func TestLeadNoteIsWrittenOnlyWhenOneOfTheFiveHasAValue(t *testing.T) {
	t.Parallel()
	assert.Len(t, lead(t, `{"id":"1","message":" ","phone":null,"email":"","name":"Ann"}`, mapping.LeadInput{}), 1)
	out := lead(t, `{"id":"1","campaign_id":"70"}`, mapping.LeadInput{})
	require.Len(t, out, 2)
	assert.Equal(t, "[Rezora lead 1] unknown\n\ncampaign: unknown (70)", out[1].Text, "a missing time is unknown")
}

func TestLeadScore(t *testing.T) {
	t.Parallel()
	for score, want := range map[string]any{`62.5`: json.Number("62.5"), `"40.0"`: json.Number("40"), `1e1`: json.Number("10"), `0.12345`: nil, `"high"`: nil, `null`: nil} {
		p := lead(t, `{"id":"1","score":`+score+`}`, mapping.LeadInput{})[0]
		assert.Equal(t, want, custom(p, mapping.FieldScore), score)
	}
}
