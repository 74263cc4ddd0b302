package devstack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"rezora2nutshell/internal/config"
	"rezora2nutshell/internal/devstack"
)

const root = "../.."

type service struct {
	Image       string            `yaml:"image"`
	Build       any               `yaml:"build"`
	Profiles    []string          `yaml:"profiles"`
	Environment map[string]string `yaml:"environment"`
	EnvFile     any               `yaml:"env_file"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Command     []string          `yaml:"command"`
	Secrets     []any             `yaml:"secrets"`
	Ports       []string          `yaml:"ports"`
	Volumes     []any             `yaml:"volumes"`
	Restart     string            `yaml:"restart"`
	Deploy      struct {
		Replicas int `yaml:"replicas"`
	} `yaml:"deploy"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string `yaml:"test"`
		Disable bool     `yaml:"disable"`
	} `yaml:"healthcheck"`
}

type compose struct {
	Services map[string]service        `yaml:"services"`
	Volumes  map[string]any            `yaml:"volumes"`
	Secrets  map[string]map[string]any `yaml:"secrets"`
	Configs  map[string]map[string]any `yaml:"configs"`
}

func readCompose(t *testing.T) compose {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var c compose
	require.NoError(t, yaml.Unmarshal(b, &c))
	require.NotEmpty(t, c.Services)
	return c
}

// pinned is an image with a version of at least two numbers, or with a digest.
var pinned = regexp.MustCompile(`^[a-z0-9./_-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$|@sha256:[0-9a-f]{64}$`)

func TestComposePinsEveryImage(t *testing.T) {
	for name, s := range readCompose(t).Services {
		assert.Regexp(t, pinned, s.Image, name)
	}
}

// A service that runs on has a health check; one that others wait for to complete ends by itself.
func TestComposeChecksHealth(t *testing.T) {
	c := readCompose(t)
	oneShot := map[string]bool{"starter": true}
	for _, s := range c.Services {
		for name, d := range s.DependsOn {
			require.Contains(t, c.Services, name)
			assert.Contains(t, []string{"service_healthy", "service_completed_successfully"}, d.Condition)
			if d.Condition == "service_completed_successfully" {
				oneShot[name] = true
			}
		}
	}
	for name, s := range c.Services {
		if oneShot[name] {
			assert.NotEqual(t, "unless-stopped", s.Restart, name)
			continue
		}
		assert.NotEmpty(t, s.Healthcheck.Test, name)
		assert.Equal(t, "unless-stopped", s.Restart, name)
	}
	for _, db := range []string{"temporal-db", "ledger-db"} {
		assert.Contains(t, strings.Join(c.Services[db].Healthcheck.Test, " "), "pg_isready")
	}
}

func TestComposeRunsTwoWorkers(t *testing.T) {
	c := readCompose(t)
	assert.Equal(t, 2, c.Services["worker"].Deploy.Replicas)
	for _, needs := range []string{"temporal", "temporal-setup", "ledger-db"} {
		assert.Contains(t, c.Services["worker"].DependsOn, needs)
	}
}

func TestComposeRegistersNamespaceAndSearchAttributes(t *testing.T) {
	c := readCompose(t)
	script := strings.Join(c.Services["temporal-setup"].Command, "\n")
	for _, a := range devstack.SearchAttributes {
		assert.Contains(t, script, a)
	}
	namespace := c.Services["worker"].Environment["TEMPORAL_NAMESPACE"]
	require.NotEmpty(t, namespace)
	assert.Contains(t, script, "namespace create -n "+namespace)
	assert.Contains(t, script, "search-attribute create -n "+namespace)
}

// The script does to a real server what it says, and may run again.
func TestComposeSetupScriptWorks(t *testing.T) {
	t.Parallel()
	ctx := within(t, 15*time.Minute)
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Dir: t.TempDir(), Headless: true, Bare: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Stop()) })
	bin := t.TempDir()
	require.NoError(t, os.Symlink(server.CLI, filepath.Join(bin, "temporal")))
	setup := readCompose(t).Services["temporal-setup"]
	script := strings.ReplaceAll(strings.Join(setup.Command, "\n"), "$$", "$")
	for range 2 {
		run := exec.CommandContext(ctx, setup.Entrypoint[0], append(slices.Clone(setup.Entrypoint[1:]), script)...)
		run.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + bin, "TEMPORAL_ADDRESS=" + server.Address}
		out, err := run.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: "crm"})
	require.NoError(t, err)
	defer c.Close()
	list, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: "crm"})
	require.NoError(t, err)
	assert.Len(t, list.GetCustomAttributes(), len(devstack.SearchAttributes))
}

func TestComposeKnowsItsSettings(t *testing.T) {
	c := readCompose(t)
	known := config.Names()
	for _, name := range []string{"worker", "starter", "review"} {
		for setting := range c.Services[name].Environment {
			assert.Contains(t, known, setting, name)
		}
		for _, s := range c.Services[name].Secrets {
			if m, ok := s.(map[string]any); ok {
				assert.Contains(t, known, m["target"], name)
			}
		}
	}
}

// What compose gives a worker is enough, once its variables and secrets are filled in.
func TestComposeGivesAWorkerAllItNeeds(t *testing.T) {
	c := readCompose(t)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	environ := map[string]string{}
	variable := regexp.MustCompile(`^\$\{[A-Z_]+:[-+](.*)\}$`)
	for k, v := range c.Services["worker"].Environment {
		if m := variable.FindStringSubmatch(v); m != nil {
			v = m[1]
		}
		v = strings.ReplaceAll(v, "/mappings", dir)
		if strings.HasPrefix(v, "/run/secrets/") {
			v = secret
		}
		environ[k] = v
	}
	delete(environ, "REZORA_LEGACY_CREDENTIALS_FILE") // set only together with the URL
	for _, s := range c.Services["worker"].Secrets {
		if m, ok := s.(map[string]any); ok {
			environ[m["target"].(string)] = "postgres://ledger:p@ledger-db:5432/ledger"
		}
	}
	environ["NUTSHELL_USERNAME"] = "ann@example.com"
	environ["NOTIFY_URL"] = "https://hooks.example.com/T0/x"
	_, err := config.Load(environ)
	require.NoError(t, err)
}

// The pages for approvers hold no key of an account and none of the ledger; elsewhere than on loopback they want TLS and an identity.
func TestComposeServesTheReviewSafely(t *testing.T) {
	s := readCompose(t).Services["review"]
	assert.Equal(t, []any{"review_tls_cert", "review_tls_key"}, s.Secrets)
	for _, need := range []string{"--tls-cert=/run/secrets/review_tls_cert", "--tls-key=/run/secrets/review_tls_key", "--identity-header="} {
		assert.Contains(t, strings.Join(s.Command, " "), need)
	}
	dir := t.TempDir()
	environ := map[string]string{"ARCHIVE_URL": "file://" + dir, "TEMPORAL_ADDRESS": s.Environment["TEMPORAL_ADDRESS"]}
	_, err := config.LoadParts(environ, config.PartTemporal|config.PartLedger)
	require.NoError(t, err, "what the service is given is enough")
}

func TestComposeKeepsSecretsInFiles(t *testing.T) {
	c := readCompose(t)
	for name, s := range c.Secrets {
		assert.Contains(t, s, "file", name)
		assert.True(t, strings.HasPrefix(s["file"].(string), "./secrets/"), name)
	}
	inline := regexp.MustCompile(`(?i)(password|pwd|secret|token|api_key)`)
	for name, s := range c.Services {
		assert.Nil(t, s.EnvFile, name)
		for k, v := range s.Environment {
			if inline.MatchString(k) {
				assert.True(t, strings.HasPrefix(v, "/run/secrets/"), "%s: %s stands in the file", name, k)
			}
			assert.NotContains(t, v, "://ledger:", name)
		}
		for _, used := range s.Secrets {
			source, ok := used.(string)
			if m, is := used.(map[string]any); is {
				source, ok = m["source"].(string)
			}
			require.True(t, ok)
			assert.Contains(t, c.Secrets, source, name)
		}
	}
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	require.NoError(t, err)
	assert.Contains(t, strings.Split(string(ignored), "\n"), "/secrets/")
}

func TestComposeOpensPortsToThisMachineOnly(t *testing.T) {
	for name, s := range readCompose(t).Services {
		for _, p := range s.Ports {
			assert.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s: %s", name, p)
		}
	}
}

// What is mounted from this repository is there, where the program in the image looks for it.
func TestComposeMountsMetricsFiles(t *testing.T) {
	c := readCompose(t)
	mounted := map[string]string{} // in the container: here
	for _, name := range []string{"prometheus", "grafana"} {
		assert.Equal(t, []string{"metrics"}, c.Services[name].Profiles, name)
		for _, v := range c.Services[name].Volumes {
			from, to, _ := strings.Cut(v.(string), ":")
			if strings.HasPrefix(from, "./") {
				assert.DirExists(t, filepath.Join(root, from))
				assert.True(t, strings.HasSuffix(to, ":ro"), "%s: %s can be changed from inside", name, from)
				mounted[strings.TrimSuffix(to, ":ro")] = filepath.Join(root, from)
				continue
			}
			assert.Contains(t, c.Volumes, from, name)
		}
	}
	assert.FileExists(t, filepath.Join(mounted["/etc/prometheus"], "prometheus.yml"))
	provider, err := os.ReadFile(filepath.Join(mounted["/etc/grafana/provisioning"], "dashboards", "dashboards.yml"))
	require.NoError(t, err)
	assert.Contains(t, string(provider), "path: /etc/grafana/dashboards}")
	assert.DirExists(t, mounted["/etc/grafana/dashboards"])
	source, err := os.ReadFile(filepath.Join(mounted["/etc/grafana/provisioning"], "datasources", "prometheus.yml"))
	require.NoError(t, err)
	assert.Contains(t, string(source), "url: http://prometheus:9090\n", "the service and the port inside")
}

func TestComposeScriptsParse(t *testing.T) {
	for name, s := range readCompose(t).Services {
		if len(s.Entrypoint) == 0 || s.Entrypoint[0] != "/bin/sh" {
			continue
		}
		script := strings.ReplaceAll(strings.Join(s.Command, "\n"), "$$", "$")
		out, err := exec.Command("/bin/sh", "-n", "-c", script).CombinedOutput()
		assert.NoError(t, err, "%s: %s", name, out)
	}
	for name, c := range readCompose(t).Configs {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(c["content"].(string)), &v), name)
	}
}

func TestDockerfile(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	text := string(b)
	froms := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1)
	require.Len(t, froms, 2, "one stage builds, one ships")
	for _, f := range froms {
		assert.Regexp(t, pinned, f[1])
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))[1]
	assert.True(t, strings.HasPrefix(froms[0][1], "golang:"+language+"."), "the image builds with the language of go.mod")
	final := text[strings.LastIndex(text, "FROM "):]
	for _, need := range []string{"USER 1000", "HEALTHCHECK", "/healthz", "ENTRYPOINT", "/out/worker /out/starter"} {
		assert.Contains(t, final, need)
	}
	assert.Contains(t, text, "CGO_ENABLED=0")
}

// The entry point of the image turns secrets into settings.
func TestDockerfileEntrypoint(t *testing.T) {
	secrets := t.TempDir()
	for name, text := range map[string]string{
		"NUTSHELL_API_KEY": "k$(id)'\"; x\n", "REZORA_TOKEN": "from file", "NUTSHELL_USERNAME": "", "ledger_key": "not a setting", "BAD-NAME": "x",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte(text), 0o600))
	}
	script, err := filepath.Abs(filepath.Join(root, "tools", "docker-entrypoint.sh"))
	require.NoError(t, err)
	c := exec.Command("/bin/sh", script, "/usr/bin/env")
	c.Env = []string{"SECRETS_DIR=" + secrets, "REZORA_TOKEN=given", "PATH=" + os.Getenv("PATH")}
	out, err := c.CombinedOutput()
	require.NoError(t, err, string(out))
	lines := strings.Split(string(out), "\n")
	assert.Contains(t, lines, `NUTSHELL_API_KEY=k$(id)'"; x`)
	assert.Contains(t, lines, "REZORA_TOKEN=given", "a setting that is given stands")
	assert.False(t, slices.ContainsFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "NUTSHELL_USERNAME") || strings.HasPrefix(l, "ledger_key") || strings.HasPrefix(l, "BAD")
	}))
}
