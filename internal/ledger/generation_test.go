package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

func TestTheSameOwnerGetsTheSameRun(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		ctx := t.Context()
		_, err := l.Run(ctx, "acme")
		require.ErrorIs(t, err, ledger.ErrUnknownMigration)
		r := begin(t, l, "acme", "run-1")
		plan(t, r, "1")
		again := begin(t, l, "acme", "run-1")
		assert.Equal(t, r.Info(), again.Info())
		assert.Equal(t, ledger.Planned, effect(t, again, "1").State)
		assert.Equal(t, 1, countEvents(t, r, "started"))
		assert.JSONEq(t, `{"migration":"acme"}`, string(again.Info().Input))

		foreign := request("acme", "run-1")
		foreign.NutshellAccount = "instance-8"
		_, err = l.Begin(ctx, foreign)
		require.ErrorIs(t, err, ledger.ErrForeign)
		require.NoError(t, r.Check(l.ID(), "instance-7", "account-9"))
		require.ErrorIs(t, r.Check("another", "instance-7", "account-9"), ledger.ErrForeign)
		require.ErrorIs(t, r.Check(l.ID(), "instance-7", "account-8"), ledger.ErrForeign)
		_, err = l.RunAt(ctx, "acme", 2)
		require.ErrorIs(t, err, ledger.ErrUnknownMigration)
	})
}

func TestAUsedNameIsFreeOnlyWhenNothingStands(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		ctx := t.Context()
		begin(t, l, "acme", "run-1")
		running := request("acme", "run-2")
		running.OwnerClosed = func(_ context.Context, workflowID, runID string) (bool, error) {
			assert.Equal(t, []string{"migration/acme", "run-1"}, []string{workflowID, runID})
			return false, nil
		}
		_, err := l.Begin(ctx, running)
		require.ErrorIs(t, err, ledger.ErrNameUsed, "its owner is at work")
		running.OwnerClosed = func(context.Context, string, string) (bool, error) { return false, errors.New("no server") }
		_, err = l.Begin(ctx, running)
		require.ErrorContains(t, err, "no server")

		second := begin(t, l, "acme", "run-2")
		assert.Equal(t, 2, second.Info().Gen, "the first wrote nothing")
		_, err = l.Begin(ctx, request("acme", "run-1"))
		require.ErrorIs(t, err, ledger.ErrNameUsed, "an owner of old does not come back")

		plan(t, second, "1")
		c := claim(t, second, "1")
		require.NoError(t, second.SetStatus(ctx, ledger.StatusFailed))
		_, err = l.Begin(ctx, request("acme", "run-3"))
		require.ErrorIs(t, err, ledger.ErrNameUsed)
		require.ErrorContains(t, err, "roll back first")
		require.NoError(t, second.SetStatus(ctx, ledger.StatusRejected))
		_, err = l.Begin(ctx, request("acme", "run-3"))
		require.ErrorIs(t, err, ledger.ErrNameUsed, "what a rejection left in doubt")
		assert.True(t, settle(t, second, c, ledger.Done))
		reverting, err := second.BeginRevert(ctx, []ledger.RevertRequest{{Key: person("1"), From: ledger.Done}}, ttl)
		require.NoError(t, err)
		_, err = second.SettleRevert(ctx, []ledger.Outcome{{Claim: *reverting[0], State: ledger.Reverted}})
		require.NoError(t, err)
		third := begin(t, l, "acme", "run-3")
		assert.Equal(t, 3, third.Info().Gen)
		_, ok, err := third.Effect(ctx, person("1"))
		require.NoError(t, err)
		assert.False(t, ok, "a generation begins empty")

		plan(t, third, "1")
		claim(t, third, "1")
		require.NoError(t, third.SetStatus(ctx, ledger.StatusRolledBack))
		assert.Equal(t, s.clock.now(), third.Info().ClosedAt)
		rolledBack := s.clock.now()
		s.clock.add(time.Hour)
		require.NoError(t, third.SetStatus(ctx, ledger.StatusRolledBack))
		assert.Equal(t, rolledBack, third.Info().ClosedAt, "told again, it closed when it did")
		require.NoError(t, third.SetStatus(ctx, ledger.StatusUndoing))
		require.NoError(t, third.SetStatus(ctx, ledger.StatusRolledBack))
		assert.Equal(t, s.clock.now(), third.Info().ClosedAt, "a later rollback closes it anew")
		require.Error(t, third.SetStatus(ctx, "sideways"))
		assert.Equal(t, 4, begin(t, l, "acme", "run-4").Info().Gen)

		all, err := l.Migrations(ctx)
		require.NoError(t, err)
		require.Len(t, all, 4)
		assert.Equal(t, []bool{false, true, true, false}, []bool{all[0].Wrote, all[1].Wrote, all[2].Wrote, all[3].Wrote})
		assert.Equal(t, 4, countEvents(t, third, "started"))
	})
}

func TestShreddingDestroysWhatIsPersonal(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		l := s.open(t)
		ctx := t.Context()
		r := begin(t, l, "acme", "run-1")
		other := begin(t, l, "other", "run-1")
		stage(t, r, 0, contact("1", "a@x.org"))
		stage(t, other, 0, contact("1", "a@x.org"))
		e := planned("1")
		e[0].PreImage = []byte("{}")
		require.NoError(t, r.Plan(ctx, e))
		assert.Len(t, r.Hash("p", "v"), 32)
		assert.Len(t, r.ShortHash("v"), 16)
		assert.NotEqual(t, r.Hash("p", "v"), other.Hash("p", "v"))
		assert.NotEqual(t, r.Hash("p", "v"), r.Hash("q", "v"))
		require.ErrorIs(t, r.Shred(ctx, "jo"), ledger.ErrIllegal, "a run that is not over keeps its key")
		_, _, err := r.Get(ctx, "contacts", "1")
		require.NoError(t, err)
		require.NoError(t, r.SetStatus(ctx, ledger.StatusCompleted))
		for range 2 {
			require.NoError(t, r.Shred(ctx, "jo"))
		}
		require.ErrorIs(t, r.SetStatus(ctx, ledger.StatusUndoing), ledger.ErrShredded, "no rollback begins any more")
		assert.Equal(t, ledger.StatusCompleted, r.Info().Status)
		for _, r := range []*ledger.Run{r, begin(t, l, "acme", "run-1")} {
			_, _, err := r.Get(ctx, "contacts", "1")
			require.ErrorIs(t, err, ledger.ErrShredded)
			_, err = r.Lookup(ctx, "contacts", "email", []string{"a@x.org"})
			require.ErrorIs(t, err, ledger.ErrShredded)
			require.ErrorIs(t, r.PutValue(ctx, "k", 1), ledger.ErrShredded)
			assert.Empty(t, r.Hash("p", "v"))
			assert.Nil(t, effect(t, r, "1").PreImage)
			assert.False(t, r.Info().ShreddedAt.IsZero())
		}
		assert.Equal(t, 1, countEvents(t, r, "shredded"), "the log stays")
		got, _, err := other.Get(ctx, "contacts", "1")
		require.NoError(t, err)
		assert.Contains(t, string(got.Canon), "a@x.org", "other names keep theirs")
		next := begin(t, l, "acme", "run-2")
		stage(t, next, 0, contact("1", "a@x.org"))
		_, ok, err := next.Get(ctx, "contacts", "1")
		require.NoError(t, err)
		assert.True(t, ok, "a new generation gets a new key")
	})
}

func TestTheWrappedKeyIsGoneFromDisk(t *testing.T) {
	s := sqliteStore(t)
	r := s.begin(t)
	require.NoError(t, r.PutValue(t.Context(), "k", "v"))
	wrapped := wrappedKey(t, s)
	require.Contains(t, diskOf(t, s.path), wrapped)
	require.NoError(t, r.SetStatus(t.Context(), ledger.StatusCompleted))
	require.NoError(t, r.Shred(t.Context(), "jo"))
	assert.NotContains(t, diskOf(t, s.path), wrapped)
}
