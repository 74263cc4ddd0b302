package rezoratest

import "time"

// Config holds every switch of the simulator under its normative name
// (rezora contract 9), the accepted secrets, and the data set. Start from
// DefaultConfig: a zero share or TombstoneDays means "none", not the default.
type Config struct {
	Seed uint64 `json:"seed" yaml:"seed"`
	// Size is XS, T, S, M or L; empty means S. Ignored when Data is set. M
	// takes some seconds and 350 MB, L about a minute and 2.5 GB.
	Size string `json:"size" yaml:"size"`

	Auth       string `json:"auth" yaml:"auth"`             // bearer, header, basic, token_exchange
	LegacyAuth string `json:"legacyAuth" yaml:"legacyAuth"` // basic, digest
	// TokenTTL (seconds) and ExpireTokenAfter (requests) age a token until it
	// answers token_expired; 0 means never.
	TokenTTL         int `json:"tokenTTL" yaml:"tokenTTL"`
	ExpireTokenAfter int `json:"expireTokenAfter" yaml:"expireTokenAfter"`

	QuotaPerSecond       int    `json:"quotaPerSecond" yaml:"quotaPerSecond"`
	LegacyQuotaPerSecond int    `json:"legacyQuotaPerSecond" yaml:"legacyQuotaPerSecond"`
	RetryAfterForm       string `json:"retryAfterForm" yaml:"retryAfterForm"` // seconds, date, mixed, none

	FailEvery      int    `json:"failEvery" yaml:"failEvery"`
	FailStatus     int    `json:"failStatus" yaml:"failStatus"`
	CutBody        int    `json:"cutBody" yaml:"cutBody"`
	DropConnection int    `json:"dropConnection" yaml:"dropConnection"`
	HTMLError      int    `json:"htmlError" yaml:"htmlError"`
	SlowBodyMs     int    `json:"slowBodyMs" yaml:"slowBodyMs"` // milliseconds per KiB
	ErrorBody      string `json:"errorBody" yaml:"errorBody"`   // dv1, empty, string, message, rfc7807, html
	// FaultAPIs narrows the switches from FailEvery to SlowBodyMs to some of
	// dv1, legacy, prototype; empty means all.
	FaultAPIs []string `json:"faultAPIs,omitempty" yaml:"faultAPIs,omitempty"`

	NotOffered map[string]int `json:"notOffered" yaml:"notOffered"` // resource (or account) to 403 or 404
	NoSince    []string       `json:"noSince" yaml:"noSince"`
	NoFields   bool           `json:"noFields" yaml:"noFields"`

	TombstoneDays   int      `json:"tombstoneDays" yaml:"tombstoneDays"`
	NoTombstonesFor []string `json:"noTombstonesFor" yaml:"noTombstonesFor"`
	TombstoneBare   bool     `json:"tombstoneBare" yaml:"tombstoneBare"`
	ForgetDeleted   bool     `json:"forgetDeleted" yaml:"forgetDeleted"`
	NoCount         bool     `json:"noCount" yaml:"noCount"`
	NullTotal       bool     `json:"nullTotal" yaml:"nullTotal"`

	CursorTTL        int      `json:"cursorTTL" yaml:"cursorTTL"` // seconds; 0 means a day
	ExpireCursorOnce []string `json:"expireCursorOnce" yaml:"expireCursorOnce"`
	CursorLoop       string   `json:"cursorLoop" yaml:"cursorLoop"` // none, same, cycle
	RepeatPage       int      `json:"repeatPage" yaml:"repeatPage"`
	EmptyMiddlePage  bool     `json:"emptyMiddlePage" yaml:"emptyMiddlePage"`
	UpdateMidWalk    int      `json:"updateMidWalk" yaml:"updateMidWalk"`
	DeleteMidWalk    int      `json:"deleteMidWalk" yaml:"deleteMidWalk"`
	VisibilityLag    int      `json:"visibilityLag" yaml:"visibilityLag"` // seconds

	NumericIDs        bool `json:"numericIds" yaml:"numericIds"`
	OddTimes          bool `json:"oddTimes" yaml:"oddTimes"`
	FutureDates       bool `json:"futureDates" yaml:"futureDates"`
	UnknownFields     bool `json:"unknownFields" yaml:"unknownFields"`
	UnknownEnums      bool `json:"unknownEnums" yaml:"unknownEnums"`
	CollidingEventIDs bool `json:"collidingEventIds" yaml:"collidingEventIds"`

	LateEvents          float64 `json:"lateEvents" yaml:"lateEvents"`
	MetricsDrift        float64 `json:"metricsDrift" yaml:"metricsDrift"`
	DirtyText           float64 `json:"dirtyText" yaml:"dirtyText"`
	OddCustomProperties float64 `json:"oddCustomProperties" yaml:"oddCustomProperties"`
	DanglingRefs        float64 `json:"danglingRefs" yaml:"danglingRefs"`
	DuplicateInAgent    float64 `json:"duplicateInAgent" yaml:"duplicateInAgent"`
	CompanyCycle        bool    `json:"companyCycle" yaml:"companyCycle"`

	LegacyOnly          float64        `json:"legacyOnly" yaml:"legacyOnly"`
	CurrentOnly         float64        `json:"currentOnly" yaml:"currentOnly"`
	LegacyServesDeleted float64        `json:"legacyServesDeleted" yaml:"legacyServesDeleted"`
	UnsubscribedOnlyIn  string         `json:"unsubscribedOnlyIn" yaml:"unsubscribedOnlyIn"` // none, current, legacy
	LegacyIDShift       int64          `json:"legacyIdShift" yaml:"legacyIdShift"`
	LegacyFail          map[string]int `json:"legacyFail" yaml:"legacyFail"` // "/lists" or "3107 /lists" to status
	LegacyNoCredential  []string       `json:"legacyNoCredential" yaml:"legacyNoCredential"`
	LegacyNoUnsubscribe bool           `json:"legacyNoUnsubscribe" yaml:"legacyNoUnsubscribe"`
	LegacyZone          string         `json:"legacyZone" yaml:"legacyZone"`

	AttachmentFault    map[string]string `json:"attachmentFault" yaml:"attachmentFault"` // id or "*" to fault
	AttachmentOdd      bool              `json:"attachmentOdd" yaml:"attachmentOdd"`
	AttachmentRedirect string            `json:"attachmentRedirect" yaml:"attachmentRedirect"` // none, same_host, other_host
	FilesBaseURL       string            `json:"filesBaseURL" yaml:"filesBaseURL"`

	// Tokens are the accepted static secrets of the modes bearer and header;
	// the prototype view takes them too. There is no built-in secret.
	Tokens []string `json:"tokens,omitempty" yaml:"tokens,omitempty"`
	// Users are accepted by the modes basic and token_exchange.
	Users []Credential `json:"users,omitempty" yaml:"users,omitempty"`
	// Header is the header of mode header; empty means X-API-Key.
	Header string `json:"header,omitempty" yaml:"header,omitempty"`
	// Scopes limits a token or user name to some resources; one without an
	// entry sees the whole account.
	Scopes map[string][]string `json:"scopes,omitempty" yaml:"scopes,omitempty"`
	// LegacyCompany and LegacyAgents (by agent id) are the legacy
	// credentials. Those not given are drawn at random when the server starts
	// and can be had by Credentials and WriteCredentials.
	LegacyCompany Credential            `json:"legacyCompany,omitzero" yaml:"legacyCompany,omitempty"`
	LegacyAgents  map[string]Credential `json:"legacyAgents,omitempty" yaml:"legacyAgents,omitempty"`

	// Data replaces the generated account: canonical rows by resource. Fields
	// left out get their empty value, times left out the start of the server.
	Data map[string][]map[string]any `json:"data,omitempty" yaml:"data,omitempty"`
	// LegacyData are canonical rows that only the legacy API knows.
	LegacyData map[string][]map[string]any `json:"legacyData,omitempty" yaml:"legacyData,omitempty"`

	// Now is the server's clock; nil means the real one. Answers carry whole
	// seconds.
	Now func() time.Time `json:"-" yaml:"-"`
}

// Credential is a user name and password.
type Credential struct {
	User     string `json:"user" yaml:"user"`
	Password string `json:"password" yaml:"password"`
}

// DefaultConfig returns the defaults of the contract: an undisturbed account
// of size S. It accepts no current credential until Tokens or Users are set.
func DefaultConfig() Config {
	return Config{
		Seed: 1, Size: "S",
		Auth: "bearer", LegacyAuth: "basic", RetryAfterForm: "seconds",
		FailStatus: 503, ErrorBody: "dv1",
		TombstoneDays: 30, CursorTTL: 86400, CursorLoop: "none",
		LateEvents: 0.02, MetricsDrift: 0.05, DuplicateInAgent: 0.01,
		LegacyOnly: 0.02, CurrentOnly: 0.02, LegacyServesDeleted: 0.01,
		UnsubscribedOnlyIn: "none", LegacyZone: "UTC",
		AttachmentRedirect: "none",
	}
}
