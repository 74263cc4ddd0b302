package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/config"
)

// Whatever stands in a settings file, loading gives settings within their ranges or one line that names the setting.
func FuzzSettingsFiles(f *testing.F) {
	for _, seed := range []string{
		"", contractSettings, "limits: {calls_per_s: 3, headroom: 0.9}\nplan: {open_leads: 100}\n", "limits: [", "a: &a {b: *a}", "\xff\xfe",
		"limits: {file_bytes: 9223372036854775808}", "limits: {headroom: .nan, finds_per_s: -.inf}", "pipeline: !!binary x", "? [a]\n: b\n",
		"limits: {call_timeout_s: 1e400}", "outcomes: {won: \"a\\nb\"}", "limits:\n\tx: 1", "union: {agents: {a: b}}", "<<: {pipeline: x}",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "settings.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		env := map[string]string{
			"REZORA_TOKEN": "t", "NUTSHELL_USERNAME": "u", "NUTSHELL_API_KEY": "k", "LEDGER_URL": "sqlite://" + filepath.Join(dir, "m.db"),
		}
		for _, setting := range []string{"NUTSHELL_SETTINGS_FILE", "REZORA_SETTINGS_FILE"} {
			c, err := config.LoadParts(merge(env, setting, path), config.PartNutshell|config.PartRezora)
			if err != nil {
				var bad *config.Error
				require.ErrorAs(t, err, &bad)
				require.NotContains(t, err.Error(), "\n")
				require.True(t, strings.Contains(bad.Setting, setting) || strings.HasPrefix(bad.Setting, "REZORA_"), bad.Setting)
				continue
			}
			l := c.Nutshell.Limits
			require.True(t, l.Headroom >= 0 && l.Headroom <= 0.9 && l.StartRate > 0 && l.FindRate > 0 && l.FileBytes > 0 && l.ParallelWrites > 0)
			require.True(t, c.Rezora.Limits.Attempts > 0 && c.Rezora.Limits.RequestsPerS > 0 && c.Rezora.Limits.Timeout > 0)
		}
	})
}
