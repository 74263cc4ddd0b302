package report_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/record"
	"rezora2nutshell/internal/report"
)

func guide(t *testing.T) report.RebuildGuide {
	t.Helper()
	g, err := report.BuildGuide("acme-2026", guideInput())
	require.NoError(t, err)
	return g
}

func TestEveryPieceOfASequenceIsJudged(t *testing.T) {
	g := guide(t)
	require.Len(t, g.Sequences, 3)
	by := map[string]report.SequenceGuide{}
	for _, s := range g.Sequences {
		by[s.ID] = s
		for _, p := range s.Pieces() {
			assert.Contains(t, []string{report.Rebuildable, report.NoEquivalent}, p.Verdict)
			assert.NotEmpty(t, p.What)
			assert.NotEmpty(t, p.Reason, p.What)
			assert.NotEmpty(t, p.Suggestion, p.What)
		}
	}
	welcome := by["seq-3"]
	assert.False(t, welcome.Whole())
	assert.Equal(t, report.NoEquivalent, welcome.Trigger.Piece.Verdict)
	assert.Contains(t, welcome.Trigger.Piece.What, "Past Clients (group 4711)")
	require.Len(t, welcome.Steps, 2)
	assert.Equal(t, "Hello", welcome.Steps[0].Name, "steps stand in the order of their positions")
	assert.Equal(t, report.Rebuildable, welcome.Steps[0].Pieces[0].Verdict)
	assert.Contains(t, welcome.Steps[0].Pieces[0].Suggestion, "##OFFICENAME##")
	nudge := welcome.Steps[1]
	require.Len(t, nudge.Pieces, 3)
	assert.Contains(t, nudge.Pieces[0].What, "3 days after the step before")
	assert.Contains(t, nudge.Pieces[0].Suggestion, "write it again", "the template's text was not served")
	assert.Contains(t, nudge.Pieces[1].What, "mon, tue between 09:00 and 17:00 (America/Denver)")
	assert.Contains(t, nudge.Pieces[2].What, "only if an e-mail is opened (step s1), else the contact leaves the sequence")
	assert.Equal(t, map[string]int64{"active": 2, "completed": 1}, welcome.Enrolled)
	assert.Equal(t, map[string]int64{"s2": 2}, welcome.ActiveAt)
	assert.Equal(t, "3107@example.com", welcome.Owner)

	closing := by["seq-4"]
	assert.True(t, closing.Whole())
	assert.Contains(t, closing.Steps[0].Pieces[0].What, "1 week after the start")

	news := by["seq-5"]
	require.NotNil(t, news.Listing)
	assert.Contains(t, news.Steps[1].Pieces[0].Reason, "does not know")
}

// Words that nobody has seen yet are listed, never dropped.
func TestUnknownWordsHaveNoEquivalent(t *testing.T) {
	var s record.Sequence
	require.NoError(t, json.Unmarshal([]byte(`{"id":"x","name":"x","trigger":{"type":"moon_phase","params":null},"steps":[{"id":"a","position":null,"action":"","condition":{"type":"tide","params":{}},"on_false":"b"}]}`), &s))
	g, err := report.BuildGuide("m", report.GuideInput{Sequences: report.Items([]record.Sequence{s})})
	require.NoError(t, err)
	require.Len(t, g.Sequences[0].Pieces(), 3)
	for _, p := range g.Sequences[0].Pieces() {
		assert.Equal(t, report.NoEquivalent, p.Verdict)
	}
	var stage record.Sequence
	require.NoError(t, json.Unmarshal([]byte(`{"id":"y","trigger":{"type":"stage_entered"}}`), &stage))
	g, err = report.BuildGuide("m", report.GuideInput{Sequences: report.Items([]record.Sequence{stage})})
	require.NoError(t, err)
	assert.Equal(t, report.Rebuildable, g.Sequences[0].Trigger.Piece.Verdict)
}

func TestGroupsAgentsAndTemplates(t *testing.T) {
	g := guide(t)
	assert.Equal(t, report.GroupGuide{
		ID: "4711", Name: "Past Clients", Scope: "agent", Owner: "3107@example.com", Members: 2, Filter: `People whose Distribution_Groups__c contains "id":"4711"`,
	}, g.Groups[1])
	assert.Equal(t, "team 77", g.Groups[0].Owner)
	require.Len(t, g.Agents, 3)
	assert.Equal(t, []string{"Downtown Team"}, g.Agents[2].Teams)
	assert.Equal(t, "matched", g.Agents[2].How)
	assert.Contains(t, g.Agents[0].Suggestion, "administrator")
	assert.Contains(t, g.Agents[1].Suggestion, "Deactivated")
	page := text(t, g.HTML)
	for _, want := range []string{"templates/512.html", "##OFFICENAME##", "no text was served", "2 people before or at step 2", "5 of 13 pieces"} {
		assert.Contains(t, page, want)
	}
	got := object(t, g.JSON)
	assert.Len(t, got["sequences"], 3)
	for _, key := range []string{"sequences", "groups", "agents", "templates"} {
		assert.Equal(t, []any{}, object(t, report.RebuildGuide{}.JSON)[key], key)
	}
}

func TestAGuideTellsWhichPartBroke(t *testing.T) {
	gone := errors.New("the ledger is gone")
	in := guideInput()
	in.Enrollments = func(yield func(record.SequenceEnrollment, error) bool) { yield(record.SequenceEnrollment{}, gone) }
	_, err := report.BuildGuide("m", in)
	require.ErrorIs(t, err, gone)
	require.ErrorContains(t, err, "sequences")
}
