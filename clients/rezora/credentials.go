package rezora

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
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

// ReadCredentials reads a file of legacy credentials: CSV with the header level,agent_id,username,password, readable by its owner
// only. Errors name lines, never contents.
func ReadCredentials(path string) ([]Credential, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("legacy credentials file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("legacy credentials file %s can be read by others (mode %04o); run chmod 600 on it", path, mode)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("legacy credentials file: %w", err)
	}
	defer func() { _ = f.Close() }()
	out, err := parseCredentials(f)
	if err != nil {
		return nil, fmt.Errorf("legacy credentials file %s: %w", path, err)
	}
	return out, nil
}

func parseCredentials(r io.Reader) ([]Credential, error) {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 4
	header, err := rows.Read()
	if err != nil || !slices.Equal(trimBOM(header), []string{"level", "agent_id", "username", "password"}) {
		return nil, errors.New("the header must be level,agent_id,username,password")
	}
	var out []Credential
	agents := map[string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		line, _ := rows.FieldPos(0)
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: %w", syntax.StartLine, syntax.Err)
		}
		if err != nil {
			return nil, err
		}
		c := Credential{Level: strings.TrimSpace(row[0]), AgentID: strings.TrimSpace(row[1]), Username: row[2], Password: row[3]}
		switch {
		case c.Level != CompanyLevel && c.Level != AgentLevel:
			return nil, fmt.Errorf("line %d: level must be company or agent", line)
		case c.Username == "" || c.Password == "":
			return nil, fmt.Errorf("line %d: username or password is empty", line)
		case c.Level == AgentLevel && c.AgentID != "" && agents[c.AgentID]:
			return nil, fmt.Errorf("line %d: a second credential for one agent", line)
		}
		agents[c.AgentID] = c.Level == AgentLevel
		out = append(out, c)
	}
}

func trimBOM(header []string) []string {
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], "\ufeff")
	}
	return header
}
