package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/record"
)

func TestLightLooksAtMany(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		gone := contact("3", "c@x.org")
		gone.Deleted = true
		stage(t, r, 0, contact("1", "a@x.org"), contact("2", "b@x.org"), gone)
		served, err := r.Served(ctx, record.Contacts, []string{"1", "3", "4", "1"})
		require.NoError(t, err)
		assert.Equal(t, map[string]bool{"1": true}, served, "live ones")

		key := func(id, role string) ledger.EffectKey {
			return ledger.EffectKey{Object: "people", SourceID: id, Role: role, Part: 1}
		}
		require.NoError(t, r.Plan(ctx, []ledger.Effect{
			{EffectKey: key("1", "record"), Step: "people", Verb: ledger.Create, State: ledger.Planned, How: "created"},
			{EffectKey: key("1", "close"), Step: "people", Verb: ledger.Edit, State: ledger.Planned},
			{EffectKey: key("2", "record"), Step: "people", Verb: ledger.Create, State: ledger.Quarantined, Code: "nothing_to_create_by"},
		}))
		stand, err := r.Standing(ctx, "people", []string{"1", "2", "9"})
		require.NoError(t, err)
		assert.Equal(t, map[string]ledger.Effect{
			"1": {EffectKey: key("1", "record"), State: ledger.Planned, How: "created"}, "2": {EffectKey: key("2", "record"), State: ledger.Quarantined},
		}, stand)

		require.NoError(t, r.Flag(ctx, []ledger.FlagRow{{Object: "people", SourceID: "1", Code: "array_shortened"}, {Object: "people", SourceID: "2", Code: "other"}}))
		flagged, err := r.Flagged(ctx, "people", "array_shortened", []string{"1", "2"})
		require.NoError(t, err)
		assert.Equal(t, map[string]bool{"1": true}, flagged)
	})
}
