package nutshelltest

import (
	"fmt"
	"slices"
	"time"
)

// Credentials of a fresh simulator (nutshell contract 3.7).
const (
	SeedUser = "bo@example.com"
	SeedKey  = "simkey0123456789"
)

// APIKey is one credential. It belongs to one user; with Impersonation the user
// named in the request acts instead. A ReadOnly key gets 403 for every write.
type APIKey struct {
	Key           string `json:"key" yaml:"key"`
	UserID        int64  `json:"userId" yaml:"userId"`
	Impersonation bool   `json:"impersonation" yaml:"impersonation"`
	ReadOnly      bool   `json:"readOnly" yaml:"readOnly"`
}

// Limits are the switches that may also change while the simulator runs.
type Limits struct {
	// FindLagSeconds hides a new record from find*, search* and REST lists.
	FindLagSeconds float64 `json:"findLagSeconds" yaml:"findLagSeconds"`
	// FindRatePerSecond bounds find* with full bodies per API key; 0 is off.
	FindRatePerSecond float64 `json:"findRatePerSecond" yaml:"findRatePerSecond"`
	FindBurst         int     `json:"findBurst" yaml:"findBurst"`
	// GetRatePerSecond bounds get* of records; burst 0 is the rate rounded up.
	GetRatePerSecond float64 `json:"getRatePerSecond" yaml:"getRatePerSecond"`
	GetBurst         int     `json:"getBurst" yaml:"getBurst"`
	// QuotaPerSecond bounds all JSON-RPC and REST calls together.
	QuotaPerSecond float64 `json:"quotaPerSecond" yaml:"quotaPerSecond"`
	QuotaBurst     int     `json:"quotaBurst" yaml:"quotaBurst"`
	// OpenLeadLimit and ContactLimit are the plan's caps; 0 is none.
	OpenLeadLimit int `json:"openLeadLimit" yaml:"openLeadLimit"`
	ContactLimit  int `json:"contactLimit" yaml:"contactLimit"`
}

// Config holds every switch of nutshell contract 6 under its normative name.
// Start from DefaultConfig. An empty string, list or company setting means its
// default; booleans and numbers are taken as they stand.
type Config struct {
	APIKeys       []APIKey `json:"apiKeys" yaml:"apiKeys"`
	CompanyDomain string   `json:"companyDomain" yaml:"companyDomain"`

	LegacyErrorNull     bool     `json:"legacyErrorNull" yaml:"legacyErrorNull"`
	PHPEscapes          bool     `json:"phpEscapes" yaml:"phpEscapes"`
	EmptyMaps           string   `json:"emptyMaps" yaml:"emptyMaps"`           // absent array object null mixed
	RecordShape         string   `json:"recordShape" yaml:"recordShape"`       // recorded full
	StubShape           string   `json:"stubShape" yaml:"stubShape"`           // new old
	ListedNotes         string   `json:"listedNotes" yaml:"listedNotes"`       // recorded stub
	AttributeShape      string   `json:"attributeShape" yaml:"attributeShape"` // recorded full
	Mentions            bool     `json:"mentions" yaml:"mentions"`
	TimelineEmails      bool     `json:"timelineEmails" yaml:"timelineEmails"`
	UnlabelledFrom      int      `json:"unlabelledFrom" yaml:"unlabelledFrom"`
	URLScheme           bool     `json:"urlScheme" yaml:"urlScheme"`
	DateShape           string   `json:"dateShape" yaml:"dateShape"` // text object
	ETag                bool     `json:"etag" yaml:"etag"`
	UnknownKeys         string   `json:"unknownKeys" yaml:"unknownKeys"`         // ignore reject
	DateAuthorInput     string   `json:"dateAuthorInput" yaml:"dateAuthorInput"` // ignore reject
	LinkBumpsBoth       bool     `json:"linkBumpsBoth" yaml:"linkBumpsBoth"`
	NewLeadRev          int64    `json:"newLeadRev" yaml:"newLeadRev"`
	NoteBumpsParent     bool     `json:"noteBumpsParent" yaml:"noteBumpsParent"`
	IDOrder             string   `json:"idOrder" yaml:"idOrder"` // growing shuffled
	ParentNotesMax      int      `json:"parentNotesMax" yaml:"parentNotesMax"`
	GetDeleted          string   `json:"getDeleted" yaml:"getDeleted"`         // record 404
	LeadDueDefault      string   `json:"leadDueDefault" yaml:"leadDueDefault"` // null 30d
	IgnoreClosedTime    bool     `json:"ignoreClosedTime" yaml:"ignoreClosedTime"`
	IgnoreCompletedTime bool     `json:"ignoreCompletedTime" yaml:"ignoreCompletedTime"`
	EmailValidation     bool     `json:"emailValidation" yaml:"emailValidation"`
	DisabledOwners      string   `json:"disabledOwners" yaml:"disabledOwners"` // reject accept
	OwnerDefault        string   `json:"ownerDefault" yaml:"ownerDefault"`     // none caller
	Geocode             bool     `json:"geocode" yaml:"geocode"`
	TruncateSilently    bool     `json:"truncateSilently" yaml:"truncateSilently"`
	TrimStrings         bool     `json:"trimStrings" yaml:"trimStrings"`
	StripAstral         bool     `json:"stripAstral" yaml:"stripAstral"`
	RESTCustomFields    string   `json:"restCustomFields" yaml:"restCustomFields"` // on off
	RESTLists           string   `json:"restLists" yaml:"restLists"`               // on off
	RESTListFields      string   `json:"restListFields" yaml:"restListFields"`     // on off
	RESTUndelete        string   `json:"restUndelete" yaml:"restUndelete"`         // on off
	RESTAttributes      string   `json:"restAttributes" yaml:"restAttributes"`     // wrapped bare
	FilterKeys          string   `json:"filterKeys" yaml:"filterKeys"`             // name id
	CustomFieldTypes    []string `json:"customFieldTypes" yaml:"customFieldTypes"`
	RESTOrder           string   `json:"restOrder" yaml:"restOrder"`                 // name id
	RESTUnknownFilter   string   `json:"restUnknownFilter" yaml:"restUnknownFilter"` // reject ignore
	NoteFiles           string   `json:"noteFiles" yaml:"noteFiles"`                 // on off 405
	FileSHA256          bool     `json:"fileSha256" yaml:"fileSha256"`
	Seed                int64    `json:"seed" yaml:"seed"`

	Limits           `yaml:",inline"`
	LimiterStatus    int   `json:"limiterStatus" yaml:"limiterStatus"` // 429 503
	RetryAfterHeader bool  `json:"retryAfterHeader" yaml:"retryAfterHeader"`
	CustomFieldLimit int   `json:"customFieldLimit" yaml:"customFieldLimit"`
	FileSizeLimit    int64 `json:"fileSizeLimit" yaml:"fileSizeLimit"` // bytes

	Faults  []Fault `json:"faults" yaml:"faults"`
	Latency Latency `json:"latency" yaml:"latency"`

	// The company that instanceData shows; defaults 501, Example Realty, USD.
	InstanceID  int64  `json:"instanceId" yaml:"instanceId"`
	CompanyName string `json:"companyName" yaml:"companyName"`
	Currency    string `json:"currency" yaml:"currency"`

	// Clock replaces time.Now, for tests of windows and limiters.
	Clock func() time.Time `json:"-" yaml:"-"`
}

// AllFieldTypes are the eight custom field types of nutshell contract 4.5.
var AllFieldTypes = []string{"text", "textarea", "number", "currency", "date", "datetime", "boolean", "select"}

// DefaultConfig is the contract's default of every switch.
func DefaultConfig() Config {
	return Config{
		PHPEscapes: true, Mentions: true, ETag: true, LinkBumpsBoth: true,
		NewLeadRev: 2, EmailValidation: true, Seed: 1,
		Limits:        Limits{FindRatePerSecond: 5, FindBurst: 10},
		LimiterStatus: 429, RetryAfterHeader: true, FileSizeLimit: 10 << 20,
	}.filled()
}

type choice struct {
	name    string
	value   *string
	allowed []string // the first is the default
}

func (c *Config) choices() []choice {
	return []choice{
		{"emptyMaps", &c.EmptyMaps, []string{"absent", "array", "object", "null", "mixed"}},
		{"recordShape", &c.RecordShape, []string{"recorded", "full"}},
		{"stubShape", &c.StubShape, []string{"new", "old"}},
		{"listedNotes", &c.ListedNotes, []string{"recorded", "stub"}},
		{"attributeShape", &c.AttributeShape, []string{"recorded", "full"}},
		{"dateShape", &c.DateShape, []string{"text", "object"}},
		{"unknownKeys", &c.UnknownKeys, []string{"ignore", "reject"}},
		{"dateAuthorInput", &c.DateAuthorInput, []string{"ignore", "reject"}},
		{"idOrder", &c.IDOrder, []string{"growing", "shuffled"}},
		{"getDeleted", &c.GetDeleted, []string{"record", "404"}},
		{"leadDueDefault", &c.LeadDueDefault, []string{"null", "30d"}},
		{"disabledOwners", &c.DisabledOwners, []string{"reject", "accept"}},
		{"ownerDefault", &c.OwnerDefault, []string{"none", "caller"}},
		{"restCustomFields", &c.RESTCustomFields, []string{"on", "off"}},
		{"restLists", &c.RESTLists, []string{"on", "off"}},
		{"restListFields", &c.RESTListFields, []string{"on", "off"}},
		{"restUndelete", &c.RESTUndelete, []string{"on", "off"}},
		{"restAttributes", &c.RESTAttributes, []string{"wrapped", "bare"}},
		{"filterKeys", &c.FilterKeys, []string{"name", "id"}},
		{"restOrder", &c.RESTOrder, []string{"name", "id"}},
		{"restUnknownFilter", &c.RESTUnknownFilter, []string{"reject", "ignore"}},
		{"noteFiles", &c.NoteFiles, []string{"on", "off", "405"}},
	}
}

func (c Config) filled() Config {
	for _, ch := range c.choices() {
		if *ch.value == "" {
			*ch.value = ch.allowed[0]
		}
	}
	if len(c.APIKeys) == 0 {
		c.APIKeys = []APIKey{{Key: SeedKey, UserID: 1}}
	}
	if len(c.CustomFieldTypes) == 0 {
		c.CustomFieldTypes = slices.Clone(AllFieldTypes)
	}
	if c.InstanceID == 0 {
		c.InstanceID = 501
	}
	if c.CompanyName == "" {
		c.CompanyName = "Example Realty"
	}
	if c.Currency == "" {
		c.Currency = "USD"
	}
	if c.LimiterStatus == 0 {
		c.LimiterStatus = 429
	}
	if c.Latency.Dist == "" {
		c.Latency.Dist = "none"
	}
	return c
}

// Validate names the first switch that has no such value.
func (c Config) Validate() error {
	c = c.filled()
	for _, ch := range c.choices() {
		if !slices.Contains(ch.allowed, *ch.value) {
			return fmt.Errorf("simulator switch %s: %q is none of %v", ch.name, *ch.value, ch.allowed)
		}
	}
	for _, t := range c.CustomFieldTypes {
		if !slices.Contains(AllFieldTypes, t) {
			return fmt.Errorf("simulator switch customFieldTypes: %q is none of %v", t, AllFieldTypes)
		}
	}
	if c.LimiterStatus != 429 && c.LimiterStatus != 503 {
		return fmt.Errorf("simulator switch limiterStatus: %d is neither 429 nor 503", c.LimiterStatus)
	}
	if !currencyCode(c.Currency) {
		return fmt.Errorf("simulator switch currency: %q is no currency code", c.Currency)
	}
	if err := c.Limits.validate(); err != nil {
		return err
	}
	if err := validateFaults(c.Faults); err != nil {
		return err
	}
	return c.Latency.validate()
}

func (l Limits) validate() error {
	for name, v := range map[string]float64{
		"findLagSeconds": l.FindLagSeconds, "findRatePerSecond": l.FindRatePerSecond, "findBurst": float64(l.FindBurst),
		"getRatePerSecond": l.GetRatePerSecond, "getBurst": float64(l.GetBurst), "quotaPerSecond": l.QuotaPerSecond,
		"quotaBurst": float64(l.QuotaBurst), "openLeadLimit": float64(l.OpenLeadLimit), "contactLimit": float64(l.ContactLimit),
	} {
		if v < 0 {
			return fmt.Errorf("simulator switch %s: %v is negative", name, v)
		}
	}
	return nil
}
