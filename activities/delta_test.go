package activities

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/target"
)

// A round whose plan was stored before its worker died is planned again: one change is one edit (I9). A second one would start from the same
// base, meet the value of the first, and take it for a person's.
func TestARoundThatIsPlannedAgainPlansNothingTwice(t *testing.T) {
	b := newUndoBench(t)
	nowhere := func(string, string) (int64, bool) { return 0, false }
	title := func(text string) []target.Want { return []target.Want{target.Text("description", text)} }
	view := target.View{Type: "Contacts", ID: 7, Rev: "1", Fields: map[target.Path]target.Value{"description": {Canon: "Buyer"}}}
	shown, ours := target.Remember(nil, nil, title("Buyer"), title("Buyer"), view, nowhere, b.run.ShortHash)
	key := ledger.EffectKey{Object: mapping.People, SourceID: "c1", Role: mapping.RoleRecord, Part: 1}
	made := ledger.Effect{EffectKey: key, Verb: ledger.Create, State: ledger.Done, How: "created", TargetType: "Contacts", TargetID: 7, Shown: shown, Ours: []string{string(ours[0])}}
	proj := mapping.Projection{Object: mapping.People, SourceID: "c1", Role: mapping.RoleRecord, Part: 1, Type: "Contacts", Wants: title("Seller")}
	next := func(round int, before ...ledger.Effect) *ledger.Effect {
		p := &deltaPlan{work: &work{Activities: b.a, run: b.run}, round: round, step: "delta"}
		e, flag := p.next(ledger.Staged{}, proj, before, []mapping.Projection{proj}, nil)
		require.Nil(t, flag)
		return e
	}

	first := next(1, made)
	require.NotNil(t, first)
	assert.Equal(t, []any{ledger.Edit, 1, int64(7)}, []any{first.Verb, first.Epoch, first.TargetID})
	for _, state := range []ledger.State{ledger.Planned, ledger.Intent, ledger.InDoubt} {
		again := *first
		again.State = state
		assert.Nil(t, next(1, made, again), "%s", state)
	}
	refused := *first
	refused.State = ledger.Quarantined
	later := next(2, made, refused)
	require.NotNil(t, later, "a later round tries what an earlier one could not do")
	assert.Equal(t, 2, later.Epoch)
}
