package mapping

import (
	"strings"

	"rezora2nutshell/internal/record"
)

// AgentName is the name of an agent in header lines: display_name, else first and last name, else e-mail; "" when it has none.
func AgentName(a record.Agent) string {
	full := strings.TrimSpace(a.FirstName + " " + a.LastName)
	switch {
	case !blank(a.DisplayName):
		return headerName(a.DisplayName)
	case full != "":
		return headerName(full)
	}
	return headerName(strings.TrimSpace(a.Email))
}

// ContactName is the name of a contact in texts: name, trimmed, else both parts; "" when it has none.
func ContactName(c record.Contact) string {
	switch {
	case !blank(c.Name):
		return strings.TrimSpace(c.Name)
	case !blank(c.FirstName) && !blank(c.LastName):
		return c.FirstName + " " + c.LastName
	}
	return ""
}

// headerTime is a time in a header line.
func headerTime(t record.Time) string {
	if !t.Set() {
		return Unknown
	}
	return t.String()
}
