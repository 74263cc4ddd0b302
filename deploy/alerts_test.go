package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const parkedAlert = "MigrationParked"

// firing are the alerts of parks that fire now, by code.
func firing(t *testing.T, api prom.API) map[string]*prom.Alert {
	t.Helper()
	res, err := api.Alerts(t.Context())
	require.NoError(t, err)
	out := map[string]*prom.Alert{}
	for i, a := range res.Alerts {
		if a.Labels["alertname"] == parkedAlert && a.State == prom.AlertStateFiring {
			out[string(a.Labels["code"])] = &res.Alerts[i]
		}
	}
	return out
}

func rules(t *testing.T, api prom.API) (out []prom.AlertingRule) {
	t.Helper()
	res, err := api.Rules(t.Context(), nil)
	require.NoError(t, err)
	for _, g := range res.Groups {
		for _, r := range g.Rules {
			out = append(out, r.(prom.AlertingRule))
		}
	}
	require.NotEmpty(t, out)
	return out
}

// An alert fires for every reason to park, in a real Prometheus with the rules as they are committed, and ends when the run goes on.
func TestAnAlertFiresForEveryPark(t *testing.T) {
	t.Parallel()
	codes := parkCodes(t)
	e := newEndpoint(t, codes)
	api := scraped(t, e)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		now := firing(t, api)
		for _, code := range codes {
			assert.Contains(c, now, code)
		}
	}, time.Minute, 100*time.Millisecond)
	for code, a := range firing(t, api) {
		assert.FileExists(t, filepath.Join("..", string(a.Annotations["runbook"])), code)
		assert.Equal(t, "docs/runbook/"+code+".md", string(a.Annotations["runbook"]))
		assert.Contains(t, string(a.Annotations["summary"]), code)
		assert.Contains(t, string(a.Annotations["description"]), "starter status "+string(a.Labels["migration"]))
		want := "critical"
		if code == "unreachable" {
			want = "warning"
		}
		assert.Equal(t, want, string(a.Labels["severity"]), code)
	}
	for _, r := range rules(t, api) {
		assert.EqualValues(t, "ok", r.Health, "%s: %s", r.Name, r.LastError)
	}
	e.goOn()
	require.Eventually(t, func() bool { return len(firing(t, api)) == 0 }, time.Minute, 100*time.Millisecond)
}

// What fires when is tested by promtool, since the waits of the rules are long.
func TestRulesWaitAsTheySay(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		c := exec.Command("promtool", args...)
		c.Dir = "prometheus"
		out, err := c.CombinedOutput()
		require.NoError(t, err, "promtool (Debian: apt-get install prometheus) %s: %s", strings.Join(args, " "), out)
	}
	tested, err := os.ReadFile("prometheus/alerts_test.yml")
	require.NoError(t, err)
	for _, name := range alertNames(t) {
		assert.Contains(t, string(tested), "alertname: "+name+"\n", "no test of when %s fires", name)
	}
}

func alertNames(t *testing.T) (names []string) {
	t.Helper()
	b, err := os.ReadFile("prometheus/alerts.yml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	require.NoError(t, yaml.Unmarshal(b, &file))
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			names = append(names, r.Alert)
			if r.Alert != parkedAlert {
				assert.Equal(t, "docs/runbook/alerts/"+r.Alert+".md", r.Annotations["runbook"])
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}
