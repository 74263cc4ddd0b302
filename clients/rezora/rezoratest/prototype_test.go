package rezoratest_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func bare(t *testing.T, s *rezoratest.Server, name string) []map[string]any {
	t.Helper()
	a := get(t, s, "/api/"+name+"?limit=1&updated_since=2099-01-01T00:00:00Z")
	require.Equal(t, 200, a.Status, name)
	var rows []map[string]any
	dec := json.NewDecoder(bytes.NewReader(a.Body))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&rows), name)
	return rows
}

func TestPrototypeCollections(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.Size = "T" })
	agentScope := 0
	for _, g := range s.Rows("distribution_groups", true) {
		if g["deleted"] == true || g["scope"] == "agent" {
			agentScope++
		}
	}
	for name, want := range map[string]int{
		"brands": 1, "brokerages": 1, "brokerageslocations": 3, "users": 6, "groups": 5, "contactsmetatypes": 8,
		"contacts": len(s.Rows("contacts", true)), "contactslists": agentScope,
		"newsletterstemplates": s.Count("templates"), "newsletters": s.Count("campaigns"), "contactstonewsletters": s.Count("campaign_recipients"),
		"inforequests": s.Count("leads"), "userstogroups": s.Count("team_memberships"),
	} {
		assert.Len(t, bare(t, s, name), want, name)
	}
	assert.Equal(t, 404, get(t, s, "/api/campaigns").Status)
}

func TestPrototypeContacts(t *testing.T) {
	s := start(t)
	rows := bare(t, s, "contacts")
	canonical := map[string]map[string]any{}
	for _, r := range s.Rows("contacts", true) {
		canonical[r["id"].(string)] = r
	}
	var last json.Number
	for _, r := range rows {
		id := r["contactId"].(json.Number)
		if last != "" {
			a, _ := last.Int64()
			b, _ := id.Int64()
			assert.Less(t, a, b, "ascending id")
		}
		last = id
		c := canonical[id.String()]
		require.NotNil(t, c)
		if c["deleted"] == true {
			assert.Equal(t, json.Number("1"), r["contactDeleted"])
			continue
		}
		assert.Equal(t, json.Number("0"), r["contactDeleted"])
		assert.Equal(t, c["owner_agent_id"], r["userId"].(json.Number).String())
		assert.Equal(t, c["updated_at"], r["contactEditedDate"].(string)+"Z")
		if c["name"] == "" {
			assert.Nil(t, r["contactName"])
		} else {
			assert.Equal(t, c["name"], r["contactName"])
		}
		if c["opt_in"].(map[string]any)["first_at"] == nil {
			assert.Equal(t, "0001-01-01T00:00:00", r["optinFirst"])
		}
	}
	meta := bare(t, s, "contactsmeta")
	properties := 0
	for _, c := range s.Rows("contacts", false) {
		properties += len(c["custom_properties"].(map[string]any))
	}
	assert.Len(t, meta, properties)
}

func TestPrototypeEvents(t *testing.T) {
	s := start(t)
	total := len(bare(t, s, "contactsactivities"))
	for _, name := range []string{"emsopen", "emsclick", "emsprocessed", "emsdelivered", "emsdeferred", "emsdropped", "emsbouncefull", "emsspamreport", "emsunsubscribe"} {
		total += len(bare(t, s, name))
	}
	requests := 0
	for _, e := range s.Rows("activities", false) {
		if e["type"] == "info_request" {
			requests++
		}
	}
	assert.Equal(t, s.Count("activities"), total+requests)
	assert.Equal(t, bare(t, s, "emsprocessed")[0]["eventId"], bare(t, s, "emsdelivered")[0]["eventId"], "bare ids collide")
}

func TestPrototypeItemsAndErrors(t *testing.T) {
	s := start(t)
	one := get(t, s, "/api/users/3101").json(t)
	assert.Equal(t, "bo@example.com", one["userEmail"])
	missing := get(t, s, "/api/users/99")
	assert.Equal(t, 400, missing.Status)
	var text string
	require.NoError(t, json.Unmarshal(missing.Body, &text))
	other := get(t, s, "/api/contacts/99")
	assert.Equal(t, 404, other.Status)
	assert.Empty(t, other.Body)
	anonymous := ask(t, s, "/api/users", nil)
	assert.Equal(t, 401, anonymous.Status)
	assert.Empty(t, anonymous.Body)
}
