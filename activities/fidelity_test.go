package activities

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/projection"
	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/target"
)

// What a refused further call, or a refused part of a text, would have carried is not counted as carried; what another field took is.
func TestRefusedFurtherCallsAreCounted(t *testing.T) {
	t.Parallel()
	status := target.Custom("Rezora_Lead_Status__c", target.KindText, "lost")
	status.Of = []string{"status"}
	fates := []mapping.Fate{
		{Object: "leads", Field: "status", Fate: mapping.Carried, N: 1}, {Object: "leads", Field: "converted_at", Fate: mapping.Carried, N: 1},
		{Object: "leads", Field: "message", Fate: mapping.Carried, N: 1}, {Object: "leads", Field: "x", Fate: mapping.Archived, N: 1},
	}
	lead := func(notes int) []mapping.Projection {
		out := []mapping.Projection{
			{Object: "leads", SourceID: "1", Role: mapping.RoleRecord, Wants: []target.Want{status}, Fates: fates},
			{Object: "leads", SourceID: "1", Role: mapping.RoleClose, Parent: "leads/1", Part: 1, Parts: 1, Carries: []string{"status", "converted_at"}},
		}
		for part := 1; part <= notes; part++ {
			out = append(out, mapping.Projection{Object: "leads", SourceID: "1", Role: mapping.RoleNote, Parent: "leads/1", Part: part, Parts: notes, Carries: []string{"message"}})
		}
		return out
	}
	effects := func(projections []mapping.Projection, refuse ...int) []ledger.Effect {
		var out []ledger.Effect
		for i, p := range projections {
			e := ledger.Effect{EffectKey: ledger.EffectKey{Object: p.Object, SourceID: p.SourceID, Role: p.Role, Parent: p.Parent, Part: max(1, p.Part)}, State: ledger.Done, TargetID: 7}
			for _, r := range refuse {
				if r == i {
					e.State = ledger.Quarantined
				}
			}
			out = append(out, e)
		}
		return out
	}
	raw := json.RawMessage(`{"status":"lost","converted_at":"2024-01-01T00:00:00Z","message":"hello","x":"y"}`)
	for name, tc := range map[string]struct {
		notes  int
		refuse []int
		want   map[string]string
	}{
		"nothing refused":   {1, nil, map[string]string{"status": "carried", "converted_at": "carried", "message": "carried"}},
		"not closed":        {1, []int{1}, map[string]string{"status": "carried", "converted_at": "refused", "message": "carried"}},
		"no note":           {1, []int{2}, map[string]string{"status": "carried", "converted_at": "carried", "message": "refused"}},
		"one of two parts":  {2, []int{3}, map[string]string{"status": "carried", "converted_at": "carried", "message": "truncated"}},
		"neither, and note": {1, []int{1, 2}, map[string]string{"status": "carried", "converted_at": "refused", "message": "refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			projections := lead(tc.notes)
			var f report.Fidelity
			count(&f, projection.Used{}, ledger.Staged{Record: record.Record{Kind: record.Leads, ID: "1", Canon: raw}}, projections, effects(projections, tc.refuse...))
			require.NoError(t, f.Check())
			got := map[string]string{}
			for _, row := range f.Rows() {
				for fate, n := range map[string]int64{"carried": row.Carried, "refused": row.Refused, "truncated": row.Truncated} {
					if n > 0 {
						got[row.Field] = fate
					}
				}
			}
			assert.Equal(t, tc.want, got)
		})
	}
}
