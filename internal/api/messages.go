package api

import (
	"fmt"
	"slices"
	"strings"
)

// Decision is the payload of confirm.
type Decision struct {
	Approved bool   `json:"approved"`
	Approver string `json:"approver"`
	Comment  string `json:"comment"`
	Report   string `json:"report"` // the digest of the report on the screen, or its first 8 or more characters
}

// By is the payload of pause, resume, accept and rollback.
type By struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// CutoverBy is the payload of cutover.
type CutoverBy struct {
	By    string `json:"by"`
	Force bool   `json:"force"`
}

// DecodeDecision reads a confirm; "approved" must be said, either way.
func DecodeDecision(payload []byte) (Decision, error) {
	var d Decision
	keys, err := decodeStrict(payload, &d)
	if err != nil {
		return Decision{}, err
	}
	if !slices.Contains(keys, "approved") {
		return Decision{}, fmt.Errorf("approved: missing; say true or false")
	}
	return d, nil
}

// DecodeBy reads a pause, resume, accept or rollback; an empty payload is an empty object.
func DecodeBy(payload []byte) (By, error) {
	var b By
	if empty(payload) {
		return b, nil
	}
	_, err := decodeStrict(payload, &b)
	return b, err
}

// DecodeCutover reads a cutover; an empty payload is an empty object.
func DecodeCutover(payload []byte) (CutoverBy, error) {
	var c CutoverBy
	if empty(payload) {
		return c, nil
	}
	_, err := decodeStrict(payload, &c)
	return c, err
}

func empty(payload []byte) bool {
	s := strings.TrimSpace(string(payload))
	return s == "" || s == "null"
}

// Check holds a decision against what is at the gate (I8): the digest it names, and who may approve. reportRequired is false only
// while map_gate is start.
func (d Decision) Check(digest string, approvers []string, reportRequired bool) error {
	report := strings.ToLower(strings.TrimSpace(d.Report))
	switch {
	case report == "" && reportRequired:
		return fmt.Errorf("report: missing; name the digest of the report you read (it starts with %s)", short(digest))
	case report != "" && len(report) < 8:
		return fmt.Errorf("report: give at least the first 8 characters of the digest")
	case report != "" && !strings.HasPrefix(digest, report):
		return fmt.Errorf("report: it is not the report now at the gate, whose digest starts with %s; read that one first", short(digest))
	}
	if len(approvers) == 0 {
		return nil
	}
	who := strings.TrimSpace(d.Approver)
	if who == "" {
		return fmt.Errorf("approver: missing; this migration names who may approve")
	}
	for _, a := range approvers {
		if strings.EqualFold(strings.TrimSpace(a), who) {
			return nil
		}
	}
	return fmt.Errorf("approver: not one of the approvers of this migration")
}

func short(digest string) string {
	if len(digest) > 12 {
		return digest[:12]
	}
	return digest
}
