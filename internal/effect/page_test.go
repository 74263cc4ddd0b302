package effect_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func TestAPageOfEveryKind(t *testing.T) {
	for name, configure := range map[string]func(*nutshelltest.Config){
		"default":  nil,
		"full":     func(c *nutshelltest.Config) { c.RecordShape, c.StubShape, c.ListedNotes = "full", "old", "stub" },
		"shuffled": func(c *nutshelltest.Config) { c.IDOrder, c.EmptyMaps, c.GetDeleted = "shuffled", "mixed", "404" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, configure)
			w.everything(t)
			require.NoError(t, w.finish(t.Context()))
			w.whole(t, name)
			kinds := w.s.Stats().Kinds
			assert.EqualValues(t, 9, kinds["create"].Total())
			assert.EqualValues(t, 3, kinds["edit"].Total()-kinds["edit"].Refused)
			assert.EqualValues(t, 1, kinds["upload"].Total())
			assert.LessOrEqual(t, kinds["read"].Total(), int64(7), "one read for an edit, six for a deletion")
		})
	}
}
