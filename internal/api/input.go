package api

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Input starts a migration; {"migration":"acme-2026"} alone is enough, every other key has a default.
type Input struct {
	Migration            string   `json:"migration"`
	Mapping              string   `json:"mapping"`
	MapGate              string   `json:"map_gate"`
	SampleSize           int      `json:"sample_size"`
	WriteProbes          bool     `json:"write_probes"`
	FallbackOwner        string   `json:"fallback_owner"`
	OnOrphans            string   `json:"on_orphans"`
	Existing             string   `json:"existing"`
	OnReject             string   `json:"on_reject"`
	Approvers            []string `json:"approvers"`
	ApprovalTimeout      Duration `json:"approval_timeout"`
	DeltaWindow          Duration `json:"delta_window"`
	DeltaInterval        Duration `json:"delta_interval"`
	SourceDeletes        string   `json:"source_deletes"`
	DiscrepancyThreshold float64  `json:"discrepancy_threshold"`
	OnDiscrepancy        string   `json:"on_discrepancy"`
	PageSize             int      `json:"page_size"`
	Window               int      `json:"window"`
	RollbackOnCancel     bool     `json:"rollback_on_cancel"`

	// Given names the keys that stood in the payload: policies of the input win over those of a mapping file only when given.
	Given []string `json:"-"`
}

// Defaults is the input that an empty payload stands for, less the name.
func Defaults() Input {
	return Input{
		MapGate: "start", SampleSize: 300, WriteProbes: true, OnOrphans: "wait", Existing: "merge", OnReject: "rollback", Approvers: []string{},
		ApprovalTimeout: Duration(336 * time.Hour), DeltaWindow: Duration(24 * time.Hour), DeltaInterval: Duration(15 * time.Minute),
		SourceDeletes: "flag", OnDiscrepancy: "ask", PageSize: 500, Window: 4,
	}
}

// Values that a key may have; the first is the default.
var choices = []struct {
	key    string
	values []string
	of     func(*Input) string
}{
	{"map_gate", []string{"start", "confirm"}, func(i *Input) string { return i.MapGate }},
	{"on_orphans", []string{"wait", "fallback"}, func(i *Input) string { return i.OnOrphans }},
	{"existing", []string{"merge", "skip", "create"}, func(i *Input) string { return i.Existing }},
	{"on_reject", []string{"rollback", "keep"}, func(i *Input) string { return i.OnReject }},
	{"source_deletes", []string{"flag", "delete"}, func(i *Input) string { return i.SourceDeletes }},
	{"on_discrepancy", []string{"ask", "rollback"}, func(i *Input) string { return i.OnDiscrepancy }},
}

var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// ValidName reports whether a text can name a migration; names are also file names in the archive.
func ValidName(name string) bool {
	return namePattern.MatchString(name) && !strings.Contains(name, "..")
}

// DecodeInput reads the payload of a Migration strictly: unknown keys, wrong JSON types and bad values are errors that name the key.
func DecodeInput(payload []byte) (Input, error) {
	in := Defaults()
	keys, err := decodeStrict(payload, &in)
	if err != nil {
		return Input{}, err
	}
	in.Given = keys
	return in, in.validate()
}

func (i *Input) validate() error {
	if err := checkName(i.Migration); err != nil {
		return err
	}
	for _, c := range choices {
		if v := c.of(i); !slices.Contains(c.values, v) {
			return fmt.Errorf("%s: %q is not one of %s", c.key, v, strings.Join(c.values, ", "))
		}
	}
	if i.Approvers == nil {
		i.Approvers = []string{}
	}
	for n, a := range i.Approvers {
		if _, err := mail.ParseAddress(strings.TrimSpace(a)); err != nil {
			return fmt.Errorf("approvers: entry %d is not an e-mail address", n+1)
		}
	}
	i.FallbackOwner = strings.TrimSpace(i.FallbackOwner)
	if i.FallbackOwner != "" {
		if _, err := mail.ParseAddress(i.FallbackOwner); err != nil {
			return fmt.Errorf("fallback_owner: not an e-mail address")
		}
	}
	if i.OnOrphans == "fallback" && i.FallbackOwner == "" {
		return fmt.Errorf("fallback_owner: required when on_orphans is fallback")
	}
	if strings.ContainsAny(i.Mapping, `/\`) || i.Mapping == ".." {
		return fmt.Errorf("mapping: a file name in MAPPING_DIR, not a path")
	}
	return i.validateNumbers()
}

func (i *Input) validateNumbers() error {
	switch {
	case i.SampleSize < 1:
		return fmt.Errorf("sample_size: %d is less than 1", i.SampleSize)
	case i.DiscrepancyThreshold < 0 || i.DiscrepancyThreshold > 1:
		return fmt.Errorf("discrepancy_threshold: not between 0 and 1")
	case i.PageSize < 1 || i.PageSize > 5000:
		return fmt.Errorf("page_size: %d is not between 1 and 5000", i.PageSize)
	case i.Window < 1 || i.Window > 64:
		return fmt.Errorf("window: %d is not between 1 and 64", i.Window)
	case i.ApprovalTimeout <= 0:
		return fmt.Errorf("approval_timeout: must be more than 0")
	case i.DeltaWindow < 0:
		return fmt.Errorf("delta_window: must not be negative")
	case i.DeltaInterval <= 0:
		return fmt.Errorf("delta_interval: must be more than 0")
	}
	return nil
}

func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("migration: missing; name it, as in {\"migration\":\"acme-2026\"}")
	}
	if !ValidName(name) {
		return fmt.Errorf("migration: a name has 1 to 63 of a-z 0-9 . _ -, starts with a letter or digit and holds no \"..\"")
	}
	return nil
}

// RollbackInput starts a Rollback of a migration whose workflow is closed.
type RollbackInput struct {
	Migration string `json:"migration"`
	By        string `json:"by"`
	Reason    string `json:"reason"`
	Edited    string `json:"edited"` // keep or force: what happens to records a person touched
}

// DecodeRollback reads the payload of a Rollback strictly.
func DecodeRollback(payload []byte) (RollbackInput, error) {
	in := RollbackInput{Edited: "keep"}
	if _, err := decodeStrict(payload, &in); err != nil {
		return RollbackInput{}, err
	}
	if err := checkName(in.Migration); err != nil {
		return RollbackInput{}, err
	}
	if in.Edited != "keep" && in.Edited != "force" {
		return RollbackInput{}, fmt.Errorf("edited: %q is not one of keep, force", in.Edited)
	}
	return in, nil
}
