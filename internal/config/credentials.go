package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

const credentialsHeader = "level,agent_id,username,password"

// Credential is one login of the legacy API. It reaches resources of its level only (rezora contract 2.1).
type Credential struct {
	Level    string // company, agent
	AgentID  string // of an agent; may be "" (rezora contract 6, point 2)
	Username Secret // an e-mail address as a rule
	Password Secret
}

// readCredentials reads the CSV file of rezora contract 7.2. Only its owner may read the file. Errors name lines, never
// their content.
func readCredentials(setting, path string) ([]Credential, error) {
	b, err := readFile(setting, path)
	if err != nil {
		return nil, err
	}
	if othersMayRead(path) {
		return nil, bad(setting, "others than its owner may read "+quote(path), "chmod 600 it")
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	rows.FieldsPerRecord = 4
	header, err := rows.Read()
	if err != nil || strings.Join(header, ",") != credentialsHeader {
		return nil, bad(setting, quote(path)+" does not start with the header", "its first line is "+credentialsHeader)
	}
	var out []Credential
	agents := map[string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line := 0
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				line = parse.Line
			}
			return nil, bad(setting, fmt.Sprintf("line %d of %s is not a row of four fields", line, quote(path)), "correct the file")
		}
		line, _ := rows.FieldPos(0)
		c := Credential{Level: row[0], AgentID: row[1], Username: NewSecret(row[2]), Password: NewSecret(row[3])}
		cause := c.fault()
		if cause == "" && c.AgentID != "" && agents[c.AgentID] {
			cause = "a second login for one agent"
		}
		agents[c.AgentID] = true
		if cause != "" {
			return nil, bad(setting, fmt.Sprintf("line %d of %s: %s", line, quote(path), cause), "correct the file")
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, bad(setting, quote(path)+" holds no credential", "add one line a login")
	}
	return out, nil
}

func (c Credential) fault() string {
	switch {
	case c.Level != "company" && c.Level != "agent":
		return "the level is neither company nor agent"
	case c.Level == "company" && c.AgentID != "":
		return "a company login has no agent_id"
	case !c.Username.Set() || !c.Password.Set():
		return "username or password is empty"
	case strings.Contains(c.Username.Reveal(), ":"):
		return "the username holds a colon"
	}
	return ""
}
