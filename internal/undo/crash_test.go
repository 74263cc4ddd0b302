package undo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/clients/nutshell/nutshelltest"
)

// die ends the process that rolls back: its ledger closes at once, its network answers nothing more. The next one finds the deadlines past.
func (w *world) dying(at int, after bool) bool {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k := &killer{base: nutshell.NewTransport(4), left: at, after: after, die: func() {
		_ = w.ledger.Close()
		cancel()
	}}
	_, err := w.rollback(ctx, w.connect(k), "keep")
	if !k.dead {
		require.NoError(w.t, err)
		return false
	}
	require.Error(w.t, err)
	_ = w.ledger.Close()
	w.clock.add(time.Minute)
	w.openLedger()
	return true
}

func TestAProcessMayDieAtEveryCall(t *testing.T) {
	stride := 5
	if testing.Short() {
		stride = 15
	}
	for first, after := range []bool{false, true} {
		for at := 1 + 2*first; ; at += stride {
			w := newWorld(t)
			died := w.dying(at, after)
			if !died {
				break
			}
			name := fmt.Sprintf("exchange %d, after=%v", at, after)
			rep := w.undone("keep")
			require.Equal(t, content(w.before), content(w.sim.Snapshot()), name)
			assert.EqualValues(t, 15, rep.Created.Deleted, name)
			assert.EqualValues(t, 2, rep.Updated.Restored, "%s: %+v", name, rep.Kept)
			assert.EqualValues(t, 2, rep.Proof.RestoredEqual, name)
			assert.Zero(t, rep.Created.Kept+rep.Created.Failed+rep.Updated.Kept+rep.Updated.Failed+rep.Proof.UntouchedChanged, "%s: %+v %+v", name, rep.Kept, rep.Changed)
			w.closed()
			w.sim.Close()
			_ = w.ledger.Close()
		}
	}
}

func TestAProcessMayDieAgainAndAgain(t *testing.T) {
	w := newWorld(t)
	for at := 4; w.dying(at, at%2 == 0); at++ {
		w.runID++ // another workflow goes on, with a crawl of its own
	}
	assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
	w.closed()
}

func TestLostAnswersAndRefusals(t *testing.T) {
	for _, kind := range []string{
		nutshelltest.HTTP429, nutshelltest.HTTP500, nutshelltest.HTTP502, nutshelltest.HTTP503, nutshelltest.CloseBefore, nutshelltest.CloseAfter,
		nutshelltest.Error500After, nutshelltest.Empty200, nutshelltest.Truncated,
	} {
		for _, match := range []string{"delete*", "edit*", "get*"} {
			t.Run(kind+" "+match, func(t *testing.T) {
				w := newWorld(t)
				w.sim.SetFaults(nutshelltest.Fault{Match: match, Kind: kind, Skip: 1, Times: 2})
				rep := w.undone("keep")
				assert.Equal(t, content(w.before), content(w.sim.Snapshot()))
				assert.EqualValues(t, 15, rep.Created.Deleted)
				assert.EqualValues(t, 2, rep.Updated.Restored)
				w.closed()
			})
		}
	}
}
