package api

import (
	"errors"
	"regexp"
)

// RehearsedInput tells a migration how its rehearsal came out.
type RehearsedInput struct {
	Migration  string `json:"migration"`
	TargetRoot string `json:"target_root"` // to expect of the reconciliation
	Outline    []byte `json:"outline"`     // how each record came out; without it, only roots are compared
	At         string `json:"at"`          // RFC 3339
	By         string `json:"by"`
}

var rootForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// DecodeRehearsed reads the payload of a Rehearsed strictly.
func DecodeRehearsed(payload []byte) (RehearsedInput, error) {
	var in RehearsedInput
	if _, err := decodeStrict(payload, &in); err != nil {
		return RehearsedInput{}, err
	}
	if err := checkName(in.Migration); err != nil {
		return RehearsedInput{}, err
	}
	if !rootForm.MatchString(in.TargetRoot) {
		return RehearsedInput{}, errors.New("target_root: 64 hex digits")
	}
	return in, nil
}
