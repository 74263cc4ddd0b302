package account

// Probes are what the probes that write found out (nutshell contract 8, P7 to P19). The zero value is the careful assumption that holds
// when they were not allowed to run.
type Probes struct {
	Ran          bool      `json:"ran"`
	Files        bool      `json:"files,omitempty"`         // P17: a file came back byte for byte
	IDsUnordered bool      `json:"ids_unordered,omitempty"` // P9: a later record had a lower id
	Filter       bool      `json:"filter,omitempty"`        // P10: the filter finds the marker and nothing else
	OwnerDefault bool      `json:"owner_default,omitempty"` // P18: a record without owner gets the caller
	CloseTime    bool      `json:"close_time,omitempty"`    // P15: a given closing time is kept
	Undelete     bool      `json:"undelete,omitempty"`      // P19
	Refused      []string  `json:"refused,omitempty"`       // P7: types of custom fields that cannot be defined
	Findings     []Finding `json:"findings,omitempty"`
}

// FilesOffered reports whether files may be put on notes.
func (p Probes) FilesOffered() bool { return !p.Ran || p.Files }

// IDsGrow reports whether newer records have higher ids.
func (p Probes) IDsGrow() bool { return !p.IDsUnordered }

// FiltersProved reports whether the REST filter by our key may be relied on.
func (p Probes) FiltersProved() bool { return p.Filter }

// Add appends a finding.
func (p *Probes) Add(probe, text string) { p.Findings = append(p.Findings, Finding{probe, text}) }
