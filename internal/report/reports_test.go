package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/union"
)

func TestReconciliationHasTheKeysThatScriptsRelyOn(t *testing.T) {
	got := object(t, reconciliation(true).JSON)
	for _, key := range []string{"objects", "discrepancy_rate", "threshold", "source_root", "target_root", "edited"} {
		assert.Contains(t, got, key)
	}
	assert.ElementsMatch(t, []string{"object", "source", "matched", "missing", "mismatched", "unexpected", "duplicated", "flagged", "unverified"},
		keys(got["objects"].([]any)[0].(map[string]any)))
	assert.InDelta(t, 5.0/94602, got["discrepancy_rate"], 1e-12)
	empty := object(t, report.Reconciliation{}.JSON)
	for _, key := range []string{"objects", "edited", "flagged", "faults", "deleted_at_source", "remarks", "fidelity"} {
		assert.NotNil(t, empty[key], key)
	}
	for _, o := range reconciliation(true).Objects {
		assert.True(t, o.Conserved(), o.Object)
	}
}

func TestDiscrepancyRate(t *testing.T) {
	for name, c := range map[string]struct {
		in   report.Reconciled
		want float64
	}{
		"nothing at all":     {report.Reconciled{}, 0},
		"all matched":        {report.Reconciled{Source: 10, Matched: 10}, 0},
		"flagged is none":    {report.Reconciled{Source: 10, Matched: 7, Flagged: 3}, 0},
		"every kind counts":  {report.Reconciled{Source: 20, Missing: 1, Mismatched: 1, Unexpected: 1, Duplicated: 1, Unverified: 1}, 0.25},
		"unexpected, no src": {report.Reconciled{Unexpected: 1}, 1},
	} {
		r := report.Reconciliation{Objects: []report.Reconciled{{}, c.in}}
		r.Finish()
		assert.InDelta(t, c.want, r.DiscrepancyRate, 1e-12, name)
	}
}

func TestReconciliationSaysWhatIsLeftToDo(t *testing.T) {
	page := text(t, reconciliation(true).HTML)
	for _, want := range []string{
		"5 records are not as planned", "less than 0.01 %", "rebuild-guide.html", "##OFFICENAME##", "starter rollback acme-2026", "temporal workflow start",
		"Shred the copy", "3 agents have no user", "saved filters", "second copy",
	} {
		assert.Contains(t, page, want)
	}
	assert.Contains(t, text(t, reconciliation(false).HTML), "Everything is in Nutshell as planned")
}

func TestRollbackHasTheKeysThatScriptsRelyOn(t *testing.T) {
	got := object(t, rollback().JSON)
	assert.ElementsMatch(t, []string{"deleted", "kept", "failed"}, keys(got["created"].(map[string]any)))
	assert.ElementsMatch(t, []string{"restored", "kept", "failed"}, keys(got["updated"].(map[string]any)))
	assert.ElementsMatch(t, []string{"untouched_checked", "untouched_changed", "edited_by_others", "restored_equal"}, keys(got["proof"].(map[string]any)))
	assert.Len(t, got["kept"], 2)
	assert.NotNil(t, object(t, report.Rollback{}.JSON)["kept"])

	clean := report.Rollback{Created: report.CreatedBack{Deleted: 3}, Proof: report.Proof{UntouchedChecked: 9}}
	assert.True(t, clean.Clean())
	assert.Contains(t, text(t, clean.HTML), "Undone, and nothing else was touched")
	clean.Proof.UntouchedChanged = 1
	assert.False(t, clean.Clean())
	assert.Contains(t, text(t, clean.HTML), "left something behind")
}

func TestPreMigrationListsEveryDiscrepancy(t *testing.T) {
	p := preMigration()
	many := make([]union.Discrepancy, 3000)
	for i := range many {
		many[i] = union.Discrepancy{Resource: record.Contacts, LegacyID: fmt.Sprint(i), Class: union.New, Rule: union.ProbeAbsent, Text: "in legacy only: added"}
	}
	p.Discrepancies = report.Items(many)
	require.NoError(t, report.Seal(&p, []byte(mapYAML), root))
	got := object(t, p.JSON)
	list := got["discrepancies"].([]any)
	require.Len(t, list, 3000)
	assert.Equal(t, "2999", list[2999].(map[string]any)["legacy_id"])
	assert.Equal(t, "probe_absent", list[0].(map[string]any)["rule"])
	assert.InDelta(t, 3000, got["discrepancy_rules"].(map[string]any)["probe_absent"], 0)
	assert.Equal(t, p.Digest, got["digest"])
	assert.Contains(t, text(t, p.HTML), "2,800 more lines in pre-migration.json")

	before := p.Digest
	p.Discrepancies = report.Items(many[1:])
	require.NoError(t, report.Seal(&p, []byte(mapYAML), root))
	assert.NotEqual(t, before, p.Digest)
}

func TestABrokenStreamIsAnError(t *testing.T) {
	gone := errors.New("the ledger is gone")
	p := preMigration()
	p.Discrepancies = func(yield func(union.Discrepancy, error) bool) { yield(union.Discrepancy{}, gone) }
	var b strings.Builder
	require.ErrorIs(t, p.JSON(&b), gone)
	require.ErrorIs(t, p.HTML(&b), gone)
	require.ErrorIs(t, report.Seal(&p, nil, ""), gone)
}

func TestPreMigrationOfNothingIsValid(t *testing.T) {
	got := object(t, report.PreMigration{}.JSON)
	for _, key := range []string{"objects", "fields", "findings", "duplicates", "coverage", "resources", "capabilities", "fidelity", "remarks", "quarantined", "discrepancies"} {
		assert.Equal(t, []any{}, got[key], key)
	}
	assert.Contains(t, text(t, report.PreMigration{}.HTML), "Nothing stands in the way")
}

func TestPreMigrationTellsWhatNeedsAttention(t *testing.T) {
	p := preMigration()
	p.Blocked = []mapping.BlockedField{{Entity: "Contacts", Name: "Opt_In_At__c", Reason: "the account has a field of type text"}}
	page := text(t, p.HTML)
	for _, want := range []string{
		"5 points need your attention first", "Opt_In_At__c of people cannot be used", "The plan allows too few contacts", "3 agents have no Nutshell user",
		"Home Anniversary", "dana.okafor@example.com", "user is switched off", "Switch off Nutshell", "Leave the sample alone", "not offered", "7 hours 15 minutes",
		"careful first guess", "Your decision", "P17",
	} {
		assert.Contains(t, page, want)
	}
	p.Gate = false
	assert.NotContains(t, text(t, p.HTML), "Your decision")
}

func TestCallsAndHours(t *testing.T) {
	c := report.Calls{Create: 3000, Edit: 500, Read: 50, Upload: 50}
	c.Estimate(2, false)
	assert.InDelta(t, 0.5, c.Hours, 1e-9)
	assert.EqualValues(t, 3600, c.Total())
	c.Estimate(0, true)
	assert.InDelta(t, 0.5, c.Hours, 1e-9, "no rate, no guess")
}

func TestFidelityConservesEveryValue(t *testing.T) {
	f := fidelity()
	require.NoError(t, f.Check())
	rows := f.Rows()
	assert.Equal(t, report.Fate{Object: "people", Resource: "contacts", Field: "name", Source: 61230, Carried: 61222, Refused: 8}, rows[2])
	assert.Equal(t, report.Fate{Object: "notes", Resource: "notes", Source: 15021, Transformed: 15020, Refused: 1}, f.Totals()[0])

	raw, err := json.Marshal(f)
	require.NoError(t, err)
	var back report.Fidelity
	require.NoError(t, json.Unmarshal(raw, &back))
	assert.Equal(t, rows, back.Rows(), "a checkpoint gives the same table back")
	back.Merge(f)
	assert.EqualValues(t, 2*61230, back.Rows()[2].Source)
	require.NoError(t, back.Check())

	f.Record(record.Record{Kind: record.Contacts, Canon: json.RawMessage(`{"id":"1","name":"n"}`)}, []mapping.Fate{{Object: "contacts", Field: "id", Fate: mapping.Carried, N: 1}})
	require.ErrorContains(t, f.Check(), "people name", "a value that no fate tells of")
}

func TestRemarksAreBoundedAndCounted(t *testing.T) {
	var r report.Remarks
	for i := range 2500 {
		r.Add("people", fmt.Sprint(i), "owner_none", "no owner")
	}
	r.Add("people", "1", "parent_missing", "its parent was not migrated")
	r.Add("people", "1", "something_new", "nobody knows")
	all := r.All()
	require.Len(t, all, 3)
	assert.Equal(t, []string{"parent_missing", "owner_none", "something_new"}, []string{all[0].Code, all[1].Code, all[2].Code})
	assert.EqualValues(t, 2500, all[1].Count)
	assert.Len(t, all[1].Records, 1000)
	assert.EqualValues(t, 1500, all[1].More())
	assert.EqualValues(t, 2502, r.Total())
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	var back report.Remarks
	require.NoError(t, json.Unmarshal(raw, &back))
	assert.Equal(t, all, back.All())
	back.Add("people", "x", "owner_none", "no owner")
	assert.EqualValues(t, 2501, back.Count("owner_none"))
}
