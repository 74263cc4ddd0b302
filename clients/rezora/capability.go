package rezora

import (
	"time"

	"rezora2nutshell/internal/record"
)

// Offer says whether a resource is there.
type Offer string

// The offers.
const (
	Offered    Offer = "offered"
	NotOffered Offer = "not_offered" // by this account, credential or profile: a result, not a failure
	Disabled   Offer = "disabled"    // by the settings
)

// How a resource's deletions and counts are found.
const (
	DeletesTombstone = "tombstone"
	DeletesFlag      = "flag"
	DeletesSweep     = "sweep" // no tombstone was seen; the parameter is sent all the same
	DeletesAbsence   = "absence"
	DeletesNone      = "none" // append-only, or the parameter is refused

	DeltaParam = "param"
	DeltaFull  = "full_hash"

	CountEndpoint = "endpoint"
	CountTotal    = "total"
	CountOwn      = "own"
)

// Level grades a finding of preflight (rezora contract 11).
type Level string

// The levels.
const (
	Fatal   Level = "fatal"
	Adapted Level = "adapted"
	Warning Level = "warning"
)

// Finding is a difference from what was assumed. It names fields and ids, never values of records.
type Finding struct {
	Level Level  `json:"level"`
	Check string `json:"check"`
	Text  string `json:"text"`
}

// Capability is what preflight found out about one resource.
type Capability struct {
	Kind          record.Kind    `json:"kind"`
	Offer         Offer          `json:"offer"`
	Status        int            `json:"status,omitempty"` // HTTP status that said so
	Required      bool           `json:"required,omitempty"`
	Limit         int            `json:"limit,omitempty"` // page size that the source accepts
	Delta         string         `json:"delta,omitempty"`
	Deletes       string         `json:"deletes,omitempty"`
	Sweep         string         `json:"sweep,omitempty"` // fields_id, full, none
	FieldsID      bool           `json:"fields_id,omitempty"`
	Count         string         `json:"count,omitempty"`
	Total         *int           `json:"total,omitempty"` // live items, when the source counts
	AsOf          time.Time      `json:"as_of,omitzero"`
	AsOfFrom      string         `json:"as_of_from,omitempty"` // body or date
	UnknownFields []string       `json:"unknown_fields,omitempty"`
	UnknownEnums  []string       `json:"unknown_enums,omitempty"` // names of the fields
	Oddities      map[string]int `json:"oddities,omitempty"`      // "field: issue" in the sample
	Findings      []Finding      `json:"findings,omitempty"`
}

// Account is what the source says about the account.
type Account struct {
	AccountID  string    `json:"account_id,omitempty"`
	CompanyID  string    `json:"company_id,omitempty"`
	Scopes     []string  `json:"scopes,omitempty"` // advisory
	APIVersion string    `json:"api_version,omitempty"`
	ServerTime time.Time `json:"server_time,omitzero"`
}

// Capabilities are the result of preflight.
type Capabilities struct {
	Source      string                     `json:"source"` // http or export
	Profile     string                     `json:"profile,omitempty"`
	Fingerprint string                     `json:"fingerprint"` // of the account: its id, else the address
	Account     Account                    `json:"account,omitzero"`
	OverlapS    int                        `json:"overlap_s"`
	Resources   map[record.Kind]Capability `json:"resources"`
	Findings    []Finding                  `json:"findings,omitempty"`
}

// Offers reports whether a resource can be read.
func (c Capabilities) Offers(kind record.Kind) bool { return c.Resources[kind].Offer == Offered }

// Of gives the capability of a resource for a WalkRequest, nil when preflight did not see it.
func (c Capabilities) Of(kind record.Kind) *Capability {
	got, ok := c.Resources[kind]
	if !ok {
		return nil
	}
	return &got
}
