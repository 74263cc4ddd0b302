package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/ledger"
)

// patient is a worker's environment with two accounts that are well.
func patient(t *testing.T) map[string]string {
	t.Helper()
	_, env := theWorker(t)
	source := rezoratest.NewServer(rezoratest.Config{Seed: 1, Size: "XS", Tokens: []string{"token-of-the-tests"}, TombstoneDays: 30, CursorTTL: 86400})
	t.Cleanup(source.Close)
	dest := nutshelltest.NewServer(nutshelltest.DefaultConfig())
	t.Cleanup(dest.Close)
	dir := t.TempDir()
	brisk := filepath.Join(dir, "rezora.yaml")
	require.NoError(t, os.WriteFile(brisk, []byte("limits: {requests_per_s: 1000, in_flight: 8}\n"), 0o600))
	out := map[string]string{
		"REZORA_BASE_URL": source.URL, "REZORA_TOKEN": "token-of-the-tests", "NUTSHELL_BASE_URL": dest.URL, "NUTSHELL_USERNAME": nutshelltest.SeedUser,
		"NUTSHELL_API_KEY": nutshelltest.SeedKey, "LEDGER_URL": "sqlite://" + dir + "/migration.db", "REZORA_SETTINGS_FILE": brisk,
	}
	for k, v := range env {
		if _, given := out[k]; !given {
			out[k] = v
		}
	}
	return out
}

func findings(t *testing.T, r result) map[string][]finding {
	t.Helper()
	var list []finding
	require.NoError(t, json.Unmarshal([]byte(r.out), &list))
	out := map[string][]finding{}
	for _, f := range list {
		out[f.Check] = append(out[f.Check], f)
	}
	return out
}

func faults(list []finding) (out []finding) {
	for _, f := range list {
		if f.State == faulty {
			out = append(out, f)
		}
	}
	return out
}

func TestDoctorFindsAWellWorldWell(t *testing.T) {
	t.Parallel()
	env := patient(t)
	out := command(t, env, "doctor").done(t).out
	for _, what := range []string{"temporal", "ledger", "archive", "disk", "rezora", "legacy", "nutshell", "clock", "resources offered", "clock agrees"} {
		assert.Contains(t, out, what)
	}
	assert.NotContains(t, out, faulty+"  ")
	assert.NotContains(t, out, "token-of-the-tests")
	assert.NotContains(t, out, nutshelltest.SeedKey)
	assert.NoFileExists(t, filepath.Join(filepath.Dir(env["LEDGER_URL"][len("sqlite://"):]), "migration.db"), "a look makes no ledger")
}

func TestDoctorNamesEveryFaultWithItsCure(t *testing.T) {
	t.Parallel()
	env := patient(t)
	env["TEMPORAL_NAMESPACE"], env["NUTSHELL_API_KEY"], env["REZORA_TOKEN"] = "nowhere", "another-key-0123456789", "stale-token"
	shelf := newShelf(t)
	env["LEDGER_URL"] = shelf.env()["LEDGER_URL"]
	require.NoError(t, os.Chmod(filepath.Join(shelf.dir, "migration.db.key"), 0o644))
	r := command(t, env, "doctor", "--json")
	assert.Equal(t, exitFailed, r.code)
	found := findings(t, r)
	for check, cure := range map[string]string{"temporal": "namespace create", "nutshell": "NUTSHELL_API_KEY", "rezora": "REZORA_TOKEN", "ledger": "chmod 600"} {
		bad := faults(found[check])
		if assert.Len(t, bad, 1, check) {
			assert.Contains(t, bad[0].Cure, cure, check)
		}
	}
	assert.Empty(t, faults(found["clock"]), "one fault hides no other check")
	env["NUTSHELL_USERNAME"] = ""
	command(t, env, "doctor").oneLine(t, exitUsage, "NUTSHELL_USERNAME")
}

func TestDoctorSeesAWrongClock(t *testing.T) {
	t.Parallel()
	env := patient(t)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(slow.Close)
	env["NUTSHELL_BASE_URL"] = slow.URL
	r := command(t, env, "doctor", "--json")
	bad := faults(findings(t, r)["clock"])
	require.Len(t, bad, 1)
	assert.Contains(t, bad[0].Text, "1h0m")
}

func TestListShowsWhatTemporalAndTheLedgerKnow(t *testing.T) {
	t.Parallel()
	_, env := theWorker(t)
	for k, v := range newShelf(t).env() {
		env[k] = v
	}
	command(t, env, "start", "listed").done(t)
	waitFor(t, "migration/listed", atGate)
	require.Eventually(t, func() bool { // visibility follows a moment later
		var list []listed
		require.NoError(t, json.Unmarshal([]byte(command(t, env, "list", "--json").done(t).out), &list))
		by := map[string]listed{}
		for _, l := range list {
			by[l.Migration] = l
		}
		return by["listed"].Status == "waiting" && by["listed"].Phase == "approval" && by["listed"].WaitingFor == "confirm" &&
			by["acme"].Known == "ledger" && by["acme"].Status == "open"
	}, waitMost, waitTick)
	page := command(t, env, "list").done(t).out
	assert.Contains(t, page, "listed")
	assert.Contains(t, page, "acme")
	env["TEMPORAL_ADDRESS"] = "127.0.0.1:1"
	page = command(t, env, "list").done(t).out
	assert.Contains(t, page, "not asked: TEMPORAL_ADDRESS")
	assert.Contains(t, page, "acme")
	leave(t, "listed")
}

// A name that was used again is listed as its last run stands, whatever became of the first.
func TestListShowsTheLastRunOfAName(t *testing.T) {
	t.Parallel()
	_, env := theWorker(t)
	s := newShelf(t)
	for k, v := range s.env() {
		env[k] = v
	}
	run := func(name, runID string, status string) {
		s.with(func(ctx context.Context, l *ledger.Ledger, _ *ledger.Run) {
			r, err := l.Begin(ctx, ledger.BeginRequest{
				Name: name, WorkflowID: "migration/" + name, FirstRunID: runID, Input: json.RawMessage(`{}`), NutshellAccount: "501", RezoraAccount: "a",
				OwnerClosed: func(context.Context, string, string) (bool, error) { return true, nil },
			})
			require.NoError(t, err)
			require.NoError(t, r.SetStatus(ctx, status))
		})
	}
	run("twice", "1", ledger.StatusRolledBack)
	run("twice", "2", ledger.StatusCompleted)
	run("begun", "1", ledger.StatusRolledBack) // its second run is not in the ledger yet
	for _, name := range []string{"twice", "begun"} {
		command(t, env, "start", name, "--delta-window", "0s").done(t)
		waitFor(t, "migration/"+name, atGate)
	}
	command(t, env, "confirm", "twice", "--approve", "--report", testDigest).done(t)
	command(t, env, "status", "twice").done(t)
	leave(t, "begun")
	require.Eventually(t, func() bool {
		var list []listed
		require.NoError(t, json.Unmarshal([]byte(command(t, env, "list", "--json").done(t).out), &list))
		by := map[string]string{}
		for _, l := range list {
			by[l.Migration] = l.Status
		}
		return by["twice"] == "completed" && by["begun"] == "waiting"
	}, waitMost, waitTick)
}

func TestStatusFallsBackToTheLedger(t *testing.T) {
	t.Parallel()
	_, env := theWorker(t)
	for k, v := range newShelf(t).env() {
		env[k] = v
	}
	page := command(t, env, "status", "acme", "--once").done(t).out
	assert.Contains(t, page, "Temporal does not know it any more")
	assert.Contains(t, page, "acme")
	env["TEMPORAL_ADDRESS"] = "127.0.0.1:1"
	assert.Contains(t, command(t, env, "status", "acme").done(t).out, "Temporal cannot be asked")
	command(t, env, "status", "nobody").oneLine(t, exitFailed, "TEMPORAL_ADDRESS")
}

func TestALedgerIsCopiedWholeBesideAWriter(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	assert.Contains(t, command(t, s.env(), "ledger", "backup", copied).done(t).out, "key file")
	info, err := os.Stat(copied)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	command(t, s.env(), "ledger", "backup", copied).oneLine(t, exitUsage, "exists already")
	restored := map[string]string{"LEDGER_URL": "sqlite://" + copied, "LEDGER_KEY_FILE": filepath.Join(s.dir, "migration.db.key")}
	assert.Contains(t, command(t, restored, "explain", "acme", "people", "9001").done(t).out, "9001")
	command(t, map[string]string{"LEDGER_URL": "sqlite://" + t.TempDir() + "/none.db"}, "ledger", "backup", copied+"2").oneLine(t, exitUsage, "LEDGER_URL")
	command(t, map[string]string{"LEDGER_URL": "postgres://u@127.0.0.1/x", "LEDGER_KEY_FILE": filepath.Join(s.dir, "migration.db.key"), "ARCHIVE_URL": "file:///tmp/x"},
		"ledger", "backup", copied+"3").oneLine(t, exitUsage, "pg_dump")
}
