package rezora

import (
	"fmt"
	"io"
)

// Levels of legacy credentials (rezora contract 2.1).
const (
	CompanyLevel = "company"
	AgentLevel   = "agent"
)

// Credential is a legacy user and password. It never prints what is secret.
type Credential struct {
	Level    string
	AgentID  string // "" when it is to be found by the self contact
	Username string
	Password string
}

// String names the credential without showing it.
func (c Credential) String() string {
	if c.AgentID != "" {
		return c.Level + " credential of agent " + c.AgentID
	}
	return c.Level + " credential"
}

// Format prints String for every verb.
func (c Credential) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, c.String()) }

// MarshalText keeps secrets out of JSON and logs.
func (c Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
