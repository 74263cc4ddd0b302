package rezoratest_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func TestNumericIDs(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.NumericIDs = true })
	c := readPage(t, s, "/api/v1/contacts?limit=1").Data[0]
	assert.IsType(t, json.Number(""), c["id"])
	assert.IsType(t, json.Number(""), c["owner_agent_id"])
	assert.IsType(t, "", readPage(t, s, "/api/v1/companies?limit=1").Data[0]["id"])
	l := readPage(t, s, "/api/v1/listings?limit=1").Data[0]
	assert.IsType(t, "", l["mls_number"])
	gone := walk(t, s, "contacts", "limit=500&include_deleted=true", nil)
	for _, r := range gone {
		assert.IsType(t, json.Number(""), r["id"])
	}
}

func TestOddTimesKeepTheMoment(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.OddTimes = true })
	want := map[any]string{}
	for _, r := range s.Rows("contacts", false) {
		want[r["id"]] = r["created_at"].(string)
	}
	forms := map[int]int{}
	zeros := map[any]int{}
	for _, r := range walk(t, s, "contacts", "limit=500", nil) {
		raw := r["created_at"].(string)
		forms[len(raw)]++
		zeros[r["deleted_at"]]++
		var got time.Time
		var err error
		if strings.Contains(raw, "T") {
			got, err = time.Parse(time.RFC3339Nano, raw)
		} else {
			got, err = time.Parse(time.DateTime, raw)
		}
		require.NoError(t, err)
		assert.Equal(t, want[r["id"]], got.UTC().Format(time.RFC3339))
	}
	assert.GreaterOrEqual(t, len(forms), 4, "offsets, fractions, no zone")
	assert.Contains(t, zeros, "0000-00-00 00:00:00")
}

func TestUnknownFields(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.UnknownFields = true })
	assert.Contains(t, readPage(t, s, "/api/v1/leads?limit=1").Data[0], "x_internal")
}

func TestCollidingEventIDs(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.CollidingEventIDs = true })
	kinds := map[any]int{}
	for _, r := range s.Rows("activities", false) {
		kinds[r["id"]]++
	}
	assert.Greater(t, kinds["1"], 1)
	assert.Equal(t, 400, get(t, s, "/api/v1/activities/1").Status)
	for _, kind := range []string{"processed", "delivered"} {
		got := get(t, s, "/api/v1/activities/1?type="+kind).json(t)["data"].(map[string]any)
		assert.Equal(t, kind, got["type"])
	}
	assert.Equal(t, 404, get(t, s, "/api/v1/activities/999999?type=open").Status)
}

// changed lists resources in which a switch made rows differ.
func changed(t *testing.T, set func(*rezoratest.Config)) map[string][]map[string]any {
	t.Helper()
	plain := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "T" }))
	odd := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "T" }, set))
	out := map[string][]map[string]any{}
	for _, name := range []string{"contacts", "notes", "leads", "activities"} {
		was := map[any]map[string]any{}
		for _, r := range plain.Rows(name, false) {
			was[r["id"]] = r
		}
		for _, r := range odd.Rows(name, false) {
			if !assert.ObjectsAreEqual(was[r["id"]], r) {
				out[name] = append(out[name], r)
			}
		}
	}
	return out
}

func TestDataOddities(t *testing.T) {
	raw := func(rows []map[string]any) string {
		b, err := json.Marshal(rows)
		require.NoError(t, err)
		return string(b)
	}
	t.Run("futureDates", func(t *testing.T) {
		got := changed(t, func(c *rezoratest.Config) { c.FutureDates = true })
		require.NotEmpty(t, got["notes"])
		for _, n := range got["notes"] {
			at, err := time.Parse(time.RFC3339, n["noted_at"].(string))
			require.NoError(t, err)
			assert.True(t, at.After(time.Now()))
		}
	})
	t.Run("unknownEnums", func(t *testing.T) {
		got := changed(t, func(c *rezoratest.Config) { c.UnknownEnums = true })
		assert.Contains(t, raw(got["contacts"]), "Lukewarm")
		assert.Contains(t, raw(got["leads"]), "parked")
	})
	t.Run("dirtyText", func(t *testing.T) {
		got := changed(t, func(c *rezoratest.Config) { c.DirtyText = 0.5 })
		all := ""
		for _, c := range got["contacts"] {
			name := c["name"].(string)
			assert.True(t, utf8.ValidString(name))
			assert.NotContains(t, name, "\x00")
			all += name
		}
		assert.Contains(t, all, "&#39;")
		assert.Contains(t, all, "Ã©")
		assert.Contains(t, all, "🏡")
		assert.True(t, strings.ContainsFunc(all, unicode.IsControl))
		assert.True(t, strings.ContainsFunc(all, func(r rune) bool { return unicode.In(r, unicode.Hebrew, unicode.Arabic) }))
	})
	t.Run("oddCustomProperties", func(t *testing.T) {
		got := changed(t, func(c *rezoratest.Config) { c.OddCustomProperties = 0.5 })
		all := raw(got["contacts"])
		for _, part := range []string{strings.Repeat("w", 300), "a.dotted.name", `["Boulder"`, `{"adults"`, "12345678901234567"} {
			assert.Contains(t, all, part)
		}
	})
	t.Run("danglingRefs", func(t *testing.T) {
		got := changed(t, func(c *rezoratest.Config) { c.DanglingRefs = 0.2 })
		assert.Contains(t, raw(got["notes"]), "999999999")
		assert.Contains(t, raw(got["activities"]), "999999999")
	})
	t.Run("duplicateInAgent", func(t *testing.T) {
		s := rezoratest.New(config(func(c *rezoratest.Config) { c.DuplicateInAgent = 0.1 }))
		seen := map[string]int{}
		twice := 0
		for _, c := range s.Rows("contacts", false) {
			if e := c["email"].(string); e != "" {
				k := c["owner_agent_id"].(string) + e
				if seen[k]++; seen[k] == 2 {
					twice++
				}
			}
		}
		assert.GreaterOrEqual(t, twice, 3)
	})
	t.Run("companyCycle", func(t *testing.T) {
		cycle := func(on bool) bool {
			s := rezoratest.New(config(func(c *rezoratest.Config) { c.CompanyCycle = on }))
			parent := map[string]string{}
			for _, c := range s.Rows("companies", false) {
				parent[c["id"].(string)], _ = c["parent_id"].(string)
			}
			for id := range parent {
				for up, n := parent[id], 0; up != ""; up, n = parent[up], n+1 {
					if n > 3 {
						return true
					}
				}
			}
			return false
		}
		assert.False(t, cycle(false))
		assert.True(t, cycle(true))
	})
	t.Run("lateEvents", func(t *testing.T) {
		late := func(share float64) int {
			s := rezoratest.New(config(func(c *rezoratest.Config) { c.LateEvents = share }))
			n := 0
			for _, e := range s.Rows("activities", false) {
				assert.Equal(t, e["created_at"], e["updated_at"])
				a, _ := time.Parse(time.RFC3339, e["occurred_at"].(string))
				b, _ := time.Parse(time.RFC3339, e["updated_at"].(string))
				if b.Sub(a) >= 24*time.Hour {
					n++
				}
			}
			return n
		}
		assert.Zero(t, late(0))
		assert.NotZero(t, late(0.2))
	})
	t.Run("metricsDrift", func(t *testing.T) {
		assert.Zero(t, drifting(t, 0))
		assert.NotZero(t, drifting(t, 0.5))
	})
}

// drifting counts campaigns whose unique opens differ from their events.
func drifting(t *testing.T, share float64) int {
	t.Helper()
	s := rezoratest.New(config(func(c *rezoratest.Config) { c.MetricsDrift = share }))
	opened := map[string]bool{}
	count := map[any]int{}
	for _, e := range s.Rows("activities", false) {
		if k, _ := e["campaign_id"].(string); e["type"] == "open" && !opened[k+e["contact_id"].(string)] {
			opened[k+e["contact_id"].(string)] = true
			count[k]++
		}
	}
	n := 0
	for _, c := range s.Rows("campaigns", false) {
		unique, err := c["metrics"].(map[string]any)["opens_unique"].(json.Number).Int64()
		require.NoError(t, err)
		if int(unique) != count[c["id"]] {
			n++
		}
	}
	return n
}

func TestGuideOfTheData(t *testing.T) {
	s := rezoratest.New(config(func(c *rezoratest.Config) { c.Size = "S" }))
	rows := s.Rows("contacts", false)
	share := func(of func(map[string]any) bool) float64 {
		n := 0
		for _, r := range rows {
			if of(r) {
				n++
			}
		}
		return 100 * float64(n) / float64(len(rows))
	}
	is := func(field string, value any) func(map[string]any) bool {
		return func(r map[string]any) bool { return r[field] == value }
	}
	for name, c := range map[string]struct{ want, got, delta float64 }{
		"unsubscribed": {5, share(is("unsubscribed", true)), 2}, "bounced": {3, share(is("email_status", "bounced")), 1.5},
		"no e-mail": {1, share(is("email", "")), 0.8}, "synced": {3, share(is("kind", "synced")), 1.5}, "master": {2, share(is("kind", "master")), 1.5},
		"hot": {5, share(is("contact_type", "Hot")), 2}, "active": {25, share(is("contact_type", "Active")), 4},
		"firm":   {30, share(func(r map[string]any) bool { return r["company_name"] != nil }), 4},
		"linked": {10, share(func(r map[string]any) bool { return r["company_id"] != nil }), 3},
		"couples": {2, share(func(r map[string]any) bool {
			return strings.Contains(r["name"].(string), " & ") && r["company_name"] != r["name"] && !strings.Contains(r["name"].(string), "Stone")
		}), 1.2},
	} {
		assert.InDelta(t, c.want, c.got, c.delta, name)
	}
	perAgent := map[any]int{}
	self := map[any]int{}
	owners := map[string]map[any]bool{}
	for _, r := range rows {
		perAgent[r["owner_agent_id"]]++
		if r["is_self"] == true {
			self[r["owner_agent_id"]]++
		}
		if e := strings.TrimSpace(strings.ToLower(r["email"].(string))); e != "" {
			if owners[e] == nil {
				owners[e] = map[any]bool{}
			}
			owners[e][r["owner_agent_id"]] = true
		}
	}
	several := 0
	for _, o := range owners {
		if len(o) > 1 {
			several++
		}
	}
	assert.InDelta(t, 8, 100*float64(several)/float64(len(owners)), 3, "known to several agents")
	assert.Len(t, self, 12)
	for _, n := range self {
		assert.Equal(t, 1, n)
	}
	agents := s.Agents()
	assert.Equal(t, []string{"bo@example.com", "ann@example.com", "cy@example.com"}, []string{agents[0].Email, agents[1].Email, agents[2].Email})
	hosts := func(text string) {
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '"' || r == ' ' }) {
			if u, err := url.Parse(part); err == nil && u.Host != "" {
				assert.True(t, u.Host == "example.com" || strings.HasSuffix(u.Host, ".example.com"), u.Host)
			}
			if i := strings.LastIndex(part, "@"); i > 0 && strings.Count(part, "@") == 1 {
				assert.True(t, slices.ContainsFunc([]string{"example.com", "EXAMPLE.COM"}, func(h string) bool { return strings.Contains(part, h) }), part)
			}
		}
	}
	small := rezoratest.New(config())
	for _, name := range rezoratest.Resources {
		for _, r := range small.Rows(name, false) {
			delete(r, "html")
			b, err := json.Marshal(r)
			require.NoError(t, err)
			hosts(string(b))
		}
	}
}
