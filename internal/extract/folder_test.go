package extract_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/union"
)

type row = map[string]any

// folder is a legacy export that a test changes between rounds.
type folder struct {
	t   *testing.T
	dir string
}

func (f *folder) write(asOf string, agents []string, rows map[record.Kind][]row) {
	f.t.Helper()
	counts := map[record.Kind]int{}
	for _, kind := range union.Order {
		list := rows[kind]
		if list == nil {
			list = []row{}
		}
		counts[kind] = len(list)
		f.put(string(kind)+".json", list)
	}
	f.put("manifest.json", row{"format": "rezora-export", "version": 1, "as_of": asOf, "counts": counts, "agents": agents})
}

func (f *folder) put(name string, v any) {
	f.t.Helper()
	b, err := json.Marshal(v)
	require.NoError(f.t, err)
	require.NoError(f.t, os.WriteFile(filepath.Join(f.dir, name), b, 0o600))
}

// small is an account of one agent with a few contacts, and a legacy export beside it.
func small(t *testing.T) (*world, *folder) {
	t.Helper()
	w := newWorld(t, false, func(c *rezoratest.Config) {
		c.Data = map[string][]map[string]any{
			"agents": {{"id": "7", "email": "bo@example.com"}},
			"contacts": {
				{"id": "1", "owner_agent_id": "7", "name": "Ann", "email": "ann@example.com"},
				{"id": "2", "owner_agent_id": "7", "name": "Cy", "email": "cy@example.com", "unsubscribed": true},
				{"id": "3", "owner_agent_id": "7", "name": "Di", "email": "di@example.com"},
			},
			"distribution_groups": {{"id": "g1", "name": "Past Clients", "scope": "agent", "owner_agent_id": "7", "kind": "standard"}},
			"group_memberships":   {{"id": "m1", "group_id": "g1", "contact_id": "1"}},
		}
	})
	f := &folder{t, t.TempDir()}
	return w, f
}

func (w *world) useFolder(f *folder) {
	w.t.Helper()
	files, err := rezora.NewExport(rezora.ExportOptions{Dir: f.dir, Legacy: true})
	require.NoError(w.t, err)
	w.reader.LegacyFiles = files
}

func legacyRows() map[record.Kind][]row {
	return map[record.Kind][]row{
		record.Agents: {{"id": "7", "email": "bo@example.com"}},
		record.Contacts: {
			{"id": "1", "owner_agent_id": "7", "name": "Ann", "email": "ann@example.com", "unsubscribed": true, "title": "Dr"},
			{"id": "2", "owner_agent_id": "7", "name": "Cy", "email": "cy@example.com"},
			{"id": "90", "owner_agent_id": "7", "name": "Old", "email": "old@example.com", "unsubscribed": true},
			{"id": "91", "owner_agent_id": "7", "name": "Di", "email": " DI@example.com"},
		},
		record.DistributionGroups: {{"id": "g1", "name": "Past Clients", "scope": "agent", "owner_agent_id": "7"}, {"id": "g9", "name": "Older", "scope": "agent", "owner_agent_id": "7"}},
		record.GroupMemberships: {
			{"id": "m1", "group_id": "g1", "contact_id": "1"}, {"id": "m8", "group_id": "g9", "contact_id": "91"},
			{"id": "m9", "group_id": "g9", "contact_id": "90"}, {"id": "m10", "group_id": "g9", "contact_id": "404"},
		},
	}
}

func TestLegacyFolder(t *testing.T) {
	w, f := small(t)
	f.write("2026-01-01T00:00:00Z", []string{"7"}, legacyRows())
	w.useFolder(f)
	w.preflight()
	w.must(0, false)

	ann, s := w.contact("1")
	assert.True(t, ann.Unsubscribed)
	assert.Empty(t, ann.Title, "current is taken whole")
	assert.Equal(t, record.FromBoth, s.Provenance)
	_, s = w.contact("90")
	assert.Equal(t, record.FromLegacyOnly, s.Provenance)
	assert.NotContains(t, w.live(record.Contacts), "91", "the same person under two ids")
	aliases, err := w.reader.Run.Aliases(t.Context(), record.Contacts, []string{"91"})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"91": "3"}, aliases)
	members := w.live(record.GroupMemberships)
	require.Contains(t, members, "m8")
	assert.Contains(t, string(members["m8"].Canon), `"contact_id":"3"`, "references follow aliases")
	assert.Contains(t, members, "m9")
	assert.NotContains(t, members, "m10", "an end is missing")
	_, sums := w.summary()
	assert.Equal(t, 1, sums[record.GroupMemberships].Unresolved)
	assert.Equal(t, 1, sums[record.GroupMemberships].Current)
	assert.Equal(t, union.Coverage{Resource: "", Coverage: union.Complete, Current: 3, Legacy: 4, Both: 3, LegacyOnly: 1, UnsubscribedFromLegacy: 1,
		FieldDifferences: sums[record.Contacts].FieldDifferences}, sums[record.Contacts])
	texts := map[string]string{}
	for _, d := range w.discrepancies() {
		texts[string(d.Resource)+" "+d.LegacyID] = string(d.Rule)
	}
	assert.Equal(t, string(union.EndMissing), texts["group_memberships m10"])
	assert.Equal(t, string(union.SameKey), texts["contacts 91"])
	assert.Equal(t, string(union.ProbeAbsent), texts["contacts 90"])
}

func TestWhatLegacyLosesBetweenRounds(t *testing.T) {
	w, f := small(t)
	rows := legacyRows()
	f.write("2026-01-01T00:00:00Z", []string{"7"}, rows)
	w.useFolder(f)
	w.preflight()
	w.must(0, false)
	rows[record.Contacts] = []row{
		{"id": "1", "owner_agent_id": "7", "name": "Ann", "email": "ann@example.com", "unsubscribed": false},
		{"id": "91", "owner_agent_id": "7", "name": "Di", "email": "di@example.com"},
		{"id": "92", "owner_agent_id": "7", "name": "Newer", "email": "newer@example.com"},
	}
	rows[record.GroupMemberships] = rows[record.GroupMemberships][:2]
	f.write("2026-01-02T00:00:00Z", []string{"7"}, rows)
	w.must(1, false)
	_, s := w.contact("90")
	assert.False(t, s.Deleted, "legacy is read in the last round only")
	w.must(2, true)
	_, s = w.contact("90")
	assert.True(t, s.Deleted)
	assert.Equal(t, extract.ByAbsence, extract.FoundBy(s))
	assert.NotContains(t, w.live(record.GroupMemberships), "m9")
	ann, _ := w.contact("1")
	assert.False(t, ann.Unsubscribed, "neither source says so any more")
	assert.Contains(t, w.flags(extract.FlagResubscribed), "1")
	cy, _ := w.contact("2")
	assert.True(t, cy.Unsubscribed, "current says so")
	_, s = w.contact("92")
	assert.Equal(t, record.FromLegacyOnly, s.Provenance)
	assert.Zero(t, w.must(3, true).Changed)
}

func TestOneOfSeveralLegacyRecordsKnowsTheOptOut(t *testing.T) {
	for knows := range 3 {
		t.Run(fmt.Sprintf("the one in place %d", knows), func(t *testing.T) { t.Parallel(); oneKnows(t, knows) })
	}
}

func oneKnows(t *testing.T, knows int) {
	w, f := small(t)
	rows := map[record.Kind][]row{record.Agents: {{"id": "7", "email": "bo@example.com"}}}
	for i, id := range []string{"3", "91", "92"} {
		rows[record.Contacts] = append(rows[record.Contacts], row{"id": id, "owner_agent_id": "7", "email": "di@example.com", "unsubscribed": i == knows})
	}
	f.write("2026-01-01T00:00:00Z", []string{"7"}, rows)
	w.useFolder(f)
	w.preflight()
	w.must(0, false)
	for n, last := range []bool{false, true, true} {
		di, _ := w.contact("3")
		assert.True(t, di.Unsubscribed, "record %d, round %d", knows, n)
		_, err := w.sim.Put("contacts", row{"id": "3", "name": []string{"a", "b", "c"}[n]})
		require.NoError(t, err)
		w.must(n+1, last)
	}
	di, _ := w.contact("3")
	assert.True(t, di.Unsubscribed)
	assert.Empty(t, w.flags(extract.FlagResubscribed))
	rows[record.Contacts][knows]["unsubscribed"] = false
	f.write("2026-01-03T00:00:00Z", []string{"7"}, rows)
	w.must(4, true)
	di, _ = w.contact("3")
	assert.False(t, di.Unsubscribed)
}

func TestRecordThatBecomesCurrent(t *testing.T) {
	w, f := small(t)
	f.write("2026-01-01T00:00:00Z", []string{"7"}, legacyRows())
	w.useFolder(f)
	w.preflight()
	w.must(0, false)
	_, err := w.sim.Put("contacts", row{"id": "90", "owner_agent_id": "7", "name": "Old", "email": "old@example.com"})
	require.NoError(t, err)
	w.must(1, false)
	old, s := w.contact("90")
	assert.Equal(t, record.FromBoth, s.Provenance)
	assert.True(t, old.Unsubscribed, "legacy said so")
	w.must(2, true)
	_, s = w.contact("90")
	assert.Equal(t, record.FromBoth, s.Provenance)
	require.NoError(t, w.sim.Delete("contacts", "90"))
	w.must(3, true)
	_, s = w.contact("90")
	assert.True(t, s.Deleted, "deleted in current and still in legacy")
	// The same person comes back under another id: what legacy alone had joins it.
	_, err = w.sim.Put("contacts", row{"id": "95", "owner_agent_id": "7", "name": "Old", "email": "old@example.com"})
	require.NoError(t, err)
	w.must(4, true)
	old, _ = w.contact("95")
	assert.False(t, old.Unsubscribed, "the legacy record of a deleted contact is the deleted one's")
}

func TestLegacyRecordFoundUnderAnotherId(t *testing.T) {
	w, f := small(t)
	f.write("2026-01-01T00:00:00Z", []string{"7"}, legacyRows())
	w.useFolder(f)
	w.preflight()
	w.must(0, false)
	_, err := w.sim.Put("contacts", row{"id": "95", "owner_agent_id": "7", "name": "Old", "email": "OLD@example.com"})
	require.NoError(t, err)
	w.must(1, true)
	_, s := w.contact("90")
	assert.True(t, s.Deleted, "it is the same person as the new one")
	old, _ := w.contact("95")
	assert.True(t, old.Unsubscribed)
	assert.Contains(t, string(w.live(record.GroupMemberships)["m9"].Canon), `"contact_id":"95"`)
}

func TestFillEmpty(t *testing.T) {
	w, f := small(t)
	rows := legacyRows()
	f.write("2026-01-01T00:00:00Z", []string{"7"}, rows)
	w.useFolder(f)
	w.reader.Union.FillEmpty = true
	w.preflight()
	w.must(0, false)
	ann, _ := w.contact("1")
	assert.Equal(t, "Dr", ann.Title)
	assert.True(t, ann.Unsubscribed)
	_, err := w.sim.Put("contacts", row{"id": "1", "name": "Anna"})
	require.NoError(t, err)
	w.must(1, false)
	ann, _ = w.contact("1")
	assert.Equal(t, "Dr", ann.Title)
	assert.Equal(t, "Anna", ann.Name)
	assert.True(t, ann.Unsubscribed)
	rows[record.Contacts][0]["title"] = "Prof"
	f.write("2026-01-02T00:00:00Z", []string{"7"}, rows)
	w.must(2, true)
	ann, _ = w.contact("1")
	assert.Equal(t, "Prof", ann.Title, "what legacy says now, not what it said then")
	assert.Zero(t, w.must(3, true).Changed)
}

func TestFolderWithoutAnAgent(t *testing.T) {
	w, f := small(t)
	f.write("2026-01-01T00:00:00Z", nil, legacyRows())
	w.useFolder(f)
	w.preflight()
	_, err := w.round(0, false)
	require.Equal(t, extract.ParkUnion, parked(err), "%v", err)
	f.write("2026-01-01T00:00:00Z", []string{"7"}, legacyRows())
	w.must(0, false)
}
