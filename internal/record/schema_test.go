package record_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
)

func TestEveryResourceHasASchema(t *testing.T) {
	for _, kind := range record.Kinds {
		s := record.Schema(kind)
		require.NotNil(t, s, kind)
		assert.NotNil(t, s.Get("updated_at"), kind)
		for _, f := range s.All() {
			if f.Ref != "" {
				assert.NotNil(t, record.Schema(f.Ref), "%s.%s", kind, f.Name)
			}
		}
	}
	assert.Nil(t, record.Schema("unicorns"))
}

func TestSchemaPaths(t *testing.T) {
	s := record.Schema(record.Campaigns)
	assert.Equal(t, record.Instant, s.Find("schedule.sent_at").Type)
	assert.Equal(t, record.Listings, s.Find("listings.listing_id").Ref)
	assert.True(t, s.Find("listings").List)
	assert.Nil(t, s.Find("schedule.nothing"))
	assert.Nil(t, s.Find("name.nothing"))
	assert.Contains(t, record.Schema(record.Contacts).Find("contact_type").Values, "")
}

// The Go types and the schema name the same fields: a typing error in either would lose a field without a word.
func TestTypesReadFieldsOfTheSchema(t *testing.T) {
	for kind, v := range map[record.Kind]any{
		record.Companies: record.Company{}, record.Agents: record.Agent{}, record.Teams: record.Team{}, record.TeamMemberships: record.TeamMembership{},
		record.CustomProperties: record.CustomProperty{}, record.Contacts: record.Contact{}, record.DistributionGroups: record.DistributionGroup{},
		record.GroupMemberships: record.GroupMembership{}, record.Templates: record.Template{}, record.Campaigns: record.Campaign{},
		record.CampaignRecipients: record.CampaignRecipient{}, record.Sequences: record.Sequence{}, record.SequenceEnrollments: record.SequenceEnrollment{},
		record.Leads: record.Lead{}, record.Notes: record.Note{}, record.Tasks: record.Task{}, record.Interactions: record.Interaction{},
		record.SocialPosts: record.SocialPost{}, record.Activities: record.Activity{}, record.Attachments: record.Attachment{},
	} {
		for _, name := range names(reflect.TypeOf(v)) {
			assert.NotNil(t, record.Schema(kind).Get(name), "%s.%s", kind, name)
		}
	}
}

func names(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, names(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

func TestSplitKeyUndoesKey(t *testing.T) {
	q, id := record.SplitKey(record.Activities, record.Key("click", "a/b"))
	assert.Equal(t, "click", q)
	assert.Equal(t, "a/b", id)
	q, id = record.SplitKey(record.Contacts, "a/b")
	assert.Empty(t, q)
	assert.Equal(t, "a/b", id)
}

func TestTimesAndNumbersAreTolerant(t *testing.T) {
	var v struct {
		T record.Time
		N record.Num
	}
	require.NoError(t, json.Unmarshal([]byte(`{"T":"2024-05-01T10:00:00.5+02:00","N":"62.50"}`), &v))
	assert.Equal(t, "2024-05-01T08:00:00Z", v.T.String())
	assert.Equal(t, record.Num("62.50"), v.N)
	require.NoError(t, json.Unmarshal([]byte(`{"T":null,"N":null}`), &v))
	assert.False(t, v.T.Set())
	assert.Empty(t, v.N)
	require.NoError(t, json.Unmarshal([]byte(`{"T":"2024-05-01\u005410:00:00Z","N":"\u00a0drei\tü "}`), &v), "escapes and other letters")
	assert.Equal(t, "2024-05-01T10:00:00Z", v.T.String())
	assert.Equal(t, record.Num("drei\tü"), v.N)
	require.NoError(t, json.Unmarshal([]byte(`{"T":"","N":""}`), &v))
	assert.False(t, v.T.Set())
	assert.Empty(t, v.N)
	require.Error(t, json.Unmarshal([]byte(`{"T":"soon"}`), &v))
}

func TestReferences(t *testing.T) {
	for _, tc := range []struct {
		rec  record.Record
		want []record.Reference
	}{
		{record.Record{Kind: record.Campaigns, Canon: []byte(`{"owner_agent_id":"7","company_id":null,"template":{"id":"5"},"program":{"id":"9"},"distribution_group_ids":["1","2"],"listings":[{"listing_id":"a:1:2"},{"listing_id":""}]}`)},
			[]record.Reference{{Field: "owner_agent_id", Kind: record.Agents, ID: "7"}, {Field: "template.id", Kind: record.Templates, ID: "5"},
				{Field: "distribution_group_ids", Kind: record.DistributionGroups, ID: "1"}, {Field: "distribution_group_ids", Kind: record.DistributionGroups, ID: "2"},
				{Field: "listings.listing_id", Kind: record.Listings, ID: "a:1:2"}}},
		{record.Record{Kind: record.Notes, Canon: []byte(`{"parent_type":"lead","parent_id":"4"}`)}, []record.Reference{{Field: "parent_id", Kind: record.Leads, ID: "4"}}},
		{record.Record{Kind: record.Companies, Canon: []byte(`{"parent_id":"brd-1"}`)}, []record.Reference{{Field: "parent_id", Kind: record.Companies, ID: "brd-1"}}},
	} {
		got, err := record.References(tc.rec)
		require.NoError(t, err)
		assert.Equal(t, tc.want, got)
	}
}
