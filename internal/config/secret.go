package config

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is text that no printed form shows: fmt with every verb, JSON, YAML, zap and slog all give `[redacted]`. The text
// hangs on a pointer, so that even a print of a struct that holds the secret in an unexported field shows an address only.
type Secret struct{ text *string }

// NewSecret wraps s.
func NewSecret(s string) Secret { return Secret{text: &s} }

// Reveal returns the text, for the one place that sends it; "" when there is none.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Set says whether there is a text.
func (s Secret) Set() bool { return s.Reveal() != "" }

// String returns `[redacted]`.
func (Secret) String() string { return redacted }

// GoString returns `[redacted]`.
func (Secret) GoString() string { return redacted }

// Format writes `[redacted]` whatever the verb.
func (Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, redacted) }

// MarshalText returns `[redacted]`.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns `"[redacted]"`.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML returns `[redacted]`.
func (Secret) MarshalYAML() (any, error) { return redacted, nil }

// LogValue returns `[redacted]`.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// UnmarshalText takes the text of an environment variable.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
