package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// RetryInput starts a Retry of one record that was set aside, in a migration that runs or has ended.
type RetryInput struct {
	Migration string `json:"migration"`
	Object    string `json:"object"`
	SourceID  string `json:"source_id"`
	By        string `json:"by"`
	Reason    string `json:"reason"`
}

// Retried counts what became of a record's effects, and of those of the items that had waited for it. Reason is why the last of those
// that are set aside again is so.
type Retried struct {
	Tried       int    `json:"tried"`
	Done        int    `json:"done"`
	Quarantined int    `json:"quarantined"`
	InDoubt     int    `json:"in_doubt"`
	Reason      string `json:"reason,omitempty"`
}

// DecodeRetry reads the payload of a Retry strictly.
func DecodeRetry(payload []byte) (RetryInput, error) {
	var in RetryInput
	if _, err := decodeStrict(payload, &in); err != nil {
		return RetryInput{}, err
	}
	if err := checkName(in.Migration); err != nil {
		return RetryInput{}, err
	}
	if !slices.Contains(Objects, in.Object) {
		return RetryInput{}, fmt.Errorf("object: %q is not one of %s", in.Object, strings.Join(Objects, ", "))
	}
	if in.SourceID == "" {
		return RetryInput{}, errors.New("source_id: name the record of the source")
	}
	return in, nil
}
