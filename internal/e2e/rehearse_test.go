package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/report"
)

// rehearsalStack is a migration that waits at the map gate, towards an account that holds people whom the source knows, too.
func rehearsalStack(t *testing.T, name string, prepare ...func(*stack)) (*stack, api.Progress) {
	s := newStack(t, small(), unlimited())
	for _, p := range prepare {
		p(s)
	}
	company, err := s.dest.CreateAccount(map[string]any{"name": "Kestrel Title"})
	require.NoError(t, err)
	for i, c := range s.source.Rows("contacts", false)[:8] {
		email, _ := c["email"].(string)
		if !strings.Contains(email, "@") {
			continue
		}
		_, err := s.dest.CreateContact(map[string]any{"name": "Somebody Else", "email": strings.ToUpper(email), "description": "ours",
			"phone": map[string]any{"work": "303555010" + string(rune('0'+i))}, "accounts": []any{map[string]any{"id": company, "relationship": "Closer"}}})
		require.NoError(t, err)
	}
	_, err = s.dest.CreateLead(map[string]any{"description": "Title work"})
	require.NoError(t, err)
	s.work()
	s.start(`{"migration":"` + name + `","map_gate":"confirm","sample_size":20,"delta_window":"0s","on_orphans":"fallback","fallback_owner":"bo@example.com"}`)
	return s, s.until(name, "the map gate", 2*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseMap && p.WaitingFor == api.Confirm })
}

// through confirms both gates and waits for the end.
func (s *stack) throughGates(name string, gate api.Progress) {
	s.Helper()
	s.confirm(name, gate)
	s.confirm(name, s.until(name, "the approval gate", 3*time.Minute, func(p api.Progress) bool {
		return p.Phase == api.PhaseApproval && p.WaitingFor == api.Confirm
	}))
	p := s.result(name, 4*time.Minute)
	require.Equal(s, api.StatusCompleted, p.Status, p.Reason)
}

type rehearsalResult struct {
	Rehearsal  *report.Rehearsal
	TargetRoot string `json:"target_root"`
}

// A rehearsal touches nothing, and says beforehand which root the real run ends with.
func TestARehearsalComesTrue(t *testing.T) {
	t.Parallel()
	s, gate := rehearsalStack(t, "rehearsed-true")
	before := s.dest.Stats()
	assert.Empty(t, s.stoppedBy(os.Interrupt, "rehearsed-true"), "nothing stays")
	assert.NotContains(t, s.stoppedBy(os.Kill, "rehearsed-true"), "rehearsal.db.key", "nobody can read the copy that stays")
	out := filepath.Join(s.dir, "rehearsal")
	code, said := s.command("rehearse", "rehearsed-true", "--out", out)
	require.Zero(t, code, said)
	assert.Equal(t, before.Calls(), s.dest.Stats().Calls(), "the real account hears nothing")
	assert.Empty(t, s.source.Stats().Violations)
	for _, file := range []string{"rehearsal.json", "records.csv", "archive/rehearsed-true/pre-migration.html", "archive/rehearsed-true/sample-diff.html", "archive/rehearsed-true/reconciliation.html"} {
		assert.FileExists(t, filepath.Join(out, file))
	}
	left, err := filepath.Glob(filepath.Join(out, "*"))
	require.NoError(t, err)
	assert.Len(t, left, 3, "the copy of the ledger is gone: %v", left)
	var was struct {
		TargetRoot string `json:"target_root"`
		Calls      api.Calls
		Hours      float64
	}
	b, err := os.ReadFile(filepath.Join(out, "rehearsal.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &was))
	assert.Contains(t, said, was.TargetRoot)
	assert.Positive(t, was.Hours)

	code, said = s.command("rehearse", "rehearsed-true", "--out", out)
	assert.Equal(t, 2, code, said)
	assert.Contains(t, said, "--out: "+out+" cannot be made")

	s.throughGates("rehearsed-true", gate)
	var rec rehearsalResult
	require.NoError(t, json.Unmarshal(s.archived("rehearsed-true", "reconciliation.json"), &rec))
	assert.Equal(t, was.TargetRoot, rec.TargetRoot)
	require.NotNil(t, rec.Rehearsal)
	assert.True(t, rec.Rehearsal.Same)
	assert.Contains(t, string(s.archived("rehearsed-true", "reconciliation.html")), "exactly as rehearsed")
	code, said = s.command("rehearse", "rehearsed-true", "--compare", out)
	assert.Zero(t, code, said)
	assert.Contains(t, said, "every record came out the same")
}

// stoppedBy begins a rehearsal, sends it a signal when there is a copy of the ledger, and says what of that stays.
func (s *stack) stoppedBy(signal os.Signal, name string) (left []string) {
	s.Helper()
	path, err := starterBinary()
	require.NoError(s, err)
	out := filepath.Join(s.dir, "stopped by "+signal.String())
	cmd := exec.Command(path, "rehearse", name, "--out", out)
	cmd.Dir = s.dir
	for k, v := range s.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	require.NoError(s, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	require.Eventually(s, func() bool {
		_, before := os.Stat(filepath.Join(out, "rehearsal.db"))
		_, running := os.Stat(filepath.Join(out, "spool"))
		return running == nil || before == nil && signal == os.Interrupt
	}, time.Minute, 10*time.Millisecond, "a rehearsal keeps its copy of the ledger in its folder")
	require.NoError(s, cmd.Process.Signal(signal))
	select {
	case err := <-ended:
		require.Error(s, err)
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		require.Fail(s, "a rehearsal does not stop")
	}
	files, err := filepath.Glob(filepath.Join(out, "rehearsal.db*"))
	require.NoError(s, err)
	for _, f := range files {
		left = append(left, filepath.Base(f))
	}
	return left
}

// lone are source people who are alone with their e-mail, from the tenth on: the first ones are in the account already.
func (s *stack) lone() []string {
	holders := map[string]int{}
	email := func(c map[string]any) string {
		text, _ := c["email"].(string)
		return strings.ToLower(strings.TrimSpace(text))
	}
	for _, c := range s.source.Rows("contacts", false) {
		holders[email(c)]++
	}
	var ids []string
	for _, c := range s.source.Rows("contacts", false)[9:] {
		if name, _ := c["name"].(string); strings.Contains(email(c), "@") && holders[email(c)] == 1 && name != "" && c["is_self"] != true {
			ids = append(ids, c["id"].(string))
		}
	}
	require.GreaterOrEqual(s, len(ids), 3)
	return ids
}

// What happens in the account after the rehearsal is named, record by record; what the source changed meanwhile is told apart.
func TestARunThatComesOutOtherwiseThanRehearsedNamesTheRecords(t *testing.T) {
	t.Parallel()
	s, gate := rehearsalStack(t, "rehearsed-else", (*stack).onPostgres)
	out := filepath.Join(s.dir, "rehearsal")
	code, said := s.command("rehearse", "rehearsed-else", "--out", out)
	require.Zero(t, code, said)
	code, said = s.command("rehearse", "rehearsed-else", "--compare", out)
	assert.Equal(t, 1, code, said)
	assert.Contains(t, said, "rehearsed-else has not been reconciled yet")
	code, said = s.command("report", "rehearsed-else")
	assert.Zero(t, code, said)
	assert.Contains(t, said, "the target root to expect is ")

	lone := s.lone()
	typed, changed := lone[0], lone[1]
	for _, c := range s.source.Rows("contacts", false) {
		if c["id"] == typed { // somebody enters a person by hand who would have been new
			_, err := s.dest.CreateContact(map[string]any{"name": "Typed In", "email": c["email"]})
			require.NoError(t, err)
		}
	}
	s.confirm("rehearsed-else", gate)
	gate = s.until("rehearsed-else", "the approval gate", 3*time.Minute, func(p api.Progress) bool { return p.Phase == api.PhaseApproval && p.WaitingFor == api.Confirm })
	edited := ""
	for _, c := range s.dest.Snapshot().Contacts { // a person edits what the sample wrote
		if id := c.CustomFields["Rezora_ID__c"]; len(id) == 1 && slices.Contains(lone[2:], id[0]) {
			edited = id[0]
			require.NoError(t, s.dest.EditContact(c.ID, map[string]any{"name": "Renamed By Hand"}))
			break
		}
	}
	require.NotEmpty(t, edited, "nobody of the sample is alone with an e-mail")
	_, err := s.source.Put("contacts", map[string]any{"id": changed, "phones": map[string]any{"mobile": "303-555-0199"}})
	require.NoError(t, err)
	s.confirm("rehearsed-else", gate)
	p := s.result("rehearsed-else", 4*time.Minute)
	require.Equal(t, api.StatusCompleted, p.Status, p.Reason)

	want := []report.Differing{{Object: "people", SourceID: typed}, {Object: "people", SourceID: edited}}
	slices.SortFunc(want, func(a, b report.Differing) int { return strings.Compare(a.SourceID, b.SourceID) })
	var rec rehearsalResult
	require.NoError(t, json.Unmarshal(s.archived("rehearsed-else", "reconciliation.json"), &rec))
	require.NotNil(t, rec.Rehearsal)
	assert.False(t, rec.Rehearsal.Same)
	assert.False(t, rec.Rehearsal.More)
	assert.Equal(t, want, rec.Rehearsal.Records)
	assert.Equal(t, 1, rec.Rehearsal.Changed, "the source changed one person since")
	assert.Contains(t, string(s.archived("rehearsed-else", "reconciliation.html")), "2 records came out otherwise than rehearsed")
	code, said = s.command("report", "rehearsed-else")
	assert.Zero(t, code, said)
	code, compared := s.command("rehearse", "rehearsed-else", "--compare", out)
	assert.Equal(t, 3, code, compared)
	assert.Contains(t, compared, "2 records came out otherwise")
	for _, d := range want {
		assert.Contains(t, said, "\n  people "+d.SourceID+"\n")
		assert.Contains(t, compared, "\n  people "+d.SourceID+"\n")
	}
}

func TestARehearsalNeedsAMigrationThatIsKnownAndFarEnough(t *testing.T) {
	t.Parallel()
	s := newStack(t, small(), unlimited())
	id := s.orphan()
	s.work()
	s.start(`{"migration":"rehearsed-none"}`)
	s.untilPark("rehearsed-none", id)
	code, said := s.command("rehearse", "rehearsed-none", "--out", filepath.Join(s.dir, "early"))
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "too early for a rehearsal: the account has not been crawled yet")
	assert.NoDirExists(t, filepath.Join(s.dir, "early"))
	code, said = s.command("rehearse", "nobody", "--out", filepath.Join(s.dir, "none"))
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "unknown migration nobody")
	assert.NoDirExists(t, filepath.Join(s.dir, "none"))
	code, said = s.command("rehearse", "rehearsed-none", "--compare", s.dir)
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "holds no finished rehearsal")
}
