package rezoratest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func withClock(c *clock) func(*rezoratest.Config) {
	return func(cfg *rezoratest.Config) { cfg.Now = c.Now }
}

func TestSingleItems(t *testing.T) {
	s := start(t)
	for _, name := range rezoratest.Resources {
		row := s.Rows(name, false)[0]
		a := get(t, s, "/api/v1/"+name+"/"+row["id"].(string))
		require.Equal(t, 200, a.Status, name)
		delete(row, "html")
		assert.Equal(t, row, a.json(t)["data"], name)
		tag := a.Header.Get("ETag")
		require.NotEmpty(t, tag)
		assert.NotEmpty(t, a.Header.Get("Last-Modified"))
		b, err := call(t, http.MethodGet, s.URL+"/api/v1/"+name+"/"+row["id"].(string), func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
		require.NoError(t, err)
		assert.Equal(t, 304, b.Status, name)
		assert.Empty(t, b.Body)
		assert.Equal(t, 404, get(t, s, "/api/v1/"+name+"/nosuch").Status, name)
	}
	listing := s.Rows("listings", false)[0]["id"].(string)
	assert.Equal(t, 200, get(t, s, "/api/v1/listings/"+"%65"+listing[1:]).Status, "an id segment is percent-decoded")
}

func TestDeleteLeavesATombstoneAndTakesMemberships(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c))
	member := s.Rows("group_memberships", false)[0]
	id := member["contact_id"].(string)
	before := get(t, s, "/api/v1/contacts/"+id).json(t)["data"].(map[string]any)
	c.Add(time.Hour)
	since := c.Now().UTC().Format(time.RFC3339)
	require.NoError(t, s.Delete("contacts", id))

	assert.Empty(t, walk(t, s, "contacts", "updated_since="+since, nil), "deleted rows are omitted by default")
	rows := walk(t, s, "contacts", "include_deleted=true&updated_since="+since, nil)
	require.Len(t, rows, 1)
	assert.Equal(t, map[string]any{
		"id": id, "deleted": true, "deleted_at": since, "updated_at": since, "owner_agent_id": before["owner_agent_id"], "email": before["email"],
	}, rows[0])
	assert.Len(t, walk(t, s, "contacts", "include_deleted=true&updated_since="+since+"&distribution_group_id="+member["group_id"].(string), nil), 1,
		"filters match tombstones by their last live values")
	assert.Len(t, walk(t, s, "contacts", "include_deleted=true&updated_since="+since+"&owner_agent_id="+before["owner_agent_id"].(string), nil), 1)
	gone := walk(t, s, "group_memberships", "include_deleted=true&updated_since="+since, nil)
	require.NotEmpty(t, gone)
	for _, m := range gone {
		assert.Equal(t, id, m["contact_id"])
		assert.NotEmpty(t, m["group_id"])
		assert.Equal(t, true, m["deleted"])
	}
	a := get(t, s, "/api/v1/contacts/"+id)
	assert.Equal(t, 410, a.Status)
	assert.Equal(t, "gone", a.code(t))
	assert.Equal(t, 200, get(t, s, "/api/v1/contacts/"+id+"?include_deleted=true").Status)

	c.Add(30 * 24 * time.Hour)
	assert.Empty(t, walk(t, s, "contacts", "include_deleted=true&updated_since="+since, nil), "tombstones live 30 days")
	assert.Equal(t, 410, get(t, s, "/api/v1/contacts/"+id+"?include_deleted=true").Status, "single reads stay 410")
	require.NoError(t, s.Configure(func(c *rezoratest.Config) { c.ForgetDeleted = true }))
	assert.Equal(t, 404, get(t, s, "/api/v1/contacts/"+id).Status)
}

func TestForgetDeletedKeepsLivingTombstones(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.ForgetDeleted = true })
	id := s.Rows("notes", false)[0]["id"].(string)
	require.NoError(t, s.Delete("notes", id))
	assert.Equal(t, 410, get(t, s, "/api/v1/notes/"+id).Status)
}

func TestRestore(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c))
	row := s.Rows("contacts", false)[5]
	id := row["id"].(string)
	c.Add(time.Hour)
	require.NoError(t, s.Delete("contacts", id))
	c.Add(time.Hour)
	require.NoError(t, s.Restore("contacts", id))
	back := get(t, s, "/api/v1/contacts/"+id).json(t)["data"].(map[string]any)
	assert.Equal(t, c.Now().UTC().Format(time.RFC3339), back["updated_at"])
	back["updated_at"] = row["updated_at"]
	assert.Equal(t, row, back)
	for _, r := range walk(t, s, "contacts", "limit=500&include_deleted=true", nil) {
		if r["id"] == id {
			assert.Equal(t, false, r["deleted"], "no tombstone is left")
		}
	}
	assert.ErrorIs(t, s.Restore("contacts", id), rezoratest.ErrNotFound)
}

func TestTombstoneSwitches(t *testing.T) {
	newest := "include_deleted=true&updated_since=2026-03-01T23:00:00Z"
	for name, tc := range map[string]struct {
		change func(*rezoratest.Config)
		check  func(*testing.T, []map[string]any)
	}{
		"bare": {func(c *rezoratest.Config) { c.TombstoneBare = true }, func(t *testing.T, rows []map[string]any) {
			require.Len(t, rows, 1)
			assert.Len(t, rows[0], 4, "id, deleted and times only")
		}},
		"none for": {func(c *rezoratest.Config) { c.NoTombstonesFor = []string{"contacts"} }, func(t *testing.T, rows []map[string]any) {
			assert.Empty(t, rows)
		}},
		"days": {func(c *rezoratest.Config) { c.TombstoneDays = 0 }, func(t *testing.T, rows []map[string]any) { assert.Empty(t, rows) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, withClock(newClock()), tc.change)
			require.NoError(t, s.Delete("contacts", s.Rows("contacts", false)[3]["id"].(string)))
			tc.check(t, walk(t, s, "contacts", newest, nil))
		})
	}
}

func TestActivitiesAreAppendOnly(t *testing.T) {
	s := start(t)
	id := s.Rows("activities", false)[0]["id"].(string)
	require.Error(t, s.Delete("activities", id))
	_, err := s.Put("activities", map[string]any{"id": id, "url": "https://x.example.com"})
	require.Error(t, err)
	_, err = s.Put("activities", map[string]any{"type": "open", "occurred_at": "2024-01-01T00:00:00Z"})
	require.NoError(t, err)
}

func TestPut(t *testing.T) {
	c := newClock()
	s := start(t, withClock(c))
	id, err := s.Put("contacts", map[string]any{"owner_agent_id": "3101", "name": "New One", "phones": map[string]any{"home": "303-555-0100"}})
	require.NoError(t, err)
	c.Add(time.Minute)
	_, err = s.Put("contacts", map[string]any{"id": id, "phones": map[string]any{"mobile": "720-555-0101"}})
	require.NoError(t, err)
	got := get(t, s, "/api/v1/contacts/"+id).json(t)["data"].(map[string]any)
	assert.Equal(t, map[string]any{"home": "303-555-0100", "work": "", "mobile": "720-555-0101", "fax": ""}, got["phones"])
	assert.Equal(t, "2026-03-02T08:00:00Z", got["created_at"])
	assert.Equal(t, "2026-03-02T08:01:00Z", got["updated_at"])
	assert.Contains(t, got, "scores", "every field is sent, null when unset")
	assert.Equal(t, []any{}, got["shared_agent_ids"])
	assert.ErrorIs(t, s.Delete("contacts", "nosuch"), rezoratest.ErrNotFound)
}

func TestGivenData(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) {
		c.Data = map[string][]map[string]any{
			"agents":   {{"id": 3107, "email": "priya@example.com"}},
			"contacts": {{"id": "1", "owner_agent_id": "3107", "name": "A", "updated_at": "2024-05-01T10:12:00Z"}, {"id": "2", "deleted": true, "deleted_at": "2024-05-01T09:00:00Z"}},
		}
		c.LegacyData = map[string][]map[string]any{"contacts": {{"id": "9", "owner_agent_id": "3107", "name": "Old"}}}
	})
	rows := walk(t, s, "contacts", "", nil)
	require.Len(t, rows, 1)
	assert.Equal(t, "2024-05-01T10:12:00Z", rows[0]["updated_at"])
	assert.Equal(t, 410, get(t, s, "/api/v1/contacts/2").Status)
	assert.Len(t, s.LegacyRows("contacts"), 2)
	assert.Equal(t, []string{"9"}, s.LegacyOnly("contacts"))
	assert.Equal(t, "3107", s.Agents()[0].ID)
	assert.Empty(t, walk(t, s, "leads", "", nil))
}
