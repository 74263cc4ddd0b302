package account

import (
	"slices"
	"time"
)

// Probes are what the probes that write found out (nutshell contract 8, P7 to P19). The zero value is the careful assumption that holds
// when they were not allowed to run.
type Probes struct {
	Ran          bool      `json:"ran"`
	Files        bool      `json:"files,omitempty"`         // P17: a file came back byte for byte
	IDsUnordered bool      `json:"ids_unordered,omitempty"` // P9: a later record had a lower id
	Filter       bool      `json:"filter,omitempty"`        // P10: the filter finds the marker and nothing else
	OwnerDefault bool      `json:"owner_default,omitempty"` // P18: a record without owner gets the caller
	OwnerEmpty   bool      `json:"owner_empty,omitempty"`   // P18: but not where an empty owner is sent
	ClosesNow    bool      `json:"closes_now,omitempty"`    // P15: a lead gets the moment of its closing, whatever time is given
	CompletesNow bool      `json:"completes_now,omitempty"` // P15: so does a task
	Undelete     bool      `json:"undelete,omitempty"`      // P19
	ShowsDeleted bool      `json:"shows_deleted,omitempty"` // P19: get answers a deleted record, so "not found" means that it never was
	Refused      []string  `json:"refused,omitempty"`       // P7: types of custom fields that cannot be defined
	NoteChars    int       `json:"note_chars,omitempty"`    // P13: longest note that came back whole, in characters; 0 = as configured
	LagSeconds   int       `json:"lag_seconds,omitempty"`   // P9: how long a new record was missing from find; 0 = not at all
	Altered      []string  `json:"altered,omitempty"`       // P8: values that did not come back equal, by field type or kind
	Findings     []Finding `json:"findings,omitempty"`
}

// FilesOffered reports whether files may be put on notes.
func (p Probes) FilesOffered() bool { return !p.Ran || p.Files }

// IDsGrow reports whether newer records have higher ids.
func (p Probes) IDsGrow() bool { return !p.IDsUnordered }

// NoteLimit is the longest note to send where limit is configured, in characters.
func (p Probes) NoteLimit(limit int) int {
	if p.NoteChars > 0 {
		return min(limit, p.NoteChars)
	}
	return limit
}

// ReadLag is how long a look-up has to wait where lag is configured.
func (p Probes) ReadLag(lag time.Duration) time.Duration {
	return max(lag, time.Duration(p.LagSeconds)*time.Second)
}

// FiltersProved reports whether the REST filter by our key may be relied on.
func (p Probes) FiltersProved() bool { return p.Filter }

// Definable reports whether the account takes definitions of custom fields of a type.
func (p Probes) Definable(fieldType string) bool { return !slices.Contains(p.Refused, fieldType) }

// Refuse notes that the account defines no custom fields of a type.
func (p *Probes) Refuse(fieldType string) {
	if p.Definable(fieldType) {
		p.Refused = append(p.Refused, fieldType)
		p.Add("P7", "the account defines no custom fields of type "+fieldType+": their values become text")
	}
}

// Add appends a finding, once.
func (p *Probes) Add(probe, text string) {
	if line := (Finding{probe, text}); !slices.Contains(p.Findings, line) {
		p.Findings = append(p.Findings, line)
	}
}

// Careful is the outcome when the probes may not run: nothing is proved, and the findings say what is assumed instead.
func Careful() Probes {
	var p Probes
	for _, assumed := range careful {
		p.Add(assumed.Probe, "not probed: "+assumed.Text)
	}
	return p
}
