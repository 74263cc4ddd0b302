package extract_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/rezora"
	"rezora2nutshell/internal/extract"
	"rezora2nutshell/internal/record"
)

func TestFolderAsTheSource(t *testing.T) {
	w := newWorld(t, false, nil)
	f := &folder{t, t.TempDir()}
	people := []row{
		{"id": "1", "owner_agent_id": "7", "name": "Ann", "email": "ann@example.com"},
		{"id": "2", "owner_agent_id": "7", "name": "Bo", "email": "bo@example.com"},
	}
	write := func(asOf string) {
		f.put("agents.json", []row{{"id": "7", "email": "bo@example.com"}})
		f.put("contacts.json", people)
		f.put("manifest.json", row{"as_of": asOf, "counts": row{"agents": 1, "contacts": len(people)}})
	}
	write("2026-01-01T00:00:00Z")
	var err error
	w.reader.Source, err = rezora.NewExport(rezora.ExportOptions{Dir: f.dir})
	require.NoError(t, err)
	w.preflight()
	w.must(0, false)
	assert.Len(t, w.live(record.Contacts), 2)
	assert.Zero(t, w.must(1, false).Changed, "the same export again")
	people[0]["name"] = "Anna"
	people = append(people[:1], row{"id": "3", "owner_agent_id": "7", "name": "Cy"})
	write("2026-01-02T00:00:00Z")
	w.must(2, true)
	assert.ElementsMatch(t, []string{"1", "3"}, slices.Collect(maps.Keys(w.live(record.Contacts))))
	_, s := w.contact("2")
	assert.Equal(t, extract.BySweep, extract.FoundBy(s))
	write("2025-12-31T00:00:00Z")
	_, err = w.round(3, true)
	assert.Equal(t, extract.ParkIncomplete, parked(err), "an older export: %v", err)
}

func TestDialectOfWholeCollections(t *testing.T) {
	w := newWorld(t, false, nil)
	o := options(w.sim.URL)
	o.Profile = "prototype"
	var err error
	w.reader.Source, err = rezora.New(o)
	require.NoError(t, err)
	w.preflight()
	ids := func() []string {
		var out []string
		for _, r := range w.sim.Rows("contacts", false) {
			out = append(out, r["id"].(string))
		}
		return out
	}
	w.must(0, false)
	assert.ElementsMatch(t, ids(), slices.Collect(maps.Keys(w.live(record.Contacts))))
	assert.Zero(t, w.must(1, false).Changed)
	w.sim.Churn(40)
	w.must(2, true)
	assert.ElementsMatch(t, ids(), slices.Collect(maps.Keys(w.live(record.Contacts))))
}
