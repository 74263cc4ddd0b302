package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/account"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/ledger"
	"rezora2nutshell/internal/mapping"
	"rezora2nutshell/internal/record"
)

// shelf is a ledger on disk with one migration in it, closed: commands open it themselves.
type shelf struct {
	t   *testing.T
	dir string
}

func (s shelf) env() map[string]string {
	return map[string]string{"LEDGER_URL": "sqlite://" + s.dir + "/migration.db"}
}

// with opens the ledger for writing and lets go of it again, so that the commands see what a worker left.
func (s shelf) with(fn func(context.Context, *ledger.Ledger, *ledger.Run)) {
	s.t.Helper()
	ctx := s.t.Context()
	l, err := ledger.Open(ctx, ledger.Options{URL: "sqlite://" + s.dir + "/migration.db"})
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, l.Close()) }()
	run, err := l.Begin(ctx, ledger.BeginRequest{
		Name: "acme", WorkflowID: "migration/acme", FirstRunID: "1", Input: json.RawMessage(`{"migration":"acme"}`), NutshellAccount: "501", RezoraAccount: "a",
		OwnerClosed: func(context.Context, string, string) (bool, error) { return true, nil },
	})
	require.NoError(s.t, err)
	fn(ctx, l, run)
}

func newShelf(t *testing.T) shelf {
	t.Helper()
	s := shelf{t, t.TempDir()}
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		canon := json.RawMessage(`{"id":"9001","owner_agent_id":"3107","name":"Ines Okafor","email":"ines@example.com","title":"Broker","company_name":"Tern Homes","created_at":"2024-03-04T18:22:09Z","updated_at":"2024-03-05T18:22:09Z"}`)
		_, err := run.StagePage(ctx, record.Contacts, 0, []record.Record{{
			Kind: record.Contacts, ID: "9001", UpdatedAt: time.Date(2024, 3, 5, 18, 22, 9, 0, time.UTC), Provenance: record.FromBoth, Canon: canon,
			Legacy: json.RawMessage(`{"id":9001,"name":"Ines Okafor"}`),
		}}, ledger.Cursor{Done: true})
		require.NoError(t, err)
		require.NoError(t, run.Plan(ctx, []ledger.Effect{
			effect("people", "9001", ledger.Create, ledger.Planned, ""), effect("people", "9002", ledger.Edit, ledger.Planned, "merged"),
			{EffectKey: ledger.EffectKey{Object: "notes", SourceID: "n1", Role: "record", Parent: "people/9003", Part: 1}, Step: "notes", Verb: ledger.Create,
				State: ledger.Quarantined, Code: mapping.CodeParent, Reason: "people 9003 is not in Nutshell"},
		}))
		require.NoError(t, run.Flag(ctx, []ledger.FlagRow{{Object: "people", SourceID: "9001", Code: "company_ambiguous", Reason: "2 companies have this name"}}))
	})
	return s
}

func effect(object, id string, verb ledger.Verb, state ledger.State, how string) ledger.Effect {
	return ledger.Effect{EffectKey: ledger.EffectKey{Object: object, SourceID: id, Role: ledger.RoleRecord, Part: 1}, Step: object, Verb: verb, State: state, How: how, TargetType: "Contacts"}
}

func TestReportListsFilesAndAddresses(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	assert.Contains(t, command(t, s.env(), "report", "acme").done(t).out, "no reports yet")
	a, err := archive.Open(t.Context(), "file://"+s.dir+"/archive", "https://files.example.com/m")
	require.NoError(t, err)
	for _, name := range []string{"sample-diff.html", "pre-migration.json", "attachments/1/a b.txt", "attachments/2/c.txt"} {
		require.NoError(t, a.For("acme").Write(t.Context(), name, func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }))
	}
	require.NoError(t, a.Close())
	env := s.env()
	env["ARCHIVE_LINK_BASE"] = "https://files.example.com/m"
	out := command(t, env, "report", "acme").done(t).out
	assert.Contains(t, out, "https://files.example.com/m/acme/sample-diff.html")
	assert.Contains(t, out, "2 files")
	assert.NotContains(t, out, "a b.txt", "folders are one line")
	command(t, s.env(), "report", "other").oneLine(t, exitUsage, "unknown migration other")
}

func TestQuarantinedNamesReasons(t *testing.T) {
	t.Parallel()
	out := command(t, newShelf(t).env(), "report", "quarantined", "acme").done(t).out
	assert.Contains(t, out, "people 9003 is not in Nutshell")
	assert.Contains(t, out, "n1")
	assert.Equal(t, 1, strings.Count(out, "\n"))
}

func TestExplainTellsTheStoryOfARecord(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	out := command(t, s.env(), "explain", "acme", "people", "9001").done(t).out
	for _, want := range []string{"the current and the legacy API", `"name": "Ines Okafor"`, "In the legacy API", "not decided yet", "planned", "company_ambiguous: 2 companies have this name"} {
		assert.Contains(t, out, want)
	}
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.PutValue(ctx, keyFacts, account.Facts{}))
		require.NoError(t, run.PutValue(ctx, keyMap, string(mapping.Default().YAML())))
	})
	out = command(t, s.env(), "explain", "acme", "people", "9001").done(t).out
	assert.Contains(t, out, "record of Contacts")
	assert.Regexp(t, `customFields.Rezora_ID__c +9001`, out)
	assert.Regexp(t, `description +Broker`, out)
	one := command(t, s.env(), "explain", "people", "9001", "title").done(t).out
	assert.Contains(t, one, "In the source record, title")
	assert.Regexp(t, `description +Broker`, one)
	assert.NotContains(t, one, "Ines", "of the one field only")
	command(t, s.env(), "explain", "acme", "people").oneLine(t, exitUsage, "<source id> is missing")
	command(t, s.env(), "explain", "acme", "people", "1").oneLine(t, exitFailed, "no contacts with the id 1")
}

func TestMappingIsCheckedAndProposed(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	good, bad := filepath.Join(s.dir, "good.yaml"), filepath.Join(s.dir, "bad.yaml")
	require.NoError(t, os.WriteFile(good, []byte("version: 1\npolicies:\n  existing: skip\n"), 0o600))
	require.NoError(t, os.WriteFile(bad, []byte("version: 1\npolicies:\n  existing: replace\n  on_orphans: cry\n"), 0o600))
	assert.Regexp(t, `digest is [0-9a-f]{64}`, command(t, s.env(), "mapping", "check", good).done(t).out)
	env := s.env()
	env["MAPPING_DIR"] = s.dir
	command(t, env, "mapping", "check", "good.yaml").done(t)
	r := command(t, env, "mapping", "check", "bad.yaml")
	r.oneLine(t, exitUsage, "2 mistakes")
	assert.Contains(t, r.out, "bad.yaml:3:")
	assert.Contains(t, r.out, "bad.yaml:4:")
	command(t, env, "mapping", "check", "none.yaml").oneLine(t, exitUsage, "none.yaml")

	command(t, env, "mapping", "propose", "acme").oneLine(t, exitFailed, "has not been extracted yet")
	command(t, env, "mapping", "check", "good.yaml", "--migration", "acme").oneLine(t, exitFailed, "has not been extracted yet")
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		var inv mapping.Inventory
		inv.Rows("contact", 1)
		inv.Add("contact", "Price range", json.RawMessage(`"400k"`))
		inv.Add("contact", "Region", json.RawMessage(`"North"`))
		inv.Word(mapping.WordsLeadStatus, "new")
		require.NoError(t, run.PutValue(ctx, keyInventory, inv))
		require.NoError(t, run.PutValue(ctx, keyFacts, account.Facts{Fields: map[nutshell.EntityType][]nutshell.FieldDef{
			nutshell.Contacts: {{Name: "price_range", Type: nutshell.FieldText}}}}))
	})
	trial := filepath.Join(s.dir, "trial.yaml")
	require.NoError(t, os.WriteFile(trial, []byte("custom_properties:\n  person:\n    Price range: {name: Budget}\n    Region: false\n    Nobody: {name: X}\n"), 0o600))
	out := command(t, env, "mapping", "check", trial, "--migration", "acme").done(t).out
	assert.Contains(t, out, `person property Price range (1): custom field "Budget" of Contacts, text, to be defined`)
	assert.Contains(t, out, "person property Region (1): switched off: the values stay in the archive")
	assert.Contains(t, out, "person property Nobody: the extract has no such property")
	assert.Contains(t, out, `lead status "new" (1): open`)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		var inv mapping.Inventory
		_, err := run.Value(ctx, keyInventory, &inv)
		require.NoError(t, err)
		inv.Word(mapping.WordsLeadStatus, "frozen")
		require.NoError(t, run.PutValue(ctx, keyInventory, inv))
	})
	r = command(t, env, "mapping", "check", trial, "--migration", "acme")
	r.oneLine(t, exitFailed, "would park")
	assert.Contains(t, r.out, `! lead status "frozen" (1): no line in the map`)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		var inv mapping.Inventory
		inv.Add("contact", "Price range", json.RawMessage(`"400k"`))
		require.NoError(t, run.PutValue(ctx, keyInventory, inv))
	})
	builtIn := command(t, env, "mapping", "default").done(t).out
	same, problems := mapping.Parse("default", []byte(builtIn))
	require.Empty(t, problems)
	assert.Equal(t, mapping.Default().Digest(), same.Digest())
	assert.True(t, json.Valid([]byte(command(t, env, "mapping", "schema").done(t).out)))
	file := filepath.Join(s.dir, "proposal.yaml")
	command(t, env, "mapping", "propose", "acme", "-o", file).done(t)
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"Price range": {name: "price_range", type: text} # confidence medium: the account's field "price_range" has a like name (100 %), so it is proposed`)
	command(t, env, "mapping", "check", file).done(t)
	command(t, env, "mapping", "propose", "acme", "-o", file).oneLine(t, exitUsage, "is not replaced")
}

func TestAuditVerifyNamesTheFirstBadLine(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	var log bytes.Buffer
	var head string
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.Audit(ctx, []ledger.AuditEvent{{Event: "one"}, {Event: "two"}}))
		var err error
		head, _, err = run.ExportAudit(ctx, &log)
		require.NoError(t, err)
	})
	file := filepath.Join(s.dir, "audit.jsonl")
	require.NoError(t, os.WriteFile(file, log.Bytes(), 0o600))
	assert.Contains(t, command(t, s.env(), "audit", "verify", file, "--head", head).done(t).out, head)
	command(t, s.env(), "audit", "verify", file, "--head", strings.Repeat("0", 64)).oneLine(t, exitFailed, "another log, or an earlier export")
	lines := strings.SplitAfter(log.String(), "\n")
	require.Greater(t, len(lines), 3)
	edited := strings.Replace(log.String(), `"event":"two"`, `"event":"six"`, 1)
	require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))
	command(t, s.env(), "audit", "verify", file).oneLine(t, exitFailed, fmt.Sprintf("line %d ", len(lines)-2))
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines[:len(lines)-2], "")), 0o600))
	command(t, s.env(), "audit", "verify", file).oneLine(t, exitFailed, "line")
}

func TestShredRefusesWhatWouldBeLost(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	command(t, s.env(), "shred", "acme", "--give-up-rollback").oneLine(t, exitFailed, "open")
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.SetStatus(ctx, ledger.StatusCompleted))
	})
	command(t, s.env(), "shred", "acme").oneLine(t, exitUsage, "--give-up-rollback")
	command(t, s.env(), "explain", "acme", "people", "9001").done(t)
	command(t, s.env(), "shred", "nobody", "--give-up-rollback").oneLine(t, exitUsage, "unknown migration nobody")
	assert.Contains(t, command(t, s.env(), "shred", "acme", "--give-up-rollback").done(t).out, "acme is shredded")
	command(t, s.env(), "explain", "acme", "people", "9001").oneLine(t, exitFailed, "was shredded")
	command(t, s.env(), "report", "quarantined", "acme").done(t)
}

// The certificate says what is gone and what is not reached; the exported audit log ends with the shredding. Cut short, it is finished by
// a repetition, which keeps the date.
func TestShredCertifiesWhatItDestroyedAndWhatItDoesNotReach(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.SetStatus(ctx, ledger.StatusCompleted))
	})
	attachments := filepath.Join(s.dir, "archive", "acme", "attachments", "f1")
	require.NoError(t, os.MkdirAll(attachments, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(attachments, "deed.pdf"), make([]byte, 2048), 0o600))
	out := command(t, s.env(), "shred", "acme", "--give-up-rollback", "--by", "jo").done(t).out
	for _, says := range []string{
		"Certificate of destruction", "acme, run 1, completed on", "1 source records", "3 effects", "Not reached",
		filepath.Join(s.dir, "archive", "acme"), "attachments/ ", "1 files, 2.0 KiB", "copies of the ledger", "migration.db.key", "Nutshell", "stays there",
	} {
		assert.Contains(t, out, says)
	}
	assert.NotContains(t, out, "workers", "an SQLite ledger was not shared")
	log, err := os.ReadFile(filepath.Join(s.dir, "archive", "acme", "audit.jsonl"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	assert.Contains(t, lines[len(lines)-2], `"event":"shredded"`)
	assert.Contains(t, lines[len(lines)-2], `"by":"jo"`)
	head := lastHash(log)
	assert.Contains(t, out, head)
	command(t, s.env(), "audit", "verify", filepath.Join(s.dir, "archive", "acme", "audit.jsonl"), "--head", head).done(t)

	file := filepath.Join(s.dir, "certificate.txt")
	command(t, s.env(), "shred", "acme", "--give-up-rollback", "--output", file).done(t)
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	date := func(text string) string {
		_, rest, ok := strings.Cut(text, "destroyed:")
		require.True(t, ok)
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	assert.Equal(t, date(out), date(string(again)))
	command(t, s.env(), "shred", "acme", "--give-up-rollback", "--output", file).oneLine(t, exitFailed, "certificate")
}

// Of a migration that was taken back, the certificate says so, with the day of the rollback.
func TestShredAfterARollback(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.SetStatus(ctx, ledger.StatusRolledBack))
	})
	out := command(t, s.env(), "shred", "acme", "--give-up-rollback").done(t).out
	assert.Contains(t, out, "acme, run 1, rolled_back on "+time.Now().UTC().Format("2006-01-"))
	assert.Contains(t, out, "the rest was taken back")
	assert.NotContains(t, out, "everything that was migrated")
}

// A certificate that cannot be written is no reason to say nothing of what was destroyed.
func TestShredTellsWhenTheArchiveIsOutOfReach(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.SetStatus(ctx, ledger.StatusCompleted))
	})
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "archive"), nil, 0o600)) // no folder
	command(t, s.env(), "shred", "acme", "--give-up-rollback").oneLine(t, exitFailed, "is shredded, but its certificate could not be made")
	require.NoError(t, os.Remove(filepath.Join(s.dir, "archive")))
	assert.Contains(t, command(t, s.env(), "shred", "acme", "--give-up-rollback").done(t).out, "Certificate of destruction")
}

func TestShredDoesNotTakeTheLedgerFromAWorker(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.with(func(ctx context.Context, _ *ledger.Ledger, run *ledger.Run) {
		require.NoError(t, run.SetStatus(ctx, ledger.StatusCompleted))
		command(t, s.env(), "shred", "acme", "--give-up-rollback").oneLine(t, exitFailed, "a worker holds the ledger")
		command(t, s.env(), "report", "quarantined", "acme").done(t)
	})
}

func TestDryRunSaysWhatARollbackWouldDo(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	out := command(t, s.env(), "rollback", "acme", "--dry-run").done(t).out
	assert.Contains(t, out, "acme, run 1, open")
	assert.Regexp(t, `people +\d+ +0 +0 +0`, out)
	assert.Contains(t, out, "the account has not been read since")
}
