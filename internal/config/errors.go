package config

import "strings"

// Error says which setting is missing or bad, why, and what to do. Its text is one line without secrets; a command that
// gets one prints it to standard error and exits 2.
type Error struct {
	Setting string // name of the environment variable, or file and key
	Cause   string
	Cure    string
}

// Error returns `SETTING: cause; cure`.
func (e *Error) Error() string {
	s := e.Setting + ": " + e.Cause
	if e.Cure != "" {
		s += "; " + e.Cure
	}
	return oneLine(s)
}

// oneLine replaces everything that would break or disturb a line.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == 0x85
	}), " ")
}

func bad(setting, cause, cure string) error {
	return &Error{Setting: setting, Cause: cause, Cure: cure}
}

func missing(setting, cure string) error {
	return &Error{Setting: setting, Cause: "not set", Cure: cure}
}
