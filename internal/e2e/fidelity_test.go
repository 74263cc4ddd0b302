package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// served reads a resource from the source as anybody could: page by page, each row as it is on the wire.
func (s *stack) served(resource string) []json.RawMessage {
	s.Helper()
	var rows []json.RawMessage
	for cursor := ""; ; {
		query := url.Values{"limit": {"500"}, "cursor": {cursor}}
		if resource == "templates" {
			query.Set("include", "html")
		}
		req, err := http.NewRequest(http.MethodGet, s.source.URL+"/api/v1/"+resource+"?"+query.Encode(), nil)
		require.NoError(s, err)
		req.Header.Set("Authorization", "Bearer token-of-the-tests")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(s, err)
		var page struct {
			Data []json.RawMessage
			Meta struct {
				NextCursor *string `json:"next_cursor"`
			}
		}
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		require.NoError(s, err)
		rows = append(rows, page.Data...)
		if page.Meta.NextCursor == nil {
			return rows
		}
		cursor = *page.Meta.NextCursor
	}
}

// filled counts, field by field, the values of rows that are not empty; a custom property is one value.
func filled(rows []json.RawMessage) map[string]int64 {
	out := map[string]int64{}
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		switch x := v.(type) {
		case nil:
		case string:
			if strings.TrimSpace(x) != "" {
				out[prefix]++
			}
		case []any:
			if len(x) > 0 {
				out[prefix]++
			}
		case map[string]any:
			if strings.HasPrefix(prefix, "custom_properties.") && len(x) > 0 {
				out[prefix]++
				return
			}
			for k, inner := range x {
				walk(strings.TrimPrefix(prefix+"."+k, "."), inner)
			}
		default:
			out[prefix]++
		}
	}
	for _, raw := range rows {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			walk("", v)
		}
	}
	return out
}

type fidelityRow struct {
	Object, Resource, Field                                    string
	Source, Carried, Transformed, Truncated, Archived, Refused int64
}

var allResources = []string{
	"companies", "agents", "teams", "team_memberships", "custom_properties", "contacts", "distribution_groups", "group_memberships", "templates",
	"listings", "campaigns", "campaign_recipients", "sequences", "sequence_enrollments", "leads", "notes", "tasks", "interactions", "social_posts",
	"activities", "attachments",
}

// fidelity reads the table of a report and holds it against the rows as the source serves them: every field of every resource is there,
// with as many values as were counted, and each value has one fate. What lost something is in records/ whole.
func (s *stack) fidelity(migration, report string) map[string]fidelityRow {
	s.Helper()
	var rep struct{ Fidelity []fidelityRow }
	require.NoError(s, json.Unmarshal(s.archived(migration, report), &rep))
	rows := map[string]fidelityRow{}
	lossy := map[string]bool{}
	for _, r := range rep.Fidelity {
		rows[r.Resource+" "+r.Field] = r
		assert.Equal(s, r.Source, r.Carried+r.Transformed+r.Truncated+r.Archived+r.Refused, "%s %s", r.Resource, r.Field)
		lossy[r.Resource] = lossy[r.Resource] || r.Source > r.Carried+r.Transformed
	}
	files := map[string]string{"contacts": "people", "interactions": "activities", "activities": "events"}
	counted := 0
	for _, resource := range allResources {
		served := s.served(resource)
		for field, n := range filled(served) {
			assert.Equal(s, n, rows[resource+" "+field].Source, "values of %s %s", resource, field)
			counted++
		}
		if report != "reconciliation.json" || !lossy[resource] {
			continue
		}
		name := resource
		if files[resource] != "" {
			name = files[resource]
		}
		kept := bytes.Count(s.archived(migration, "records/"+name+".jsonl"), []byte("\n"))
		assert.Equal(s, len(served), kept, "every %s has a value without a line in the map, so each is in records/", resource)
	}
	assert.Len(s, rows, counted, "no field that the source does not have")
	return rows
}

// TestEveryValueIsAccountedFor adds up the fidelity table of both reports against counts made from the rows on the wire.
func TestEveryValueIsAccountedFor(t *testing.T) {
	t.Parallel()
	c := small()
	c.UnknownFields, c.OddCustomProperties, c.DirtyText, c.DanglingRefs = true, 0.3, 0.2, 0.1
	s := newStack(t, c, unlimited())
	person := s.firstID("contacts")
	for i := range 1200 {
		s.put("activities", map[string]any{
			"type": "open", "contact_id": person, "campaign_id": s.firstID("campaigns"),
			"occurred_at": time.Date(2024, 1, 1, 0, 0, i, 0, time.UTC).Format(time.RFC3339),
		})
	}
	s.put("contacts", map[string]any{"name": " ", "email": "", "title": "nobody"})
	group := s.put("distribution_groups", map[string]any{"name": "Nobody is in it", "scope": "agent", "kind": "standard"})
	s.work()
	s.start(`{"migration":"fidelity","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	gate := s.untilGate("fidelity")
	forecast := s.fidelity("fidelity", "pre-migration.json")
	s.stocktaking("fidelity")
	s.confirm("fidelity", gate)
	p := s.result("fidelity", 3*time.Minute)
	require.Equal(t, "completed", p.Status, p.Reason)
	result := s.fidelity("fidelity", "reconciliation.json")
	assert.Equal(t, forecast, result, "nothing was refused by Nutshell that the map would have carried")

	var kept []json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(s.customField(person, "Engagement_History__c")), &kept))
	events := result["activities occurred_at"]
	opens := int64(0)
	for _, raw := range s.served("activities") {
		var e struct{ Type string }
		require.NoError(t, json.Unmarshal(raw, &e))
		if e.Type == "open" || e.Type == "click" || e.Type == "property_view" {
			opens++
		}
	}
	assert.Less(t, len(kept), 1200, "not all events of one person fit")
	assert.LessOrEqual(t, events.Transformed, opens-int64(1200-len(kept)), "events that did not fit are in the archive")
	assert.Positive(t, events.Transformed)
	assert.Positive(t, result["contacts title"].Refused, "a contact that cannot be created")
	assert.NotContains(t, string(s.archived("fidelity", "pre-migration.json")), fmt.Sprintf("group %s", group))
	groups := result["distribution_groups name"]
	assert.Equal(t, groups.Source, groups.Transformed+groups.Archived)
	assert.Positive(t, groups.Archived, "a group without anybody reaches nobody")
	assert.Positive(t, groups.Transformed)
}

// stocktaking holds the inventory of the first report against the rows on the wire: every custom property with its values, and every id
// that leads nowhere; and each resource was counted by the source itself.
func (s *stack) stocktaking(migration string) {
	s.Helper()
	var rep struct {
		Properties []struct {
			Object, Name      string
			Rows, Values      int64
			Longest, Distinct int
			Defined           bool
			FillRate          float64 `json:"fill_rate"`
		} `json:"custom_properties"`
		Dangling []struct {
			Resource, Field, Names string
			Count                  int64
		} `json:"dangling_references"`
		Resources []struct {
			Kind, Offer, Read, Count string
			Records, Counted         int64
		}
	}
	require.NoError(s, json.Unmarshal(s.archived(migration, "pre-migration.json"), &rep))
	met := map[string]bool{}
	for _, p := range rep.Properties {
		resource := map[string]string{"contact": "contacts", "company": "companies"}[p.Object]
		rows := s.served(resource)
		values, longest, distinct := int64(0), 0, map[string]bool{}
		for _, raw := range rows {
			var row struct {
				Properties map[string]json.RawMessage `json:"custom_properties"`
			}
			require.NoError(s, json.Unmarshal(raw, &row))
			text := string(row.Properties[p.Name])
			var plain string
			if json.Unmarshal(row.Properties[p.Name], &plain) == nil {
				text = plain
			}
			if text == "null" || text == "[]" || text == "{}" || strings.TrimSpace(text) == "" {
				continue
			}
			values++
			longest, distinct[text] = max(longest, utf8.RuneCountInString(text)), true
		}
		assert.Equal(s, values, p.Values, "values of %s", p.Name)
		assert.EqualValues(s, len(rows), p.Rows, p.Name)
		assert.InDelta(s, float64(values)/float64(len(rows)), p.FillRate, 1e-9, p.Name)
		assert.Equal(s, longest, p.Longest, "longest of %s", p.Name)
		assert.Len(s, distinct, p.Distinct, "different values of %s", p.Name)
		met[resource+" custom_properties."+p.Name] = true
	}
	for _, resource := range []string{"contacts", "companies"} {
		for field := range filled(s.served(resource)) {
			if strings.HasPrefix(field, "custom_properties.") {
				assert.Contains(s, met, resource+" "+field)
			}
		}
	}
	for _, r := range rep.Resources {
		assert.Equal(s, "complete", r.Read, r.Kind)
		assert.Equal(s, "equal", r.Count, r.Kind)
		assert.Equal(s, r.Counted, r.Records, r.Kind)
	}
	live := map[string]bool{}
	for _, raw := range s.served("companies") {
		var c struct{ ID string }
		require.NoError(s, json.Unmarshal(raw, &c))
		live[c.ID] = true
	}
	dangling := int64(0)
	for _, raw := range s.served("contacts") {
		var c struct {
			Company string `json:"company_id"`
		}
		require.NoError(s, json.Unmarshal(raw, &c))
		if c.Company != "" && !live[c.Company] {
			dangling++
		}
	}
	told := int64(0)
	for _, d := range rep.Dangling {
		if d.Resource == "contacts" && d.Field == "company_id" {
			told = d.Count
		}
	}
	assert.Equal(s, dangling, told, "contacts whose company is not served")
}

// customField is the text of a custom field of the person that a contact became.
func (s *stack) customField(contact, field string) string {
	s.Helper()
	for _, r := range s.dest.Snapshot().Contacts {
		if id := r.CustomFields["Rezora_ID__c"]; len(id) == 1 && id[0] == contact && len(r.CustomFields[field]) == 1 {
			return r.CustomFields[field][0]
		}
	}
	require.Failf(s, "no such value", "%s of contact %s", field, contact)
	return ""
}

// TestValuesOfRecordsThatWereThereAreCountedAsTheyAre merges into one account and links to another: what people had filled, or what policy
// keeps out, is not counted as carried.
func TestValuesOfRecordsThatWereThereAreCountedAsTheyAre(t *testing.T) {
	t.Parallel()
	for policy, check := range map[string]func(t *testing.T, people map[string]fidelityRow, there int64){
		"merge": func(t *testing.T, people map[string]fidelityRow, there int64) {
			assert.Equal(t, there, people["contacts name"].Truncated+people["contacts last_name"].Truncated, "the name that people gave stays")
			assert.Positive(t, people["contacts phones.mobile"].Truncated)
			assert.Zero(t, people["contacts email"].Truncated, "the same address is there")
		},
		"skip": func(t *testing.T, people map[string]fidelityRow, there int64) {
			assert.GreaterOrEqual(t, people["contacts email"].Archived, there, "no field of an existing record is written")
			assert.Equal(t, people["contacts id"].Archived, people["contacts email"].Archived)
		},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			c := small()
			s := newStack(t, c, unlimited())
			there := int64(0)
			for _, row := range s.source.Rows("contacts", false) {
				phones, _ := row["phones"].(map[string]any)
				if phones["mobile"] == "" || row["email"] == "" || there == 5 {
					continue
				}
				there++
				_, err := s.dest.CreateContact(map[string]any{
					"name": fmt.Sprintf("Already There %d", there), "email": row["email"], "phone": map[string]any{"mobile": "+13035550199"},
				})
				require.NoError(t, err)
			}
			s.work()
			m := slug("existing " + policy)
			s.start(`{"migration":"` + m + `","sample_size":20,"delta_window":"0s","existing":"` + policy + `",` + fallback + `}`)
			s.finish(m)
			check(t, s.fidelity(m, "reconciliation.json"), there)
		})
	}
}
