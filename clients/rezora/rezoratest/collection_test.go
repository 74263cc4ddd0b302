package rezoratest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestParameters(t *testing.T) {
	s := start(t)
	for _, tc := range []struct {
		path   string
		status int
		code   string
	}{
		{"contacts?limit=1", 200, ""},
		{"contacts?limit=500", 200, ""},
		{"contacts?limit=", 200, ""},
		{"contacts?limit=0", 400, "invalid_parameter"},
		{"contacts?limit=501", 400, "invalid_parameter"},
		{"contacts?limit=ten", 400, "invalid_parameter"},
		{"contacts?limit=2&limit=2", 400, "invalid_parameter"},
		{"contacts?colour=red&colour=blue", 200, ""},
		{"contacts?updated_since=yesterday", 400, "invalid_parameter"},
		{"contacts?updated_since=2024-05-01", 400, "invalid_parameter"},
		{"contacts?updated_before=2024-05-01T00:00:00%2B02:00", 200, ""},
		{"contacts?include_deleted=yes", 400, "invalid_parameter"},
		{"contacts?include_total=1", 400, "invalid_parameter"},
		{"contacts?cursor=%21%21", 400, "invalid_parameter"},
		{"contacts?cursor=djEuMTcx", 400, "invalid_parameter"},
		{"templates?include=html", 200, ""},
		{"templates?include=pdf", 400, "invalid_parameter"},
		{"contacts?include=html", 200, ""},
		{"contacts/count?limit=9999&fields=id", 200, ""},
		{"contacts/count?updated_since=x", 400, "invalid_parameter"},
		{"contacts/", 404, "not_found"},
		{"Contacts", 404, "not_found"},
		{"people", 404, "not_found"},
		{"contacts/1/2", 404, "not_found"},
		{"", 404, "not_found"},
	} {
		a := get(t, s, "/api/v1/"+tc.path)
		assert.Equal(t, tc.status, a.Status, tc.path)
		if tc.code != "" {
			assert.Equal(t, tc.code, a.code(t), tc.path)
		}
	}
}

func TestOrderIsUpdatedThenIDBytewise(t *testing.T) {
	s := start(t)
	for _, name := range rezoratest.Resources {
		rows := walk(t, s, name, "limit=7&include_deleted=true", nil)
		require.NotEmpty(t, rows)
		assert.True(t, slices.IsSortedFunc(rows, func(a, b map[string]any) int {
			for _, f := range []string{"updated_at", "id", "type", "network"} {
				x, _ := a[f].(string)
				y, _ := b[f].(string)
				if x < y {
					return -1
				} else if x > y {
					return 1
				}
			}
			return 0
		}), name)
	}
}

func TestEnvelopeOfAWalk(t *testing.T) {
	c := newClock()
	s := start(t, func(cfg *rezoratest.Config) { cfg.Now = c.Now })
	var asOf []string
	n := 0
	rows := walk(t, s, "contacts", "limit=20&include_total=true", func(p page) {
		asOf = append(asOf, p.Meta.AsOf)
		if n++; n == 1 {
			require.NotNil(t, p.Meta.Total)
			assert.Equal(t, 60, *p.Meta.Total)
		} else {
			assert.Nil(t, p.Meta.Total, "total on the first page only")
		}
		c.Add(time.Minute)
	})
	assert.Len(t, rows, 60)
	assert.Equal(t, 3, n, "the last full page has no cursor")
	assert.Equal(t, []string{"2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z"}, asOf)
}

func TestCursorKeepsItsParameters(t *testing.T) {
	s := start(t)
	next := url.QueryEscape(readPage(t, s, "/api/v1/contacts?limit=5&fields=id&include_total=true").Meta.NextCursor)
	for _, tc := range []struct {
		query  string
		status int
	}{
		{"contacts?limit=9&fields=id", 200},
		{"contacts?fields=id&whatever=1", 200},
		{"contacts?fields=id,name", 400},
		{"contacts", 400},
		{"contacts?fields=id&include_deleted=true", 400},
		{"contacts?fields=id&owner_agent_id=3101", 400},
		{"notes?fields=id", 400},
	} {
		join := "&"
		if tc.query == "contacts" {
			join = "?"
		}
		a := get(t, s, "/api/v1/"+tc.query+join+"cursor="+next)
		assert.Equal(t, tc.status, a.Status, tc.query)
		if tc.status == 400 {
			assert.Equal(t, "cursor_mismatch", a.code(t), tc.query)
		}
	}
}

func TestCursorsExpire(t *testing.T) {
	c := newClock()
	s := start(t, func(cfg *rezoratest.Config) { cfg.Now = c.Now })
	path := "/api/v1/contacts?limit=5&cursor=" + readPage(t, s, "/api/v1/contacts?limit=5").Meta.NextCursor
	c.Add(24*time.Hour - time.Second)
	assert.Equal(t, 200, get(t, s, path).Status)
	c.Add(time.Second)
	a := get(t, s, path)
	assert.Equal(t, 410, a.Status)
	assert.Equal(t, "cursor_expired", a.code(t))
}

func TestTimeWindow(t *testing.T) {
	s := start(t)
	all := walk(t, s, "contacts", "limit=500", nil)
	mid := all[30]["updated_at"].(string)
	since := walk(t, s, "contacts", "limit=500&updated_since="+mid, nil)
	before := walk(t, s, "contacts", "limit=500&updated_before="+mid, nil)
	assert.Equal(t, mid, since[0]["updated_at"], "since is inclusive")
	assert.NotEqual(t, mid, before[len(before)-1]["updated_at"], "before is exclusive")
	assert.Len(t, all, len(since)+len(before))
	assert.Empty(t, walk(t, s, "contacts", "updated_since="+mid+"&updated_before="+mid, nil))
	shifted, err := time.Parse(time.RFC3339, mid)
	require.NoError(t, err)
	east := url.QueryEscape(shifted.In(time.FixedZone("", 7200)).Format(time.RFC3339))
	assert.Equal(t, since, walk(t, s, "contacts", "limit=500&updated_since="+east, nil))
}

func TestFiltersMatchExactly(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.Size = "T" })
	for resource, filters := range map[string][]string{
		"companies": {"kind", "parent_id"}, "agents": {"email", "company_id", "status"}, "teams": {"company_id"},
		"team_memberships": {"team_id", "agent_id"}, "custom_properties": {"object"}, "contacts": {"owner_agent_id", "email"},
		"distribution_groups": {"owner_agent_id", "scope", "kind"}, "group_memberships": {"group_id", "contact_id"}, "templates": {"company_id"},
		"listings": {"mls_org_id", "status"}, "campaigns": {"owner_agent_id", "status"}, "campaign_recipients": {"campaign_id", "contact_id"},
		"sequences": {"owner_agent_id", "status"}, "sequence_enrollments": {"sequence_id", "contact_id"}, "leads": {"agent_id", "contact_id", "status"},
		"notes": {"parent_type", "parent_id"}, "tasks": {"contact_id", "assignee_agent_id", "status"}, "interactions": {"contact_id", "agent_id", "type"},
		"social_posts": {"network", "agent_id"}, "activities": {"contact_id", "campaign_id", "type"}, "attachments": {"parent_type", "parent_id"},
	} {
		rows := s.Rows(resource, false)
		for _, f := range filters {
			var value string
			for _, r := range rows {
				if value, _ = r[f].(string); value != "" {
					break
				}
			}
			require.NotEmpty(t, value, "%s %s", resource, f)
			want := 0
			for _, r := range rows {
				if r[f] == value {
					want++
				}
			}
			got := walk(t, s, resource, "limit=500&"+f+"="+url.QueryEscape(value), nil)
			assert.Len(t, got, want, "%s %s", resource, f)
			for _, r := range got {
				assert.Equal(t, value, r[f], "%s %s", resource, f)
			}
		}
	}
}

func TestFiltersThatAreNotFields(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.Size = "T" })
	members := walk(t, s, "group_memberships", "limit=500", nil)
	group := members[0]["group_id"].(string)
	var want []any
	for _, m := range members {
		if m["group_id"] == group {
			want = append(want, m["contact_id"])
		}
	}
	var got []any
	for _, c := range walk(t, s, "contacts", "limit=500&distribution_group_id="+group, nil) {
		got = append(got, c["id"])
	}
	assert.ElementsMatch(t, want, got)

	agent := s.Agents()[1]
	hits := walk(t, s, "agents", "email="+url.QueryEscape("  "+agentUpper(agent.Email)+" "), nil)
	require.Len(t, hits, 1, "e-mail is trimmed and folded")
	assert.Equal(t, agent.ID, hits[0]["id"])

	for _, c := range s.Rows("campaigns", false) {
		if list := c["listings"].([]any); len(list) > 0 {
			ref := list[0].(map[string]any)["listing_id"].(string)
			for _, hit := range walk(t, s, "campaigns", "limit=500&listing_id="+url.QueryEscape(ref), nil) {
				raw, err := json.Marshal(hit["listings"])
				require.NoError(t, err)
				assert.Contains(t, string(raw), ref)
			}
			return
		}
	}
	t.Fatal("no campaign with a listing")
}

func agentUpper(email string) string { return string([]rune(email)[0]-32) + email[1:] }

func TestFields(t *testing.T) {
	s := start(t)
	for _, tc := range []struct {
		query string
		want  []string
	}{
		{"contacts?fields=id", []string{"id", "updated_at", "deleted"}},
		{"contacts?fields=name,nonsense", []string{"id", "updated_at", "deleted", "name"}},
		{"activities?fields=id", []string{"id", "updated_at", "deleted", "type"}},
		{"social_posts?fields=text", []string{"id", "updated_at", "deleted", "network", "text"}},
		{"templates?fields=html", []string{"id", "updated_at", "deleted"}},
		{"templates?fields=html&include=html", []string{"id", "updated_at", "deleted", "html"}},
	} {
		for _, r := range readPage(t, s, "/api/v1/"+tc.query).Data {
			var names []string
			for k := range r {
				names = append(names, k)
			}
			assert.ElementsMatch(t, tc.want, names, tc.query)
		}
	}
}

func TestRowsChangedDuringAWalk(t *testing.T) {
	c := newClock()
	s := start(t, func(cfg *rezoratest.Config) { cfg.Now = c.Now })
	var asOf string
	var touched []string
	rows := walk(t, s, "contacts", "limit=10", func(p page) {
		asOf = p.Meta.AsOf
		if len(touched) < 3 {
			id := p.Data[0]["id"].(string) // behind the cursor already
			require.NoError(t, s.Touch("contacts", id))
			touched = append(touched, id)
		}
	})
	seen := map[any]int{}
	for _, r := range rows {
		seen[r["id"]]++
	}
	assert.Len(t, seen, 60, "nothing is lost")
	assert.Equal(t, 2, seen[touched[0]], "a changed row shows again at the end")

	// A row changed in the very second of as_of is in the next delta.
	require.NoError(t, s.Touch("contacts", touched[0]))
	delta := walk(t, s, "contacts", "updated_since="+asOf, nil)
	ids := make([]any, 0, len(delta))
	for _, r := range delta {
		ids = append(ids, r["id"])
	}
	for _, id := range touched {
		assert.Contains(t, ids, id)
	}
}

func TestAnswerHeaders(t *testing.T) {
	s := start(t)
	a, err := call(t, http.MethodGet, s.URL+"/api/v1/agents", func(r *http.Request) { r.Header.Set("X-Request-Id", "mig-000017") })
	require.NoError(t, err)
	assert.Equal(t, "mig-000017", a.Header.Get("X-Request-Id"))
	assert.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	assert.NotEmpty(t, a.Header.Get("Date"))
	assert.NotEmpty(t, get(t, s, "/api/v1/agents").Header.Get("X-Request-Id"))

	z, err := call(t, http.MethodGet, s.URL+"/api/v1/agents", func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") })
	require.NoError(t, err)
	assert.Equal(t, "gzip", z.Header.Get("Content-Encoding"))
	assert.Less(t, len(z.Body), len(a.Body))
}
