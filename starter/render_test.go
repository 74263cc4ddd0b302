package main

import (
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/stretchr/testify/assert"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/step"
)

func sampleView() view {
	p := api.NewProgress("acme-2026", api.PhasePeople)
	p.Objects[0] = api.ObjectProgress{Object: "companies", Total: 40, Created: 36, Updated: 4}
	p.Objects[1] = api.ObjectProgress{Object: "people", Total: 1500, Created: 700, Updated: 20, Flagged: 30, InDoubt: 1}
	p.Calls = api.Calls{Create: 1234, Edit: 20, Read: 300}
	eta := "2026-02-03T10:30:00Z"
	p.ETA = &eta
	started := time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)
	return view{
		id: "migration/acme-2026", progress: p, started: started, seen: started.Add(754 * time.Second),
		beats: []beat{{Beat: step.Beat{Step: "people", Done: 230, Total: 500}}, {Beat: step.Beat{Step: "Write"}, attempt: 3, failure: "read\nfailed"}},
	}
}

func TestStatusShowsWhatAnOperatorAsks(t *testing.T) {
	t.Parallel()
	text := strings.Join(render(sampleView(), 120), "\n")
	for _, want := range []string{
		"acme-2026", "people (6 of 12)", "RUNNING", "running for 12 min 34 s", "100 %", "36", "50 %", "750 of 1,500", "flagged 30", "in doubt 1",
		"now     people: 230 of 500", "attempt 3", "read failed", "1,554 to Nutshell", "1,234 create", "in 17 min 26 s",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "attachments", "an object without records has no bar")
}

func TestGateShowsEveryWayToDecide(t *testing.T) {
	t.Parallel()
	v := sampleView()
	url := "file:///srv/archive/acme-2026/sample-diff.html"
	v.progress.Status, v.progress.WaitingFor, v.progress.Phase = api.StatusWaiting, api.Confirm, api.PhaseApproval
	v.progress.Digest, v.progress.Reports.SampleDiff = strings.Repeat("ab12", 16), &url
	text := strings.Join(render(v, 80), "\n")
	for _, want := range []string{
		"sample diff: " + url, "to approve:", "to reject:", "starter confirm acme-2026 --approve --approver you@example.com --report ab12ab12ab12",
		"temporal workflow signal --workflow-id migration/acme-2026 --name confirm --input '{\"approved\":true", "tctl workflow signal",
		`"approved":false`,
	} {
		assert.Contains(t, text, want)
	}
}

func TestParkedRollbackIsAddressedByItsOwnID(t *testing.T) {
	t.Parallel()
	v := sampleView()
	v.id = "rollback/acme-2026"
	v.progress.Status, v.progress.WaitingFor, v.progress.Phase = api.StatusParked, "accept resume", api.PhaseRollback
	text := strings.Join(render(v, 80), "\n")
	assert.Contains(t, text, "--workflow-id rollback/acme-2026 --name resume")
	assert.Contains(t, text, "--workflow_id rollback/acme-2026 --name accept")
	assert.NotContains(t, text, "migration/acme-2026")
}

func TestLinesFitTheTerminal(t *testing.T) {
	t.Parallel()
	v := sampleView()
	v.progress.Reason = strings.Repeat("something is wrong with an agent ", 20)
	for _, w := range []int{60, 80, 132} {
		for _, l := range render(v, w) {
			assert.LessOrEqual(t, runewidth.StringWidth(l), w, l)
		}
	}
}

func TestBarIsMonotoneAndOfOneWidth(t *testing.T) {
	t.Parallel()
	for i := range 1001 {
		assert.Equal(t, barWidth, len([]rune(bar(float64(i)/1000))))
	}
	assert.Equal(t, strings.Repeat("·", barWidth), bar(0))
	assert.Equal(t, strings.Repeat("█", barWidth), bar(1))
}

func TestPipeGetsChangesOnly(t *testing.T) {
	t.Parallel()
	var out buffer
	p := &linePainter{out: console{out: &out}}
	v := sampleView()
	p.paint(v)
	p.paint(v)
	v.seen = v.seen.Add(time.Second)
	v.progress.Objects[1].Created++ // too soon for another line of numbers
	p.paint(v)
	v.progress.Status, v.progress.WaitingFor, v.progress.Reason = api.StatusParked, "accept resume", "12 agents have no user; create them, then resume"
	p.paint(v)
	text := out.String()
	assert.Equal(t, 1, strings.Count(text, "phase people (6 of 12), running"))
	assert.Equal(t, 1, strings.Count(text, "phase people (6 of 12), parked: 12 agents have no user"))
	assert.Equal(t, 1, strings.Count(text, "companies 40 of 40, people 750 of 1,500 (30 flagged) (1 in doubt), 1,554 calls"))
	assert.Contains(t, text, "starter accept acme-2026")
	assert.Contains(t, text, "starter resume acme-2026")
}

func TestVerdictOfAClosedMigration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, reason string
		code           int
	}{
		{api.StatusCompleted, "", exitDone}, {api.StatusCompleted, "finished with findings that a person accepted", exitFindings},
		{api.StatusRolledBack, "", exitDone}, {api.StatusCanceled, "", exitDone}, {api.StatusFailed, "the rollback ended early", exitFailed},
	} {
		v := view{closed: true, progress: api.Progress{Status: c.status, Reason: c.reason}}
		assert.Equal(t, c.code, exitCode(ended(v)), c)
	}
	assert.NoError(t, ended(view{progress: api.Progress{Status: api.StatusParked, Reason: "x"}}))
}
