package config

import (
	"net/url"
	"strings"
)

// Nutshell is one deployment's view of the destination (nutshell contract 6.4).
type Nutshell struct {
	BaseURL     string `env:"NUTSHELL_BASE_URL"` // without trailing slash
	Username    string `env:"NUTSHELL_USERNAME"` // e-mail of a user, or the company domain
	APIKey      Secret `env:"NUTSHELL_API_KEY"`
	Impersonate bool   `env:"NUTSHELL_IMPERSONATE"` // write notes as their authors

	// Rate is the ceiling of all calls of all workers together, in calls a second; 0 = to be learned from
	// Limits.StartRate on. A settings file's calls_per_s sets it too: a configured limit is a ceiling.
	Rate CallRate `env:"NUTSHELL_RATE"`
	// Concurrency is how many calls one worker has in flight.
	Concurrency int `env:"NUTSHELL_CONCURRENCY"`

	Limits        NutshellLimits
	Plan          NutshellPlan
	Pipeline      string // name of the pipeline for leads; "" = the account's default
	ActivityTypes ActivityTypes
	Outcomes      Outcomes

	SettingsFile string `env:"NUTSHELL_SETTINGS_FILE"`
}

// CallRate is a number of calls a second; 0 stands for "learned".
type CallRate float64

// UnmarshalText reads a number above 0 or the word learned.
func (r *CallRate) UnmarshalText(text []byte) error {
	if string(text) == "learned" {
		*r = 0
		return nil
	}
	v, err := parsePositive(string(text))
	*r = CallRate(v)
	return err
}

// NutshellLimits are the sizes and speeds of the account.
type NutshellLimits struct {
	StartRate      float64 // calls a second before anything is learned; the ceiling when there is one
	FindRate       float64 // non-stub finds a second at the start; they always learn their own rate
	Headroom       float64 // 0 to 0.9: the share of the allowed rate left to the account's users
	ParallelWrites int
	CallTimeout    Seconds
	UploadTimeout  Seconds
	ReadLag        Seconds // how long a record may exist before reads show it
	FileBytes      int64   // larger files go to the archive
	NoteChars      int     // longer texts are split
}

// NutshellPlan is what the account's plan allows; 0 = no limit.
type NutshellPlan struct {
	Name         string `yaml:"name"`
	Contacts     int    `yaml:"contacts"`
	OpenLeads    int    `yaml:"open_leads"`
	CustomFields int    `yaml:"custom_fields"` // an entity
}

// ActivityTypes names the account's activity types, compared without case.
type ActivityTypes struct {
	Call    string `yaml:"call"`
	Email   string `yaml:"email"`
	Meeting string `yaml:"meeting"`
}

// Outcomes names the account's lead outcomes, compared without case.
type Outcomes struct {
	Won  string `yaml:"won"`
	Lost string `yaml:"lost"`
}

const (
	defaultCallsPerS   = 5
	defaultFindsPerS   = 2
	defaultConcurrency = 4
	defaultReadLag     = Seconds(60)
)

func loadNutshell(env environment, c *Config) error {
	n := Nutshell{BaseURL: "https://app.nutshell.com", Concurrency: defaultConcurrency}
	if err := env.fill(&n); err != nil {
		return err
	}
	var err error
	if n.BaseURL, err = checkBaseURL("NUTSHELL_BASE_URL", n.BaseURL, false, "use https"); err != nil {
		return err
	}
	if n.Username == "" {
		return missing("NUTSHELL_USERNAME", "set it to the e-mail of the API key's user, or the company's domain")
	}
	if strings.Contains(n.Username, ":") || hasControl(n.Username) {
		return bad("NUTSHELL_USERNAME", "holds a colon or control character", "give the e-mail alone")
	}
	if !n.APIKey.Set() {
		return missing("NUTSHELL_API_KEY", "set it to an API key of the Nutshell account")
	}
	if hasControl(n.APIKey.Reveal()) {
		return bad("NUTSHELL_API_KEY", "holds a line break or control character", "give the key alone")
	}
	if err := checkRange("NUTSHELL_CONCURRENCY", float64(n.Concurrency), 1, 1024); err != nil {
		return err
	}
	if err := n.loadFile(env); err != nil {
		return err
	}
	c.Nutshell = n
	return nil
}

// loopback says whether the account is a simulator on this machine.
func (n *Nutshell) loopback() bool {
	u, err := url.Parse(n.BaseURL)
	return err == nil && IsLoopback(u.Hostname())
}
