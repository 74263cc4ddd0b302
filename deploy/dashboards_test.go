package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
	prom "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dashboard is the part of Grafana's JSON that these tests look at.
type dashboard struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Templating struct {
		List []struct {
			Name       string `json:"name"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
	Panels []struct {
		ID         int               `json:"id"`
		Title      string            `json:"title"`
		Type       string            `json:"type"`
		Datasource map[string]string `json:"datasource"`
		GridPos    struct{ X, Y, W, H int }
		Targets    []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob("grafana/dashboards/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string]dashboard{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(b, &d), f)
		out[filepath.Base(f)] = d
	}
	return out
}

// filled puts into an expression what Grafana puts there.
var filled = strings.NewReplacer("$migration", ".*", "$__rate_interval", "1m")

// namesIn lists the metrics that an expression reads.
func namesIn(t *testing.T, expr string) (names []string) {
	t.Helper()
	e, err := metricsql.Parse(expr)
	require.NoError(t, err, expr)
	metricsql.VisitAll(e, func(e metricsql.Expr) {
		m, ok := e.(*metricsql.MetricExpr)
		if !ok {
			return
		}
		for _, or := range m.LabelFilterss {
			for _, f := range or {
				if f.Label == "__name__" {
					names = append(names, f.Value)
				}
			}
		}
	})
	require.NotEmpty(t, names, expr)
	return names
}

func TestDashboardsHaveTheirShape(t *testing.T) {
	text, err := os.ReadFile("grafana/provisioning/datasources/prometheus.yml")
	require.NoError(t, err)
	var sources struct {
		Datasources []struct{ UID, Type string }
	}
	require.NoError(t, yaml.Unmarshal(text, &sources))
	require.Len(t, sources.Datasources, 1)
	uids := map[string]bool{}
	for file, d := range dashboards(t) {
		assert.NotEmpty(t, d.Title, file)
		assert.False(t, uids[d.UID], "%s: the uid is used twice", file)
		uids[d.UID] = true
		ids := map[int]bool{}
		for i, p := range d.Panels {
			assert.False(t, ids[p.ID], "%s: panel id %d is used twice", file, p.ID)
			ids[p.ID] = true
			assert.Contains(t, []string{"stat", "table", "timeseries"}, p.Type, p.Title)
			assert.Equal(t, sources.Datasources[0].UID, p.Datasource["uid"], p.Title)
			assert.NotEmpty(t, p.Targets, p.Title)
			assert.True(t, p.GridPos.W > 0 && p.GridPos.H > 0 && p.GridPos.X+p.GridPos.W <= 24, "%s: %s lies outside the grid", file, p.Title)
			for _, q := range d.Panels[:i] {
				apart := p.GridPos.X >= q.GridPos.X+q.GridPos.W || q.GridPos.X >= p.GridPos.X+p.GridPos.W ||
					p.GridPos.Y >= q.GridPos.Y+q.GridPos.H || q.GridPos.Y >= p.GridPos.Y+p.GridPos.H
				assert.True(t, apart, "%s: %s lies on %s", file, p.Title, q.Title)
			}
		}
	}
}

// Every expression of a dashboard answers with data, and every metric that a dashboard or a rule names is one that a worker serves.
func TestWhatIsShownExists(t *testing.T) {
	t.Parallel()
	api := scraped(t, newEndpoint(t, []string{"orphans"}))
	require.Eventually(t, func() bool { return firing(t, api)["orphans"] != nil }, time.Minute, 100*time.Millisecond)
	known := served(t, api)
	for file, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				expr := filled.Replace(target.Expr)
				for _, name := range namesIn(t, expr) {
					assert.True(t, known[name], "%s: %s names %s, which no worker serves", file, p.Title, name)
				}
				require.EventuallyWithT(t, func(c *assert.CollectT) {
					v, _, _, err := api.Query(t.Context(), expr, time.Now())
					if assert.NoError(c, err) {
						assert.NotEmpty(c, v.(model.Vector), "%s: %s shows nothing", file, p.Title)
					}
				}, 30*time.Second, 200*time.Millisecond, expr)
			}
		}
		for _, v := range d.Templating.List {
			name, label, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(v.Definition, "label_values("), ")"), ", ")
			require.True(t, ok, v.Definition)
			values, _, _, err := api.LabelValues(t.Context(), label, []string{name}, time.Now().Add(-time.Minute), time.Now())
			require.NoError(t, err)
			assert.NotEmpty(t, values, v.Definition)
		}
	}
	for _, r := range rules(t, api) {
		for _, name := range namesIn(t, r.Query) {
			assert.True(t, known[name], "the rule %s names %s, which no worker serves", r.Name, name)
		}
	}
}

// served are the names of all metrics in a Prometheus.
func served(t *testing.T, api prom.API) map[string]bool {
	t.Helper()
	values, _, _, err := api.LabelValues(t.Context(), "__name__", nil, time.Now().Add(-time.Minute), time.Now())
	require.NoError(t, err)
	out := map[string]bool{}
	for _, v := range values {
		out[string(v)] = true
	}
	return out
}
