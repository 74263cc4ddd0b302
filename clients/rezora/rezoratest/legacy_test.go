package rezoratest_test

import (
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora/rezoratest"
)

// credentials returns the company's credential and those of the agents.
func credentials(s *rezoratest.Server) (company rezoratest.Credential, byAgent map[string]rezoratest.Credential) {
	byAgent = map[string]rezoratest.Credential{}
	for _, c := range s.Credentials() {
		if c.Level == "company" {
			company = c.Credential
		} else {
			byAgent[c.AgentID] = c.Credential
		}
	}
	return company, byAgent
}

func as(c rezoratest.Credential) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(c.User, c.Password) }
}

func list(t *testing.T, s *rezoratest.Server, c rezoratest.Credential, path string) []map[string]string {
	t.Helper()
	a := ask(t, s, "/v1"+path+".json", as(c))
	require.Equal(t, 200, a.Status, "%s: %s", path, a.Body)
	assert.Equal(t, "application/json; charset=utf-8", a.Header.Get("Content-Type"))
	var rows []map[string]string
	require.NoError(t, json.Unmarshal(a.Body, &rows), "every value is a string")
	return rows
}

func TestLegacyCheckOrder(t *testing.T) {
	s := start(t)
	company, byAgent := credentials(s)
	agent := byAgent["3101"]
	mine := list(t, s, agent, "/contacts")[0]["contact_id"]
	other := list(t, s, byAgent["3102"], "/contacts")[0]["contact_id"]
	lists := list(t, s, agent, "/lists")
	for _, tc := range []struct {
		path   string
		set    func(*http.Request)
		status int
	}{
		{"/v1/nosuch.json", nil, 401},
		{"/v1/contacts.json", as(rezoratest.Credential{User: agent.User, Password: "no"}), 401},
		{"/v1/nosuch.json", as(agent), 404},
		{"/v1/agents.xml", as(agent), 403},
		{"/v1/contacts.json", as(company), 403},
		{"/v1/contacts.xml", as(agent), 406},
		{"/v1/contacts", func(r *http.Request) { as(agent)(r); r.Header.Del("Accept") }, 406},
		{"/v1/contacts", as(agent), 200},
		{"/v1/contacts.json", func(r *http.Request) { as(agent)(r); r.Header.Set("Accept", "text/xml") }, 200},
		{"/v1/contacts/1.xml", as(agent), 406},
		{"/v1/contacts/1.json", as(agent), 404},
		{"/v1/contacts/" + mine + ".json", as(agent), 200},
		{"/v1/contacts/" + other + ".json", as(agent), 404},
		{"/v1/lists/" + lists[0]["list_id"] + "/contacts.json", as(agent), 200},
		{"/v1/lists/1/contacts.json", as(agent), 404},
		{"/v1/lists/" + lists[0]["list_id"] + "/agents.json", as(agent), 404},
		{"/v1/agents/3101.json", as(company), 200},
		{"/v1/groups/71/agents/3101.json", as(company), 200},
		{"/v1/groups/71/agents/1.json", as(company), 404},
	} {
		a := ask(t, s, tc.path, tc.set)
		assert.Equal(t, tc.status, a.Status, tc.path)
		if tc.status != 200 {
			assert.Equal(t, fmt.Sprintf(`[{"status":"%d"}]`, tc.status), string(a.Body), tc.path)
		}
		if tc.status == 401 {
			assert.Equal(t, `Basic realm="rezora"`, a.Header.Get("WWW-Authenticate"))
		}
	}
}

func TestLegacyView(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.Size = "T" })
	company, byAgent := credentials(s)
	live := map[string]map[string]any{}
	for _, r := range s.Rows("contacts", true) {
		live[r["id"].(string)] = r
	}
	var legacyOnly, deletedHere, total int
	ids := map[string]bool{}
	for agentID, cred := range byAgent {
		rows := list(t, s, cred, "/contacts")
		self, last := 0, 0
		for _, r := range rows {
			total++
			ids[r["contact_id"]] = true
			n, err := strconv.Atoi(r["contact_id"])
			require.NoError(t, err)
			assert.Greater(t, n, last, "ascending numeric id")
			last = n
			if r["contact_self"] == "1" {
				self++
			}
			cur, ok := live[r["contact_id"]]
			switch {
			case !ok:
				legacyOnly++
			case cur["deleted"] == true:
				deletedHere++
			default:
				assert.Equal(t, agentID, cur["owner_agent_id"], "under the owner only")
				assert.Equal(t, cur["name"], r["contact_name"])
				assert.Equal(t, cur["email"], r["contact_email"])
				assert.Equal(t, cur["addresses"].(map[string]any)["home"].(map[string]any)["zip"], r["contact_home_zip"])
				assert.Equal(t, cur["unsubscribed"] == true, r["contact_unsubscribe"] == "1")
			}
			assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`, r["contact_date"])
		}
		assert.Equal(t, 1, self, "one self contact per agent")
		spheres := 0
		for _, l := range list(t, s, cred, "/lists") {
			if l["list_type"] == "1" {
				spheres++
			}
			for _, m := range list(t, s, cred, "/lists/"+l["list_id"]+"/contacts") {
				assert.Equal(t, l["list_id"], m["list_id"])
				assert.True(t, ids[m["contact_id"]], "members are contacts of the agent")
			}
		}
		assert.Equal(t, 1, spheres)
	}
	assert.Equal(t, 8, legacyOnly, "two percent")
	assert.Equal(t, 4, deletedHere, "one percent")
	assert.Len(t, s.LegacyRows("contacts"), total)
	currentOnly := 0
	for id, r := range live {
		if r["deleted"] == false && !ids[id] {
			currentOnly++
		}
	}
	assert.InDelta(t, 8, currentOnly, 2)

	agents := list(t, s, company, "/agents")
	assert.Len(t, agents, 6)
	assert.Len(t, agents[0], 5, "short rows")
	full := list(t, s, company, "/agents/"+agents[0]["user_id"])[0]
	assert.Equal(t, "1", full["user_status_id"])
	assert.Contains(t, full, "user_company_name")
	groups := list(t, s, company, "/groups")
	assert.Len(t, groups, 6, "five teams and one that only legacy knows")
	assert.NotEmpty(t, list(t, s, company, "/groups/"+groups[0]["group_id"]+"/agents"))
}

func TestLegacySwitches(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) {
		c.LegacyFail = map[string]int{"/groups": 503, "3102 /lists": 500}
		c.LegacyNoCredential, c.LegacyNoUnsubscribe, c.LegacyZone, c.LegacyIDShift = []string{"3103"}, true, "America/Denver", 1000
	})
	company, byAgent := credentials(s)
	assert.NotContains(t, byAgent, "3103")
	assert.Equal(t, 503, ask(t, s, "/v1/groups.json", as(company)).Status)
	assert.Equal(t, 500, ask(t, s, "/v1/lists.json", as(byAgent["3102"])).Status)
	assert.Equal(t, 200, ask(t, s, "/v1/lists.json", as(byAgent["3101"])).Status)
	c := list(t, s, byAgent["3101"], "/contacts")[0]
	assert.NotContains(t, c, "contact_unsubscribe")
	id, err := strconv.Atoi(c["contact_id"])
	require.NoError(t, err)
	item := get(t, s, "/api/v1/contacts/"+strconv.Itoa(id-1000)).json(t)["data"].(map[string]any)
	assert.Equal(t, item["email"], c["contact_email"])
	assert.NotEqual(t, item["created_at"].(string)[11:13], c["contact_date"][11:13], "the zone is another")
	assert.Equal(t, "4101", list(t, s, company, "/agents")[0]["user_id"])
	assert.Len(t, list(t, s, byAgent["3101"], "/contacts/"+c["contact_id"]), 1)
}

func TestUnsubscribedDiffers(t *testing.T) {
	for _, where := range []string{"current", "legacy"} {
		s := start(t, func(c *rezoratest.Config) { c.UnsubscribedOnlyIn, c.Size = where, "T" })
		current := map[any]bool{}
		for _, r := range s.Rows("contacts", false) {
			current[r["id"]] = r["unsubscribed"] == true
		}
		n := 0
		for _, r := range s.LegacyRows("contacts") {
			if cur, ok := current[r["id"]]; ok && cur != r["unsubscribed"] {
				n++
				assert.Equal(t, where == "current", cur)
			}
		}
		assert.InDelta(t, 4, n, 2, "%s: one percent", where)
	}
}

func TestLegacyQuota(t *testing.T) {
	s := start(t, withClock(newClock()), func(c *rezoratest.Config) { c.LegacyQuotaPerSecond = 1 })
	company, byAgent := credentials(s)
	assert.Equal(t, 200, ask(t, s, "/v1/agents.json", as(company)).Status)
	a := ask(t, s, "/v1/agents.json", as(company))
	assert.Equal(t, 429, a.Status)
	assert.Equal(t, "1", a.Header.Get("Retry-After"))
	assert.Equal(t, 200, ask(t, s, "/v1/lists.json", as(byAgent["3101"])).Status)
}

func TestDigest(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) { c.LegacyAuth = "digest" })
	company, _ := credentials(s)
	a := ask(t, s, "/v1/agents.json", as(company))
	require.Equal(t, 401, a.Status, "basic is not taken")
	challenge := a.Header.Get("WWW-Authenticate")
	assert.Contains(t, challenge, `Digest realm="rezora", qop="auth"`)
	nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(challenge)[1]
	sum := func(s string) string {
		h := md5.Sum([]byte(s))
		return hex.EncodeToString(h[:])
	}
	login := func(password, nc string) int {
		ha1, ha2 := sum(company.User+":rezora:"+password), sum("GET:/v1/agents.json")
		response := sum(strings.Join([]string{ha1, nonce, nc, "c0", "auth", ha2}, ":"))
		return ask(t, s, "/v1/agents.json", func(r *http.Request) {
			r.Header.Set("Authorization", fmt.Sprintf(`Digest username="%s", realm="rezora", nonce="%s", uri="/v1/agents.json", qop=auth, nc=%s, cnonce="c0", response="%s", algorithm=MD5`,
				company.User, nonce, nc, response))
		}).Status
	}
	assert.Equal(t, 200, login(company.Password, "00000001"))
	assert.Equal(t, 401, login(company.Password, "00000001"), "a count is used once")
	assert.Equal(t, 200, login(company.Password, "00000002"))
	assert.Equal(t, 401, login("wrong", "00000003"))
}

func TestCredentialsFile(t *testing.T) {
	s := start(t, func(c *rezoratest.Config) {
		c.LegacyCompany = rezoratest.Credential{User: "boss", Password: `p"w,`}
		c.LegacyAgents = map[string]rezoratest.Credential{"3101": {User: "bo", Password: "pw"}}
	})
	path := filepath.Join(t.TempDir(), "legacy.csv")
	require.NoError(t, s.WriteCredentials(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5)
	assert.Equal(t, []string{"level", "agent_id", "username", "password"}, rows[0])
	assert.Equal(t, []string{"company", "", "boss", `p"w,`}, rows[1])
	assert.Equal(t, []string{"agent", "3101", "bo", "pw"}, rows[2])
	for _, r := range rows[1:] {
		path := "/v1/lists.json"
		if r[0] == "company" {
			path = "/v1/groups.json"
		}
		assert.Equal(t, 200, ask(t, s, path, as(rezoratest.Credential{User: r[2], Password: r[3]})).Status, r[1])
	}
}
