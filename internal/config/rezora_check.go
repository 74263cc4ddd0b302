package config

import (
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// rezoraResources are the canonical resources of rezora contract 4.1.
var rezoraResources = []string{
	"companies", "agents", "teams", "team_memberships", "custom_properties", "contacts", "distribution_groups",
	"group_memberships", "templates", "listings", "campaigns", "campaign_recipients", "sequences", "sequence_enrollments",
	"leads", "notes", "tasks", "interactions", "social_posts", "activities", "attachments",
}

var (
	unionResources = []string{"agents", "teams", "team_memberships", "contacts", "distribution_groups", "group_memberships"}
	contactKinds   = []string{"self", "normal", "synced", "master"}
)

// AgentScope is `all` or a list of agent ids.
type AgentScope struct {
	All bool
	IDs []string
}

// Has says whether the agent is in scope.
func (s AgentScope) Has(id string) bool { return s.All || slices.Contains(s.IDs, id) }

// UnmarshalYAML reads the word `all` or a list of ids.
func (s *AgentScope) UnmarshalYAML(b []byte) error {
	text := strings.Trim(strings.TrimSpace(string(b)), `"'`)
	if text == "all" {
		*s = AgentScope{All: true}
		return nil
	}
	var ids []string
	if err := yaml.Unmarshal(b, &ids); err != nil || len(ids) == 0 {
		return &Error{Setting: "agents", Cause: "is neither the word all nor a list of agent ids"}
	}
	*s = AgentScope{IDs: ids}
	return nil
}

// fileKey names a key of the settings file in an error.
func fileKey(key string) string { return "REZORA_SETTINGS_FILE " + key }

// envOr names the variable when it is set, since it then gave the value, else the key of the file.
func envOr(env environment, name, key string) string {
	if _, set := env[name]; set || env["REZORA_SETTINGS_FILE"] == "" {
		return name
	}
	return fileKey(key)
}

func (r *Rezora) checkSource(env environment, _ *Config) error {
	s := &r.Source
	if err := checkChoice(fileKey("source.kind"), s.Kind, KindHTTP, KindExport); err != nil {
		return err
	}
	if err := checkZone(fileKey("source.zone"), s.Zone); err != nil {
		return err
	}
	if err := checkSubset(fileKey("source.disabled_resources"), s.DisabledResources, rezoraResources); err != nil {
		return err
	}
	if s.Kind == KindExport {
		return nil
	}
	if !s.BuiltInProfile() {
		if err := checkFile(envOr(env, "REZORA_PROFILE", "source.profile"), s.Profile); err != nil {
			return err
		}
	}
	if s.BasePath != "" && (!strings.HasPrefix(s.BasePath, "/") || strings.ContainsAny(s.BasePath, "?#")) {
		return bad(fileKey("source.base_path"), quote(s.BasePath)+" is not an absolute path", "write it like /api/v1")
	}
	s.BasePath = strings.TrimRight(s.BasePath, "/")
	var err error
	s.BaseURL, err = checkBaseURL(envOr(env, "REZORA_BASE_URL", "source.base_url"), s.BaseURL, s.AllowHTTP,
		"use https, or set source.allow_http in REZORA_SETTINGS_FILE")
	return err
}

func checkZone(setting, zone string) error {
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return bad(setting, quote(zone)+" is not a time zone", "use a name like UTC or America/Denver")
	}
	return nil
}

func (r *Rezora) checkLimits(environment, *Config) error {
	l := r.Limits
	const day = 86400
	for _, f := range []struct {
		key       string
		v, lo, hi float64
	}{
		{"limits.requests_per_s", l.RequestsPerS, 0.001, 100_000},
		{"limits.in_flight", float64(l.InFlight), 1, 256},
		{"limits.attempts", float64(l.Attempts), 1, 100},
		{"limits.backoff_base_s", float64(l.BackoffBase), 0.001, 3600},
		{"limits.backoff_max_s", float64(l.BackoffMax), 0.001, 3600},
		{"limits.max_wait_s", float64(l.MaxWait), 0, day},
		{"limits.max_wait_total_s", float64(l.MaxWaitTotal), 0, 7 * day},
		{"limits.timeout_s", float64(l.Timeout), 0.001, 3600},
		{"limits.max_body_mib", float64(l.MaxBodyMiB), 1, 4096},
		{"attachments.max_bytes", float64(r.Attachments.MaxBytes), 1, 1 << 50},
	} {
		if err := checkRange(fileKey(f.key), f.v, f.lo, f.hi); err != nil {
			return err
		}
	}
	if l.BackoffMax < l.BackoffBase {
		return bad(fileKey("limits.backoff_max_s"), "is below limits.backoff_base_s", "raise it")
	}
	return nil
}

func (r *Rezora) checkUnion(environment, *Config) error {
	u := r.Union
	if err := checkSubset(fileKey("union.resources"), u.Resources, unionResources); err != nil {
		return err
	}
	if err := checkSubset(fileKey("union.contact_kinds"), u.ContactKinds, contactKinds); err != nil {
		return err
	}
	return checkChoice(fileKey("union.resurrect"), u.Resurrect, "skip", "add", "stop")
}

func (r *Rezora) checkExport(env environment, _ *Config) error {
	if r.Source.Kind != KindExport {
		return nil
	}
	setting := envOr(env, "REZORA_EXPORT_DIR", "export.dir")
	if r.Export.Dir == "" {
		return missing(setting, "name the folder of the export")
	}
	if err := checkFolder(setting, r.Export.Dir); err != nil {
		return err
	}
	return r.checkAsOf()
}

func (r *Rezora) checkAsOf() error {
	e := r.Export
	key := fileKey("export.as_of")
	if e.AsOf == "" {
		if e.AllowNoManifest {
			return missing(key, "export.allow_no_manifest needs the time the export was made")
		}
		return nil
	}
	if _, err := time.Parse(time.RFC3339, e.AsOf); err != nil {
		return bad(key, quote(e.AsOf)+" is not an RFC 3339 time", "write it like 2024-05-02T08:00:00Z")
	}
	return nil
}
