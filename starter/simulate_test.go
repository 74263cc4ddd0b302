package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell/nutshelltest"
	"rezora2nutshell/clients/rezora/rezoratest"
	"rezora2nutshell/internal/config"
)

func TestSimulatePrintsSettingsThatWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	switches := filepath.Join(dir, "nutshell.yaml")
	require.NoError(t, os.WriteFile(switches, []byte("contactLimit: 2500\nfaults: [{match: newContact, kind: http503, times: 1}]\n"), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"simulate", "--size", "XS", "--furnish", "--legacy-credentials", filepath.Join(dir, "legacy.csv"), "--nutshell-config", switches},
			console{out: &out, err: &errs, environ: map[string]string{}})
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "REZORA_LEGACY_CREDENTIALS_FILE") }, waitMost, waitTick)
	env := map[string]string{}
	for _, l := range strings.Split(out.String(), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(l, "export "), "="); ok && strings.HasPrefix(l, "export ") {
			env[name] = value
		}
	}
	env["LEDGER_URL"] = "sqlite://" + dir + "/x.db"
	_, err := config.Load(env)
	require.NoError(t, err, "the printed settings are all a worker needs")

	var live nutshelltest.Live
	require.NoError(t, control(ctx, http.MethodGet, env["NUTSHELL_BASE_URL"]+"/_sim/config", nil, &live))
	assert.Equal(t, 2500, live.ContactLimit)
	var agents []rezoratest.Agent
	require.NoError(t, control(ctx, http.MethodGet, env["REZORA_BASE_URL"]+"/_sim/agents", nil, &agents))
	var account nutshelltest.Snapshot
	require.NoError(t, control(ctx, http.MethodGet, env["NUTSHELL_BASE_URL"]+"/_sim/snapshot", nil, &account))
	assert.GreaterOrEqual(t, len(account.Contacts), ownPeople)
	orphans := 0
	for _, a := range agents {
		enabled := false
		for _, u := range account.Users {
			enabled = enabled || u.Enabled && strings.EqualFold(u.Emails[0], a.Email)
		}
		if !enabled {
			orphans++
		}
	}
	assert.Equal(t, 1, orphans, "one agent has no enabled user")

	stop()
	select {
	case code := <-ended:
		assert.Equal(t, exitDone, code, errs.String())
	case <-time.After(waitMost):
		t.Fatal("simulate does not end when it is interrupted")
	}
}

func TestFurnishedAccountHasPeopleThatRezoraKnows(t *testing.T) {
	t.Parallel()
	cfg := rezoratest.DefaultConfig()
	cfg.Size = "T"
	r, n := rezoratest.New(cfg), nutshelltest.New(nutshelltest.DefaultConfig())
	require.NoError(t, furnish(n, r))
	known := map[string]bool{}
	for _, c := range r.Rows("contacts", false) {
		known[emailOf(c)] = true
	}
	both := 0
	all := n.Snapshot()
	for _, c := range all.Contacts {
		if _, address, ok := strings.Cut(strings.Join(c.Lists["email"], ""), "="); ok && known[strings.ToLower(address)] {
			both++
		}
	}
	assert.Equal(t, knownPeople, both)
	assert.Len(t, all.Contacts, knownPeople+ownPeople)
	assert.Len(t, all.Accounts, knownCompanies+1)
}

func TestUnknownSwitchIsAMistake(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "r.yaml")
	require.NoError(t, os.WriteFile(file, []byte("bigness: S\n"), 0o600))
	command(t, map[string]string{}, "simulate", "--rezora-config", file).oneLine(t, exitUsage, "--rezora-config", "bigness")
}
