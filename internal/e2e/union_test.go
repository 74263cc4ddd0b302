package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

// olderFiles writes what an older interface exported: rows by resource, and the agents whose data it holds.
func olderFiles(t *testing.T, dir string, agents []string, rows map[record.Kind][]map[string]any) {
	t.Helper()
	counts := map[record.Kind]int{}
	for _, kind := range union.Order {
		list := rows[kind]
		if list == nil {
			list = []map[string]any{}
		}
		counts[kind] = len(list)
		b, err := json.Marshal(list)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, string(kind)+".json"), b, 0o600))
	}
	b, err := json.Marshal(map[string]any{"format": "rezora-export", "version": 1, "as_of": "2026-01-01T00:00:00Z", "counts": counts, "agents": agents})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o600))
}

// TestTheUnionByEveryRule has two differences of each rule of the union. Each one is in the report by its id and rule; where the record
// came from is kept; an agent that was not read stops the run before anything is written.
func TestTheUnionByEveryRule(t *testing.T) {
	t.Parallel()
	config := small()
	config.NoTombstonesFor = []string{"distribution_groups"}
	s := newStack(t, config, unlimited())
	var agents []string
	for _, a := range s.source.Agents() {
		agents = append(agents, a.ID)
	}
	owner := agents[0]
	contact := func(email string, more map[string]any) string {
		item := map[string]any{"owner_agent_id": owner, "name": "Current " + email, "email": email, "kind": "normal"}
		for k, v := range more {
			item[k] = v
		}
		return s.put("contacts", item)
	}
	old := func(id, email string) map[string]any {
		return map[string]any{"id": id, "owner_agent_id": owner, "name": "Older " + email, "email": email, "contact_type": "Hot", "phones": map[string]any{"home": "303-555-0100"}}
	}
	rows := map[record.Kind][]map[string]any{}
	want := map[string]union.Rule{}
	add := func(kind record.Kind, rule union.Rule, row map[string]any) {
		rows[kind] = append(rows[kind], row)
		want[fmt.Sprintf("%s %s", kind, row["id"])] = rule
	}
	var both, aliased, added, skipped []string
	for i := range 2 {
		mail := func(what string) string { return fmt.Sprintf("%s%d@union.example.com", what, i) }
		id := contact(mail("same"), nil)
		both = append(both, id)
		add(record.Contacts, union.SameID, old(id, mail("same")))

		aliased = append(aliased, contact(mail("key"), nil))
		add(record.Contacts, union.SameKey, old(fmt.Sprintf("77000%d", i), strings.ToUpper(mail("key"))+" "))

		contact(mail("several"), nil)
		contact(mail("several"), nil)
		add(record.Contacts, union.SeveralKeys, old(fmt.Sprintf("77001%d", i), mail("several")))
		added = append(added, fmt.Sprintf("77001%d", i))

		gone := contact(mail("gone"), nil)
		require.NoError(t, s.source.Delete("contacts", gone))
		add(record.Contacts, union.TombstoneID, old(gone, mail("elsewhere")))
		require.NoError(t, s.source.Delete("contacts", contact(mail("gonekey"), nil)))
		add(record.Contacts, union.TombstoneKey, old(fmt.Sprintf("77002%d", i), mail("gonekey")))
		skipped = append(skipped, gone, fmt.Sprintf("77002%d", i))

		add(record.Contacts, union.ProbeAbsent, old(fmt.Sprintf("77003%d", i), mail("never")))
		added = append(added, fmt.Sprintf("77003%d", i))
		group := map[string]any{"name": fmt.Sprintf("Older Farm %d", i), "scope": "agent", "owner_agent_id": owner, "kind": "standard"}
		group["id"] = s.put("distribution_groups", group)
		require.NoError(t, s.source.Delete("distribution_groups", group["id"].(string)))
		add(record.DistributionGroups, union.ProbeGone, group) // no tombstone is left of it
		add(record.GroupMemberships, union.EndMissing, map[string]any{"id": fmt.Sprintf("77004%d", i), "group_id": s.firstID("distribution_groups"), "contact_id": fmt.Sprintf("77009%d", i)})
	}
	rows[record.Contacts][0]["unsubscribed"] = true

	dir := t.TempDir()
	s.env["REZORA_SETTINGS_FILE"] = s.file("union.yaml", rezoraSettings+"legacy: {kind: export, dir: "+dir+"}\n")
	olderFiles(t, dir, agents[1:], rows)
	s.work()
	s.start(`{"migration":"by-rule","sample_size":20,"delta_window":"0s",` + fallback + `}`)
	s.untilPark("by-rule", owner)
	assert.Zero(t, s.written(), "an incomplete union stops before the load")
	olderFiles(t, dir, agents, rows)
	s.resume("by-rule")
	s.finish("by-rule")
	s.clean("by-rule")

	var pre struct {
		Coverage      []union.Coverage
		Rules         map[union.Rule]int64 `json:"discrepancy_rules"`
		Discrepancies []union.Discrepancy
	}
	require.NoError(t, json.Unmarshal(s.archived("by-rule", "pre-migration.json"), &pre))
	got := map[string]union.Rule{}
	byRule := map[union.Rule]int64{}
	for _, d := range pre.Discrepancies {
		got[fmt.Sprintf("%s %s", d.Resource, d.LegacyID)] = d.Rule
		byRule[d.Rule]++
	}
	assert.Equal(t, want, got, "every difference by id and rule")
	assert.Equal(t, byRule, pre.Rules)
	for _, rule := range []union.Rule{union.SameID, union.SameKey, union.SeveralKeys, union.TombstoneID, union.TombstoneKey, union.ProbeAbsent, union.EndMissing, union.ProbeGone} {
		assert.EqualValues(t, 2, byRule[rule], rule)
	}
	sum := union.Coverage{}
	for _, c := range pre.Coverage {
		assert.Equal(t, union.Complete, c.Coverage, "%s of %s", c.Resource, c.AgentID)
		assert.Equal(t, c.Legacy, c.Both+c.LegacyOnly+c.Resurrected+c.ResurrectSkipped+c.Unresolved, "each distinct older record is in one class")
		sum.Legacy, sum.LegacyOnly, sum.ResurrectSkipped, sum.UnsubscribedFromLegacy = sum.Legacy+c.Legacy, sum.LegacyOnly+c.LegacyOnly, sum.ResurrectSkipped+c.ResurrectSkipped, sum.UnsubscribedFromLegacy+c.UnsubscribedFromLegacy
	}
	assert.Equal(t, len(want), sum.Legacy)
	assert.Equal(t, len(added), sum.LegacyOnly)
	assert.Equal(t, len(skipped)+2, sum.ResurrectSkipped, "two groups, too")
	assert.Equal(t, 1, sum.UnsubscribedFromLegacy)

	staged, shown := s.canonical("by-rule")[record.Contacts], liveKeys(s.dest.Snapshot().Contacts)
	for _, id := range slices.Concat(both, aliased) {
		assert.Equal(t, record.FromBoth, staged[id].Provenance, id)
		assert.NotNil(t, staged[id].Legacy, "the older record is kept beside")
		assert.Contains(t, string(staged[id].Canon), "Current ", "the current record stands")
	}
	for _, id := range added {
		assert.Equal(t, record.FromLegacyOnly, staged[id].Provenance, id)
		assert.Equal(t, 1, shown[id], id)
	}
	for _, id := range skipped {
		assert.NotContains(t, staged, id)
		assert.Zero(t, shown[id], id)
	}
	assert.Equal(t, "true", s.customField(both[0], "Unsubscribed__c"), "an opt-out of either counts")
	assert.Empty(t, s.source.Stats().Violations)
}

// TestLegacyIsReadAgainInTheLastRoundOnly opens a window of several rounds: the old interface is read whole at the start and at the end.
func TestLegacyIsReadAgainInTheLastRoundOnly(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	path := filepath.Join(s.dir, "legacy.csv")
	require.NoError(t, s.source.WriteCredentials(path))
	s.env["REZORA_LEGACY_BASE_URL"], s.env["REZORA_LEGACY_CREDENTIALS_FILE"] = s.source.URL+"/v1", path
	s.work()
	s.start(`{"migration":"last-round","sample_size":20,"delta_window":"6s","delta_interval":"1s",` + fallback + `}`)
	gate := s.untilGate("last-round")
	once := s.source.Stats().Requests["legacy /lists"]
	require.Positive(t, once)
	s.confirm("last-round", gate)
	p := s.result("last-round", 2*time.Minute)
	require.Equal(t, "completed", p.Status, p.Reason)
	t.Logf("%v", s.source.Stats().Requests)
	assert.LessOrEqual(t, s.source.Stats().Requests["legacy /lists"], 2*once, "read whole once more")
	assert.Greater(t, s.source.Stats().Requests["legacy /lists"], once)
	assert.Greater(t, s.source.Stats().Requests["dv1 /contacts"], 4, "of several rounds")
	s.clean("last-round")
}
