package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Duration is a span of time written as Go writes it: "24h", "15m", "90s".
type Duration time.Duration

// D gives the span as a time.Duration.
func (d Duration) D() time.Duration { return time.Duration(d) }

// UnmarshalJSON accepts a text only, so that nobody has to guess a unit.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return &json.UnmarshalTypeError{Value: kindOf(b)}
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return errDuration
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON writes the form that UnmarshalJSON reads.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

var errDuration = errors.New(`not a duration such as "24h" or "15m"`)

// decodeStrict reads one JSON object into a struct and returns the keys that were given. Keys are matched exactly; an unknown or a
// repeated key, a wrong type and null are errors that name the key.
func decodeStrict(payload []byte, into any) ([]string, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	tok, err := dec.Token()
	if err != nil || tok != json.Delim('{') {
		return nil, fmt.Errorf("input: a JSON object is expected, as in {\"migration\":\"acme-2026\"}")
	}
	known := jsonFields(into)
	var keys []string
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			return nil, fmt.Errorf("input: not valid JSON")
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, fmt.Errorf("%s: not valid JSON", key)
		}
		target, ok := known[key]
		switch {
		case !ok:
			return nil, fmt.Errorf("%s: unknown key", printable(key))
		case seen[key]:
			return nil, fmt.Errorf("%s: given twice", key)
		case string(raw) == "null":
			return nil, fmt.Errorf("%s: null is no value; leave the key out for its default", key)
		}
		seen[key] = true
		keys = append(keys, key)
		if err := json.Unmarshal(raw, target); err != nil {
			return nil, fmt.Errorf("%s: %s", key, plainCause(err, raw))
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("input: not valid JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("input: more than one JSON value")
	}
	return keys, nil
}

func plainCause(err error, raw []byte) string {
	if errors.Is(err, errDuration) {
		return err.Error()
	}
	return "wrong type, " + kindOf(raw) + " is not accepted here"
}

func kindOf(raw []byte) string {
	switch b := bytes.TrimSpace(raw); {
	case len(b) == 0:
		return "nothing"
	case b[0] == '"':
		return "a text"
	case b[0] == '{':
		return "an object"
	case b[0] == '[':
		return "a list"
	case b[0] == 't' || b[0] == 'f':
		return "true or false"
	}
	return "that number"
}

// printable keeps an unknown key on one short line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return s
}
