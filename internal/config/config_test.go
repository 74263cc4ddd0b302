package config_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/config"
)

// worker returns the least a worker needs, in a folder of its own.
func worker(t *testing.T, more map[string]string) map[string]string {
	t.Helper()
	env := map[string]string{
		"REZORA_TOKEN":       "rz-token",
		"NUTSHELL_USERNAME":  "ann@example.com",
		"NUTSHELL_API_KEY":   "nutshell-key-1234",
		"LEDGER_URL":         "sqlite://" + filepath.Join(t.TempDir(), "m.db"),
		"SOMETHING_UNKNOWN":  "is not ours",
		"NUTSHELL_RATE":      "", // empty counts as unset
		"TEMPORAL_NAMESPACE": "",
	}
	maps.Copy(env, more)
	return env
}

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

func TestDefaults(t *testing.T) {
	env := worker(t, nil)
	c, err := config.Load(env)
	require.NoError(t, err)

	assert.Equal(t, config.Temporal{Address: "127.0.0.1:7233", Namespace: "default", TaskQueue: "crm-migration"}, c.Temporal)
	assert.Equal(t, config.Log{Level: "info", Format: "json"}, c.Log)
	assert.Equal(t, ".", c.MappingDir)
	assert.Empty(t, c.Metrics.Address)
	assert.False(t, c.Notify.URL.Set())

	assert.Equal(t, "https://data.rezora.com", c.Rezora.Source.BaseURL)
	assert.Equal(t, "dv1", c.Rezora.Source.Profile)
	assert.True(t, c.Rezora.Source.BuiltInProfile())
	assert.Equal(t, config.KindHTTP, c.Rezora.Source.Kind)
	assert.Equal(t, "rz-token", c.Rezora.Auth.Secret.Reveal())
	assert.Equal(t, config.KindNone, c.Rezora.Legacy.Kind)
	assert.Equal(t, 500*time.Millisecond, c.Rezora.Limits.BackoffBase.Duration())
	assert.Equal(t, time.Hour, c.Rezora.Limits.MaxWaitTotal.Duration())
	assert.Len(t, c.Rezora.Union.Resources, 6)
	assert.True(t, c.Rezora.Union.Agents.Has("any"))
	assert.True(t, c.Rezora.Union.MatchByID && c.Rezora.Union.Probe && c.Rezora.Attachments.Enabled)
	assert.EqualValues(t, 2147483648, c.Rezora.Attachments.MaxBytes)

	assert.Equal(t, "https://app.nutshell.com", c.Nutshell.BaseURL)
	assert.Zero(t, c.Nutshell.Rate, "no ceiling: learned")
	assert.Equal(t, 4, c.Nutshell.Concurrency)
	assert.False(t, c.Nutshell.Impersonate)
	assert.Equal(t, config.NutshellLimits{
		StartRate: 5, FindRate: 2, ParallelWrites: 4, CallTimeout: 30, UploadTimeout: 300, ReadLag: 60,
		FileBytes: 10485760, NoteChars: 65536,
	}, c.Nutshell.Limits)
	assert.Equal(t, config.ActivityTypes{Call: "Call", Email: "Email", Meeting: "Meeting"}, c.Nutshell.ActivityTypes)
	assert.Equal(t, config.Outcomes{Won: "Won", Lost: "Lost"}, c.Nutshell.Outcomes)

	path := strings.TrimPrefix(env["LEDGER_URL"], "sqlite://")
	assert.Equal(t, config.SQLite, c.Ledger.Dialect)
	assert.Equal(t, path, c.Ledger.Path)
	assert.Equal(t, path+".key", c.Ledger.KeyFile)
	assert.False(t, c.Ledger.KeyExists)
	assert.Equal(t, "file://"+filepath.Join(filepath.Dir(path), "archive"), c.Archive.URL)
	assert.Equal(t, c.Archive.URL, c.Archive.LinkBase)
	assert.Empty(t, c.Warnings)
}

func TestEnvironment(t *testing.T) {
	c, err := config.Load(worker(t, map[string]string{
		"TEMPORAL_ADDRESS": "[::1]:7233", "TEMPORAL_NAMESPACE": "crm", "TEMPORAL_TASK_QUEUE": "q",
		"REZORA_BASE_URL": "http://127.0.0.1:9000/", "REZORA_PROFILE": "prototype",
		"NUTSHELL_BASE_URL": "http://localhost:9001/", "NUTSHELL_IMPERSONATE": "true",
		"NUTSHELL_RATE": "12.5", "NUTSHELL_CONCURRENCY": "9",
		"ARCHIVE_URL": "s3://bucket?region=us-east-1", "LOG_LEVEL": "debug", "LOG_FORMAT": "console",
		"METRICS_ADDRESS": ":9090", "MAPPING_DIR": t.TempDir(), "NOTIFY_URL": "http://[::1]:9/hook?token=x", "TEMPORAL_UI_URL": "http://ui.example:8080/",
	}))
	require.NoError(t, err)
	assert.Equal(t, "crm", c.Temporal.Namespace)
	assert.Equal(t, "http://127.0.0.1:9000", c.Rezora.Source.BaseURL)
	assert.Equal(t, "http://localhost:9001", c.Nutshell.BaseURL)
	assert.True(t, c.Nutshell.Impersonate)
	assert.EqualValues(t, 12.5, c.Nutshell.Rate)
	assert.InDelta(t, 12.5, c.Nutshell.Limits.StartRate, 0)
	assert.Equal(t, 9, c.Nutshell.Concurrency)
	assert.Equal(t, 9, c.Nutshell.Limits.ParallelWrites)
	assert.Zero(t, c.Nutshell.Limits.ReadLag, "a simulator on this machine has no read lag")
	assert.Equal(t, "s3://bucket", c.Archive.LinkBase)
	assert.Equal(t, "http://[::1]:9/hook?token=x", c.Notify.URL.Reveal())
	assert.Equal(t, "http://ui.example:8080", c.Notify.WebUI)
}

// Every fault is one line that names the setting.
func TestFaults(t *testing.T) {
	yaml := func(text string) string { return write(t, "s.yaml", text, 0o644) }
	key := write(t, "k", "0123456789abcdef", 0o600)
	pg := map[string]string{"LEDGER_URL": "postgres://m:pw-secret@db/l", "LEDGER_KEY_FILE": key, "ARCHIVE_URL": "s3://b"}
	cases := map[string]struct {
		env   map[string]string
		names string
		says  string
	}{
		"no token":            {map[string]string{"REZORA_TOKEN": ""}, "REZORA_TOKEN", "not set"},
		"token of two lines":  {map[string]string{"REZORA_TOKEN": "a\nb"}, "REZORA_TOKEN", "line break"},
		"no user":             {map[string]string{"NUTSHELL_USERNAME": ""}, "NUTSHELL_USERNAME", "not set"},
		"no key":              {map[string]string{"NUTSHELL_API_KEY": ""}, "NUTSHELL_API_KEY", "not set"},
		"plain nutshell":      {map[string]string{"NUTSHELL_BASE_URL": "http://app.nutshell.com"}, "NUTSHELL_BASE_URL", "plain http"},
		"plain look-alike":    {map[string]string{"NUTSHELL_BASE_URL": "http://127.0.0.1.example.com"}, "NUTSHELL_BASE_URL", "plain http"},
		"password in URL":     {map[string]string{"NUTSHELL_BASE_URL": "https://u:pw-secret@h"}, "NUTSHELL_BASE_URL", "credentials"},
		"ftp":                 {map[string]string{"NUTSHELL_BASE_URL": "ftp://h"}, "NUTSHELL_BASE_URL", "scheme"},
		"plain rezora":        {map[string]string{"REZORA_BASE_URL": "http://data.rezora.com"}, "REZORA_BASE_URL", "plain http"},
		"no URL":              {map[string]string{"REZORA_BASE_URL": "data.rezora.com"}, "REZORA_BASE_URL", "not a URL"},
		"profile":             {map[string]string{"REZORA_PROFILE": "dv2"}, "REZORA_PROFILE", "does not exist"},
		"rate zero":           {map[string]string{"NUTSHELL_RATE": "0"}, "NUTSHELL_RATE", "number above 0"},
		"rate word":           {map[string]string{"NUTSHELL_RATE": "fast"}, "NUTSHELL_RATE", `"fast"`},
		"rate NaN":            {map[string]string{"NUTSHELL_RATE": "NaN"}, "NUTSHELL_RATE", "number above 0"},
		"concurrency":         {map[string]string{"NUTSHELL_CONCURRENCY": "0"}, "NUTSHELL_CONCURRENCY", "1 to 1024"},
		"concurrency part":    {map[string]string{"NUTSHELL_CONCURRENCY": "1.5"}, "NUTSHELL_CONCURRENCY", "whole number"},
		"impersonate":         {map[string]string{"NUTSHELL_IMPERSONATE": "maybe"}, "NUTSHELL_IMPERSONATE", "true or false"},
		"level":               {map[string]string{"LOG_LEVEL": "trace"}, "LOG_LEVEL", "debug, info"},
		"format":              {map[string]string{"LOG_FORMAT": "xml"}, "LOG_FORMAT", "json, console"},
		"metrics":             {map[string]string{"METRICS_ADDRESS": "9090"}, "METRICS_ADDRESS", "host:port"},
		"address":             {map[string]string{"TEMPORAL_ADDRESS": "temporal"}, "TEMPORAL_ADDRESS", "host:port"},
		"cert alone":          {map[string]string{"TEMPORAL_TLS_CERT": "c.pem"}, "TEMPORAL_TLS_KEY", "not set"},
		"deployment alone":    {map[string]string{"TEMPORAL_DEPLOYMENT_NAME": "crm"}, "TEMPORAL_WORKER_BUILD_ID", "not set"},
		"build alone":         {map[string]string{"TEMPORAL_WORKER_BUILD_ID": "v2"}, "TEMPORAL_DEPLOYMENT_NAME", "not set"},
		"deployment's colon":  {map[string]string{"TEMPORAL_DEPLOYMENT_NAME": "crm:a", "TEMPORAL_WORKER_BUILD_ID": "v2"}, "TEMPORAL_DEPLOYMENT_NAME", "colon"},
		"ca missing":          {map[string]string{"TEMPORAL_TLS_CA": "/nowhere/ca.pem"}, "TEMPORAL_TLS_CA", "does not exist"},
		"ca not PEM":          {map[string]string{"TEMPORAL_TLS_CA": key}, "TEMPORAL_TLS_CA", "no PEM"},
		"mapping dir":         {map[string]string{"MAPPING_DIR": "/nowhere"}, "MAPPING_DIR", "does not exist"},
		"export dir":          {map[string]string{"REZORA_EXPORT_DIR": "/nowhere"}, "REZORA_EXPORT_DIR", "does not exist"},
		"legacy half":         {map[string]string{"REZORA_LEGACY_BASE_URL": "https://l/v1"}, "REZORA_LEGACY_CREDENTIALS_FILE", "not set"},
		"legacy other half":   {map[string]string{"REZORA_LEGACY_CREDENTIALS_FILE": key}, "REZORA_LEGACY_BASE_URL", "not set"},
		"ledger scheme":       {map[string]string{"LEDGER_URL": "mysql://pw-secret@h/d"}, "LEDGER_URL", "sqlite"},
		"ledger host":         {map[string]string{"LEDGER_URL": "sqlite://relative.db"}, "LEDGER_URL", "three slashes"},
		"ledger memory":       {map[string]string{"LEDGER_URL": "sqlite::memory:"}, "LEDGER_URL", "no file"},
		"ledger query":        {map[string]string{"LEDGER_URL": "sqlite:a.db?x=1"}, "LEDGER_URL", "query"},
		"ledger bad postgres": {map[string]string{"LEDGER_URL": "postgres://m:pw-secret%@db/l"}, "LEDGER_URL", "percent-encode"},
		"pg without key":      {merge(pg, "LEDGER_KEY_FILE", ""), "LEDGER_KEY_FILE", "required"},
		"pg without archive":  {merge(pg, "ARCHIVE_URL", ""), "ARCHIVE_URL", "required"},
		"archive scheme":      {map[string]string{"ARCHIVE_URL": "ftp://x"}, "ARCHIVE_URL", "file:///"},
		"archive relative":    {map[string]string{"ARCHIVE_URL": "file://archive"}, "ARCHIVE_URL", "three slashes"},
		"archive no bucket":   {map[string]string{"ARCHIVE_URL": "s3://"}, "ARCHIVE_URL", "bucket"},
		"hook plain":          {map[string]string{"NOTIFY_URL": "http://hooks.example.com/pw-secret"}, "NOTIFY_URL", "plain http"},
		"hook look-alike":     {map[string]string{"NOTIFY_URL": "http://127.0.0.1.example.com/pw-secret"}, "NOTIFY_URL", "plain http"},
		"hook scheme":         {map[string]string{"NOTIFY_URL": "slack://hooks.example.com/pw-secret"}, "NOTIFY_URL", "https"},
		"hook no URL":         {map[string]string{"NOTIFY_URL": "pw-secret"}, "NOTIFY_URL", "not a URL"},
		"hook not parsed":     {map[string]string{"NOTIFY_URL": "https://h/pw-secret%"}, "NOTIFY_URL", "not a URL"},
		"ui":                  {map[string]string{"TEMPORAL_UI_URL": "127.0.0.1:8080"}, "TEMPORAL_UI_URL", "not a URL"},
		"link base":           {map[string]string{"ARCHIVE_LINK_BASE": "files"}, "ARCHIVE_LINK_BASE", "not a URL"},
		"no file":             {map[string]string{"NUTSHELL_SETTINGS_FILE": "/nowhere.yaml"}, "NUTSHELL_SETTINGS_FILE", "does not exist"},
		"unknown key":         {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("pipeline: x\nlimits:\n  speed: 3\n")}, "NUTSHELL_SETTINGS_FILE", `line 3: unknown field "speed"`},
		"not YAML":            {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("limits: [")}, "NUTSHELL_SETTINGS_FILE", "line 1"},
		"repeated key":        {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("pipeline: x\npipeline: y\n")}, "NUTSHELL_SETTINGS_FILE", "line 2"},
		"two documents":       {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("pipeline: x\n---\npipeline: y\n")}, "NUTSHELL_SETTINGS_FILE", "more than one"},
		"headroom":            {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("limits: {headroom: 0.95}")}, "limits.headroom", "0 to 0.9"},
		"half a byte":         {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml("limits: {file_bytes: 10.5}")}, "NUTSHELL_SETTINGS_FILE", "whole number"},
		"empty outcome":       {map[string]string{"NUTSHELL_SETTINGS_FILE": yaml(`outcomes: {won: ""}`)}, "outcomes.won", "empty"},
		"rezora key":          {map[string]string{"REZORA_SETTINGS_FILE": yaml("source: {kindd: http}")}, "REZORA_SETTINGS_FILE", "kindd"},
		"rezora kind":         {map[string]string{"REZORA_SETTINGS_FILE": yaml("source: {kind: ftp}")}, "source.kind", "http, export"},
		"rezora zone":         {map[string]string{"REZORA_SETTINGS_FILE": yaml("source: {zone: Mars/Base}")}, "source.zone", "time zone"},
		"rezora resource":     {map[string]string{"REZORA_SETTINGS_FILE": yaml("source: {disabled_resources: [lists]}")}, "disabled_resources", "lists"},
		"rezora attempts":     {map[string]string{"REZORA_SETTINGS_FILE": yaml("limits: {attempts: 0}")}, "limits.attempts", "1 to 100"},
		"rezora backoff":      {map[string]string{"REZORA_SETTINGS_FILE": yaml("limits: {backoff_max_s: 0.1}")}, "backoff_max_s", "below"},
		"rezora agents":       {map[string]string{"REZORA_SETTINGS_FILE": yaml("union: {agents: some}")}, "REZORA_SETTINGS_FILE", "agents"},
		"rezora resurrect":    {map[string]string{"REZORA_SETTINGS_FILE": yaml("union: {resurrect: maybe}")}, "union.resurrect", "skip, add, stop"},
		"rezora basic":        {map[string]string{"REZORA_SETTINGS_FILE": yaml("auth: {mode: basic}")}, "REZORA_TOKEN", "colon"},
		"rezora as_of":        {map[string]string{"REZORA_EXPORT_DIR": t.TempDir(), "REZORA_SETTINGS_FILE": yaml("export: {allow_no_manifest: true}")}, "export.as_of", "not set"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(worker(t, tc.env))
			require.Error(t, err)
			var bad *config.Error
			require.ErrorAs(t, err, &bad)
			assert.Contains(t, bad.Setting, tc.names)
			assert.Contains(t, err.Error(), tc.says)
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "pw-secret")
			assert.NotEmpty(t, bad.Cure, "every fault says what to do")
		})
	}
}

func merge(m map[string]string, k, v string) map[string]string {
	out := maps.Clone(m)
	out[k] = v
	return out
}

func TestPartsNeedOnlyTheirOwn(t *testing.T) {
	_, err := config.LoadTemporal(map[string]string{"NUTSHELL_RATE": "bad", "LEDGER_URL": "bad"})
	require.NoError(t, err)
	c, err := config.LoadLedger(map[string]string{"LEDGER_URL": "sqlite:x.db", "TEMPORAL_ADDRESS": "bad"})
	require.NoError(t, err)
	assert.True(t, filepath.IsAbs(c.Ledger.Path))
	assert.Equal(t, "x.db", filepath.Base(c.Ledger.Path))
	assert.Empty(t, c.Temporal.Address)
	_, err = config.LoadParts(map[string]string{"LOG_LEVEL": "loud"}, 0)
	require.Error(t, err, "log settings are always checked")
}

func TestLedgerKey(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "m.db")
	env := map[string]string{"LEDGER_URL": "sqlite://" + db}
	require.NoError(t, os.WriteFile(db, []byte("x"), 0o600))
	_, err := config.LoadLedger(env)
	require.ErrorContains(t, err, "LEDGER_KEY_FILE", "an existing ledger without its key")

	require.NoError(t, os.WriteFile(db+".key", nil, 0o600))
	_, err = config.LoadLedger(env)
	require.ErrorContains(t, err, "is empty")

	require.NoError(t, os.WriteFile(db+".key", []byte("k"), 0o600))
	c, err := config.LoadLedger(env)
	require.NoError(t, err)
	assert.True(t, c.Ledger.KeyExists)
	assert.Empty(t, c.Warnings)

	require.NoError(t, os.Chmod(db+".key", 0o644))
	c, err = config.LoadLedger(env)
	require.NoError(t, err)
	require.Len(t, c.Warnings, 1)
	assert.Contains(t, c.Warnings[0], "LEDGER_KEY_FILE")
}

func TestSecretNeverShows(t *testing.T) {
	c, err := config.Load(worker(t, map[string]string{
		"LEDGER_URL": "postgres://m:hunter2@db/l", "LEDGER_KEY_FILE": write(t, "k", "k", 0o600), "ARCHIVE_URL": "gs://b",
		"NOTIFY_URL": "https://hooks.example/T0/hunter2", "TEMPORAL_API_KEY": "hunter2", "REZORA_TOKEN": "hunter2", "NUTSHELL_API_KEY": "hunter2",
	}))
	require.NoError(t, err)
	for form, text := range printed(t, c) {
		assert.NotContains(t, text, "hunter2", form)
	}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	assert.Contains(t, string(b), `"[redacted]"`)
	assert.Equal(t, "hunter2", c.Nutshell.APIKey.Reveal())
}

func TestErrorIsOneLine(t *testing.T) {
	err := &config.Error{Setting: "A", Cause: "b\nc\r\nd\u2028e", Cure: "f"}
	assert.Equal(t, "A: b c d e; f", err.Error())
	assert.True(t, errors.As(error(err), new(*config.Error)))
}
