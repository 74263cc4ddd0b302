package undo_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func TestTheAccountIsAsItWas(t *testing.T) {
	w := newWorld(t)
	require.NotEqual(t, content(w.before), content(w.sim.Snapshot()))
	rep := w.undone("keep")
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
	assert.EqualValues(t, 15, rep.Created.Deleted)
	assert.Zero(t, rep.Created.Kept+rep.Created.Failed+rep.Updated.Kept+rep.Updated.Failed, "%+v", rep.Kept)
	assert.EqualValues(t, 2, rep.Updated.Restored)
	assert.EqualValues(t, 2, rep.Proof.RestoredEqual)
	assert.EqualValues(t, 6, rep.Proof.UntouchedChecked, "Tern and Ann were changed, Cal had a lead of ours")
	assert.Zero(t, rep.Proof.UntouchedChanged, "%+v", rep.Changed)
	assert.Zero(t, rep.Proof.EditedByOthers)
	w.closed()
}

// closed checks that no effect is left half undone.
func (w *world) closed() {
	w.t.Helper()
	require.NoError(w.t, w.run.EachEffect(w.t.Context(), ledger.EffectFilter{}, func(e ledger.Effect) error {
		assert.Contains(w.t, []ledger.State{ledger.Reverted, ledger.Kept, ledger.Skipped, ledger.Planned}, e.State, "%s", e.EffectKey)
		return nil
	}))
}
