package config

import (
	"strings"
	_ "time/tzdata" // zones are settings and must resolve on machines without a zone database
)

// Rezora is one deployment's view of the source (rezora contract 7.2).
type Rezora struct {
	Source      RezoraSource      `yaml:"source"`
	Auth        RezoraAuth        `yaml:"auth"`
	Limits      RezoraLimits      `yaml:"limits"`
	Legacy      RezoraLegacy      `yaml:"legacy"`
	Union       RezoraUnion       `yaml:"union"`
	Attachments RezoraAttachments `yaml:"attachments"`
	Export      RezoraExport      `yaml:"export"`

	SettingsFile string `yaml:"-" env:"REZORA_SETTINGS_FILE"`
}

// Kinds of a source.
const (
	KindHTTP   = "http"
	KindExport = "export"
	KindNone   = "none" // legacy only
)

// RezoraSource is where the current data comes from.
type RezoraSource struct {
	Kind              string   `yaml:"kind"`                           // http, export
	Profile           string   `yaml:"profile" env:"REZORA_PROFILE"`   // dv1, prototype or a file
	BaseURL           string   `yaml:"base_url" env:"REZORA_BASE_URL"` // without trailing slash
	BasePath          string   `yaml:"base_path"`                      // "" = the profile's
	AllowHTTP         bool     `yaml:"allow_http"`                     // plain http to hosts that are not loopback
	Zone              string   `yaml:"zone"`                           // IANA name, for times without zone
	DisabledResources []string `yaml:"disabled_resources"`             // canonical names
}

// BuiltInProfile says whether the profile is one of those that ship; otherwise Profile is the path of a file.
func (s RezoraSource) BuiltInProfile() bool {
	return s.Profile == "dv1" || s.Profile == "prototype"
}

// RezoraAuth is how the client shows who it is.
type RezoraAuth struct {
	Mode       string `yaml:"mode"`        // bearer, header, basic, token_exchange
	SecretEnv  string `yaml:"secret_env"`  // the variable to read when REZORA_TOKEN is not set
	SecretFile string `yaml:"secret_file"` // read when neither variable is set
	Header     string `yaml:"header"`      // of mode header

	// Secret is what was found there. In modes basic and token_exchange it is `username:password`.
	Secret Secret `yaml:"-" env:"REZORA_TOKEN"`
}

// UserPassword splits the secret of modes basic and token_exchange at its first colon.
func (a RezoraAuth) UserPassword() (username string, password Secret) {
	user, pass, _ := strings.Cut(a.Secret.Reveal(), ":")
	return user, NewSecret(pass)
}

// RezoraLimits bounds what the client asks of one API.
type RezoraLimits struct {
	RequestsPerS float64 `yaml:"requests_per_s"`
	InFlight     int     `yaml:"in_flight"`
	Attempts     int     `yaml:"attempts"` // of one request, the first included
	BackoffBase  Seconds `yaml:"backoff_base_s"`
	BackoffMax   Seconds `yaml:"backoff_max_s"`
	MaxWait      Seconds `yaml:"max_wait_s"`       // the longest single wait in place
	MaxWaitTotal Seconds `yaml:"max_wait_total_s"` // all waits of one request
	Timeout      Seconds `yaml:"timeout_s"`
	MaxBodyMiB   int     `yaml:"max_body_mib"`
}

// RezoraLegacy is the legacy API, or a folder in its place. Kind is KindNone unless REZORA_LEGACY_BASE_URL is set, or the
// settings file asks for a folder in so many words.
type RezoraLegacy struct {
	Kind            string `yaml:"kind"` // http, export, none
	BaseURL         string `yaml:"base_url" env:"REZORA_LEGACY_BASE_URL"`
	AllowHTTP       bool   `yaml:"allow_http"`
	Auth            string `yaml:"auth"` // basic, digest
	Zone            string `yaml:"zone"`
	CredentialsFile string `yaml:"credentials_file" env:"REZORA_LEGACY_CREDENTIALS_FILE"`
	Dir             string `yaml:"dir"`

	Credentials []Credential `yaml:"-"` // the rows of CredentialsFile, in its order
}

// RezoraUnion is the scope and the policy of the union of current and legacy (rezora contract 6).
type RezoraUnion struct {
	Resources        []string   `yaml:"resources"`
	Agents           AgentScope `yaml:"agents"`
	ContactKinds     []string   `yaml:"contact_kinds"`
	MatchByID        bool       `yaml:"match_by_id"`
	Resurrect        string     `yaml:"resurrect"` // skip, add, stop
	Probe            bool       `yaml:"probe"`
	FillEmpty        bool       `yaml:"fill_empty"`
	AcceptIncomplete []string   `yaml:"accept_incomplete"` // agent ids
}

// RezoraAttachments is what the client does about files.
type RezoraAttachments struct {
	Enabled           bool  `yaml:"enabled"`
	MaxBytes          int64 `yaml:"max_bytes"`
	AllowPrivateHosts bool  `yaml:"allow_private_hosts"`
}

// RezoraExport is a folder of exported files (rezora contract 7.5).
type RezoraExport struct {
	Dir             string `yaml:"dir" env:"REZORA_EXPORT_DIR"`
	AllowNoManifest bool   `yaml:"allow_no_manifest"`
	AsOf            string `yaml:"as_of"` // RFC 3339; required with AllowNoManifest
}

func defaultRezora() Rezora {
	return Rezora{
		Source: RezoraSource{Kind: KindHTTP, Profile: "dv1", BaseURL: "https://data.rezora.com", Zone: "UTC"},
		Auth:   RezoraAuth{Mode: "bearer", SecretEnv: "REZORA_TOKEN", Header: "X-API-Key"},
		Limits: RezoraLimits{
			RequestsPerS: 2, InFlight: 2, Attempts: 8, BackoffBase: 0.5, BackoffMax: 60,
			MaxWait: 300, MaxWaitTotal: 3600, Timeout: 60, MaxBodyMiB: 64,
		},
		Legacy: RezoraLegacy{Kind: KindHTTP, BaseURL: "https://api.rezora.com/v1", Auth: "basic", Zone: "UTC"},
		Union: RezoraUnion{
			Resources: append([]string(nil), unionResources...), Agents: AgentScope{All: true},
			ContactKinds: append([]string(nil), contactKinds...), MatchByID: true, Resurrect: "skip", Probe: true,
		},
		Attachments: RezoraAttachments{Enabled: true, MaxBytes: 2 << 30},
	}
}

func loadRezora(env environment, c *Config) error {
	r := defaultRezora()
	if path, ok := env["REZORA_SETTINGS_FILE"]; ok {
		if err := readYAML("REZORA_SETTINGS_FILE", path, &r); err != nil {
			return err
		}
	}
	if err := env.fill(&r); err != nil {
		return err
	}
	if _, ok := env["REZORA_EXPORT_DIR"]; ok {
		r.Source.Kind = KindExport
	}
	steps := []func(environment, *Config) error{
		r.checkSource, r.checkLimits, r.checkUnion, r.checkExport, r.loadSecret, r.loadLegacy,
	}
	for _, step := range steps {
		if err := step(env, c); err != nil {
			return err
		}
	}
	c.Rezora = r
	return nil
}
