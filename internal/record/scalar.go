package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Time is a point in time that may be missing (rezora contract 3.8). Canonical items carry RFC 3339 in UTC.
type Time struct{ time.Time }

// At makes a Time of a point in time.
func At(t time.Time) Time { return Time{t.UTC()} }

// Set reports whether there is a time.
func (t Time) Set() bool { return !t.IsZero() }

// String is the form of the map: YYYY-MM-DDTHH:MM:SSZ, "" when missing.
func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// UnmarshalJSON accepts RFC 3339 with or without fraction, null and "".
func (t *Time) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*t = Time{}
		return nil
	}
	s, err := plainText(b)
	if err != nil {
		return fmt.Errorf("time is not a text: %w", err)
	}
	if s = strings.TrimSpace(s); s == "" {
		*t = Time{}
		return nil
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("time is not RFC 3339: %w", err)
	}
	*t = At(parsed)
	return nil
}

// plainText reads a JSON text. One of plain ASCII without escapes, as times and numbers are, stands there as it is.
func plainText(b []byte) (s string, err error) {
	if n := len(b) - 1; n > 0 && b[0] == '"' && b[n] == '"' && !slices.ContainsFunc(b[1:n], special) {
		return string(b[1:n]), nil
	}
	err = json.Unmarshal(b, &s)
	return s, err
}

func special(c byte) bool { return c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' }

// MarshalJSON writes the form of String, null when missing.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.String())
}

// Num is a number kept as the digits that were received, "" when missing. Numeric text is accepted (rezora contract 4.11, score).
type Num string

// UnmarshalJSON accepts a number, numeric text and null.
func (n *Num) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || bytes.Equal(b, []byte("null")) {
		*n = ""
		return nil
	}
	if b[0] == '"' {
		s, err := plainText(b)
		if err != nil {
			return err
		}
		*n = Num(strings.TrimSpace(s))
		return nil
	}
	*n = Num(b)
	return nil
}

// MarshalJSON writes a number when the text is one, else the text, null when missing.
func (n Num) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	if json.Valid([]byte(n)) {
		return []byte(n), nil
	}
	return json.Marshal(string(n))
}
