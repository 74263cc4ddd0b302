package ledger_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/ledger"
)

// story lists the events of one record in the audit log, in order.
func story(t *testing.T, r *ledger.Run, id string) (events []string, lines []map[string]any) {
	t.Helper()
	for line := range bytes.Lines([]byte(export(t, r))) {
		var m map[string]any
		require.NoError(t, json.Unmarshal(line, &m))
		if m["source_id"] == id {
			events, lines = append(events, m["event"].(string)), append(lines, m)
		}
	}
	return events, lines
}

// The log holds what became of every effect, also where the caller gave no line of its own: planned as settled, aimed elsewhere, left by a
// dead worker, tried again.
func TestEveryOutcomeHasALine(t *testing.T) {
	conform(t, func(t *testing.T, s *store) {
		r := s.begin(t)
		ctx := t.Context()
		plans := planned("linked", "refused", "merged", "lost", "twice", "file")
		plans[0].State, plans[0].How, plans[0].TargetID = ledger.Skipped, "linked", 7
		plans[1].State, plans[1].Code, plans[1].Reason = ledger.Quarantined, "too_long", "the name is too long"
		for range 2 { // a repetition adds nothing
			require.NoError(t, r.Plan(ctx, plans))
		}
		aimed := planned("merged")
		aimed[0].State, aimed[0].How, aimed[0].TargetID = ledger.Skipped, "linked", 9
		for range 2 {
			require.NoError(t, r.Retarget(ctx, aimed))
		}
		aimed[0].State, aimed[0].How, aimed[0].TargetID = ledger.Planned, "", 0
		require.NoError(t, r.Retarget(ctx, aimed))

		lost := claim(t, r, "lost")
		s.clock.add(2 * ttl)
		_, err := r.Expire(ctx, "")
		require.NoError(t, err)
		_, err = r.Resolve(ctx, []ledger.Resolution{{Key: person("lost"), From: ledger.InDoubt, Token: lost.Token,
			Outcome: ledger.Outcome{State: ledger.Done, How: "adopted", Type: "Contacts", ID: 41}}})
		require.NoError(t, err)

		for range 2 {
			assert.True(t, settle(t, r, claim(t, r, "twice"), ledger.Quarantined))
			n, err := r.Requeue(ctx, []ledger.EffectKey{person("twice"), person("lost")})
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		c := claim(t, r, "file")
		for range 2 { // an outcome that is told twice has one line
			assert.True(t, settle(t, r, c, ledger.Done))
		}
		_, err = r.Remake(ctx, []ledger.EffectKey{person("file")})
		require.NoError(t, err)
		_, err = r.Dismiss(ctx, []ledger.Outcome{{Claim: ledger.Claim{Key: person("file")}, State: ledger.Skipped, Code: "gone"}})
		require.NoError(t, err)

		for id, want := range map[string][]string{
			"linked":  {"skipped"},
			"refused": {"flagged"},
			"merged":  {"skipped", "released"},
			"lost":    {"in_doubt", "adopted"},
			"twice":   {"flagged", "requeued", "flagged", "requeued"},
			"file":    {"created", "requeued", "skipped"},
		} {
			got, _ := story(t, r, id)
			assert.Equal(t, want, got, id)
		}
		_, lines := story(t, r, "linked")
		assert.Equal(t, []any{"people", "record", "Contacts", 7.0, "linked"},
			[]any{lines[0]["object"], lines[0]["role"], lines[0]["target_type"], lines[0]["target_id"], lines[0]["how"]})
		_, lines = story(t, r, "refused")
		assert.Equal(t, []any{"too_long", "the name is too long"}, []any{lines[0]["code"], lines[0]["reason"]})
		_, lines = story(t, r, "lost")
		assert.Equal(t, []any{"expired", "Contacts", 41.0}, []any{lines[0]["code"], lines[1]["target_type"], lines[1]["target_id"]})
	})
}
