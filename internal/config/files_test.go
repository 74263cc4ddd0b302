package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/config"
)

// The example of rezora contract 7.2 holds every key with its default, so loading it changes nothing.
const contractSettings = `
source: {kind: http, profile: dv1, base_url: "https://data.rezora.com", base_path: "", allow_http: false, zone: UTC, disabled_resources: []}   # kind: http | export; base_path "" = from profile
auth: {mode: bearer, secret_env: REZORA_TOKEN, secret_file: "", header: X-API-Key}   # environment variable or file only
limits: {requests_per_s: 2, in_flight: 2, attempts: 8, backoff_base_s: 0.5, backoff_max_s: 60, max_wait_s: 300, max_wait_total_s: 3600, timeout_s: 60, max_body_mib: 64}
legacy: {kind: http, base_url: "https://api.rezora.com/v1", allow_http: false, auth: basic, zone: UTC, credentials_file: "", dir: ""}   # kind: http | export | none; auth: basic | digest
union: {resources: [agents, teams, team_memberships, contacts, distribution_groups, group_memberships], agents: all, contact_kinds: [self, normal, synced, master], match_by_id: true, resurrect: skip, probe: true, fill_empty: false, accept_incomplete: []}   # resurrect: skip | add | stop
attachments: {enabled: true, max_bytes: 2147483648, allow_private_hosts: false}
export: {dir: "", allow_no_manifest: false, as_of: ""}
`

func TestContractSettingsAreTheDefaults(t *testing.T) {
	env := worker(t, nil)
	plain, err := config.Load(env)
	require.NoError(t, err)
	env["REZORA_SETTINGS_FILE"] = write(t, "rezora.yaml", contractSettings, 0o644)
	filed, err := config.Load(env)
	require.NoError(t, err)
	filed.Rezora.SettingsFile = ""
	filed.Rezora.Source.DisabledResources, filed.Rezora.Union.AcceptIncomplete = nil, nil
	assert.Equal(t, plain, filed)
}

func TestEnvironmentBeatsFile(t *testing.T) {
	c, err := config.Load(worker(t, map[string]string{
		"REZORA_SETTINGS_FILE": write(t, "r.yaml", `
source: {profile: prototype, base_url: "https://file.example", base_path: /api/, disabled_resources: [social_posts]}
auth: {secret_env: OTHER}
limits: {requests_per_s: 50}
union: {agents: [3107, "3120"], accept_incomplete: [9]}
`, 0o644),
		"OTHER": "other-token", "REZORA_BASE_URL": "https://env.example",
		"NUTSHELL_RATE": "20", "NUTSHELL_CONCURRENCY": "8",
		"NUTSHELL_SETTINGS_FILE": write(t, "n.yaml", `
limits: {calls_per_s: 3, headroom: 0.2, writes_parallel: 6, read_lag_s: 1.5}
plan: {name: Entry, open_leads: 100}
pipeline: Residential
activity_types: {call: Phone call}
`, 0o644),
	}))
	require.NoError(t, err)
	assert.Equal(t, "https://env.example", c.Rezora.Source.BaseURL)
	assert.Equal(t, "prototype", c.Rezora.Source.Profile)
	assert.Equal(t, "/api", c.Rezora.Source.BasePath)
	assert.Equal(t, "rz-token", c.Rezora.Auth.Secret.Reveal())
	assert.InDelta(t, 50, c.Rezora.Limits.RequestsPerS, 0)
	assert.Equal(t, 8, c.Rezora.Limits.Attempts, "absent keys keep their defaults")
	assert.Equal(t, []string{"3107", "3120"}, c.Rezora.Union.Agents.IDs)
	assert.False(t, c.Rezora.Union.Agents.Has("1"))
	assert.Equal(t, []string{"9"}, c.Rezora.Union.AcceptIncomplete)

	assert.EqualValues(t, 20, c.Nutshell.Rate)
	assert.InDelta(t, 0.2, c.Nutshell.Limits.Headroom, 0)
	assert.Equal(t, 6, c.Nutshell.Limits.ParallelWrites)
	assert.EqualValues(t, 1.5, c.Nutshell.Limits.ReadLag)
	assert.Equal(t, config.NutshellPlan{Name: "Entry", OpenLeads: 100}, c.Nutshell.Plan)
	assert.Equal(t, "Residential", c.Nutshell.Pipeline)
	assert.Equal(t, config.ActivityTypes{Call: "Phone call", Email: "Email", Meeting: "Meeting"}, c.Nutshell.ActivityTypes)
}

func TestRateOfAFileIsACeiling(t *testing.T) {
	c, err := config.Load(worker(t, map[string]string{"NUTSHELL_SETTINGS_FILE": write(t, "n.yaml", "limits: {calls_per_s: 3}", 0o644)}))
	require.NoError(t, err)
	assert.EqualValues(t, 3, c.Nutshell.Rate)
	assert.InDelta(t, 3, c.Nutshell.Limits.StartRate, 0)
}

func TestBlankFilesChangeNothing(t *testing.T) {
	plain, err := config.Load(worker(t, nil))
	require.NoError(t, err)
	for _, text := range []string{"", "\n", "# nothing\n---\n", "limits:\nplan:\n", "limits: {headroom: null, file_bytes: null}\n"} {
		c, err := config.Load(worker(t, map[string]string{"NUTSHELL_SETTINGS_FILE": write(t, "n.yaml", text, 0o644)}))
		require.NoError(t, err, text)
		c.Nutshell.SettingsFile = ""
		assert.Equal(t, plain.Nutshell, c.Nutshell, text)
	}
}

func TestExportNeedsNoToken(t *testing.T) {
	dir := t.TempDir()
	c, err := config.Load(worker(t, map[string]string{"REZORA_TOKEN": "", "REZORA_EXPORT_DIR": dir}))
	require.NoError(t, err)
	assert.Equal(t, config.KindExport, c.Rezora.Source.Kind)
	assert.Equal(t, dir, c.Rezora.Export.Dir)

	c, err = config.Load(worker(t, map[string]string{"REZORA_TOKEN": "", "REZORA_SETTINGS_FILE": write(t, "r.yaml",
		"source: {kind: export}\nexport: {dir: "+dir+", allow_no_manifest: true, as_of: 2024-05-02T08:00:00Z}\n", 0o644)}))
	require.NoError(t, err)
	assert.Equal(t, config.KindExport, c.Rezora.Source.Kind)
	assert.Equal(t, "2024-05-02T08:00:00Z", c.Rezora.Export.AsOf)
}

func TestLegacyNeedsItsVariable(t *testing.T) {
	login := "level,agent_id,username,password\r\ncompany,,boss@example.com,p:w\r\nagent,3107,lee@example.com,\"q,\"\"1\"\r\n"
	creds := write(t, "creds.csv", login, 0o600)
	file := write(t, "r.yaml", "legacy: {kind: http, base_url: \"https://l.example/v1\", credentials_file: "+creds+"}\n", 0o644)

	c, err := config.Load(worker(t, map[string]string{"REZORA_SETTINGS_FILE": file}))
	require.NoError(t, err)
	assert.Equal(t, config.RezoraLegacy{Kind: config.KindNone}, c.Rezora.Legacy, "whatever the file says")

	c, err = config.Load(worker(t, map[string]string{"REZORA_SETTINGS_FILE": file, "REZORA_LEGACY_BASE_URL": "http://[::1]:80/v1/"}))
	require.NoError(t, err)
	assert.Equal(t, config.KindHTTP, c.Rezora.Legacy.Kind)
	assert.Equal(t, "http://[::1]:80/v1", c.Rezora.Legacy.BaseURL)
	require.Len(t, c.Rezora.Legacy.Credentials, 2)
	agent := c.Rezora.Legacy.Credentials[1]
	assert.Equal(t, "3107", agent.AgentID)
	assert.Equal(t, `q,"1`, agent.Password.Reveal())
	for form, text := range printed(t, c) {
		assert.NotContains(t, text, "lee@example.com", form)
	}

	dir := t.TempDir()
	c, err = config.Load(worker(t, map[string]string{"REZORA_SETTINGS_FILE": write(t, "r.yaml", "legacy: {kind: export, dir: "+dir+"}\n", 0o644)}))
	require.NoError(t, err)
	assert.Equal(t, config.KindExport, c.Rezora.Legacy.Kind, "a folder is no API")
}

func TestCredentialsFile(t *testing.T) {
	const head = "level,agent_id,username,password\n"
	cases := map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"open":          {head + "agent,1,u,p\n", 0o640, "chmod 600"},
		"no header":     {"agent,1,u,p\n", 0o600, "header"},
		"empty":         {"", 0o600, "header"},
		"no login":      {head, 0o600, "no credential"},
		"level":         {head + "agent,1,u,p\nboss,,u,p\n", 0o600, "line 3"},
		"company agent": {head + "company,1,u,p\n", 0o600, "line 2"},
		"no password":   {head + "agent,1,u,\n", 0o600, "password is empty"},
		"width":         {head + "agent,1,u\n", 0o600, "line 2"},
		"twice":         {head + "agent,1,u,p\nagent,1,v,p\n", 0o600, "line 3"},
		"colon":         {head + "agent,1,u:v,p\n", 0o600, "colon"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(worker(t, map[string]string{
				"REZORA_LEGACY_BASE_URL": "https://l.example/v1", "REZORA_LEGACY_CREDENTIALS_FILE": write(t, "c.csv", tc.text, tc.mode),
			}))
			require.ErrorContains(t, err, tc.says)
			require.ErrorContains(t, err, "REZORA_LEGACY_CREDENTIALS_FILE")
		})
	}
}

func TestSecretFile(t *testing.T) {
	file := write(t, "r.yaml", "auth: {mode: token_exchange, secret_file: "+write(t, "s", "me@example.com:p:w\n", 0o400)+"}\n", 0o644)
	c, err := config.Load(worker(t, map[string]string{"REZORA_TOKEN": "", "REZORA_SETTINGS_FILE": file}))
	require.NoError(t, err)
	user, pass := c.Rezora.Auth.UserPassword()
	assert.Equal(t, "me@example.com", user)
	assert.Equal(t, "p:w", pass.Reveal())
}

func TestProfileFile(t *testing.T) {
	path := write(t, "house.yaml", "profile: house\n", 0o644)
	c, err := config.Load(worker(t, map[string]string{"REZORA_PROFILE": path}))
	require.NoError(t, err)
	assert.False(t, c.Rezora.Source.BuiltInProfile())
	assert.Equal(t, path, c.Rezora.Source.Profile)
}

func TestNames(t *testing.T) {
	names := config.Names()
	assert.True(t, slices.IsSorted(names))
	for _, n := range []string{
		"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_TASK_QUEUE", "TEMPORAL_TLS_CA", "TEMPORAL_TLS_CERT", "TEMPORAL_TLS_KEY",
		"TEMPORAL_TLS_SERVER_NAME", "TEMPORAL_API_KEY", "REZORA_BASE_URL", "REZORA_PROFILE", "REZORA_TOKEN", "REZORA_EXPORT_DIR",
		"REZORA_LEGACY_BASE_URL", "REZORA_LEGACY_CREDENTIALS_FILE", "REZORA_SETTINGS_FILE", "NUTSHELL_BASE_URL", "NUTSHELL_USERNAME",
		"NUTSHELL_API_KEY", "NUTSHELL_IMPERSONATE", "NUTSHELL_RATE", "NUTSHELL_CONCURRENCY", "NUTSHELL_SETTINGS_FILE", "LEDGER_URL",
		"LEDGER_KEY_FILE", "ARCHIVE_URL", "ARCHIVE_LINK_BASE", "MAPPING_DIR", "LOG_LEVEL", "LOG_FORMAT", "METRICS_ADDRESS",
		"NOTIFY_URL", "TEMPORAL_UI_URL",
		"TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID",
	} {
		assert.Contains(t, names, n)
	}
	assert.Len(t, names, 34)
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true,
		"localhost.example.com": false, "127.0.0.1.nip.example": false, "10.0.0.1": false, "": false, "0.0.0.0": false,
	} {
		assert.Equal(t, want, config.IsLoopback(host), host)
	}
}

func TestSQLiteForms(t *testing.T) {
	cwd, err := os.Getwd()
	require.NoError(t, err)
	for raw, want := range map[string]string{
		"sqlite:relative.db":       filepath.Join(cwd, "relative.db"),
		"sqlite:sub/relative.db":   filepath.Join(cwd, "sub/relative.db"),
		"sqlite:///tmp/no/such.db": "/tmp/no/such.db",
		"sqlite:/tmp/no/such.db":   "/tmp/no/such.db",
		"sqlite:///tmp/a%20b.db":   "/tmp/a b.db",
	} {
		c, err := config.LoadLedger(map[string]string{"LEDGER_URL": raw})
		require.NoError(t, err, raw)
		assert.Equal(t, want, c.Ledger.Path)
	}
}
