package rezoratest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// opt is text that is null when empty.
type opt string

func (o opt) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return encode(string(o))
}

// num is a JSON number kept as its digits; empty means null.
type num string

func (n num) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

func numf(format string, args ...any) num { return num(fmt.Sprintf(format, args...)) }

// instant is a time in whole Unix seconds; zero means null.
type instant int64

const rfc3339 = "2006-01-02T15:04:05Z"

func (t instant) String() string { return time.Unix(int64(t), 0).UTC().Format(rfc3339) }

func (t instant) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	b := make([]byte, 0, len(rfc3339)+2)
	b = append(b, '"')
	b = time.Unix(int64(t), 0).UTC().AppendFormat(b, rfc3339)
	return append(b, '"'), nil
}

func (t instant) date() string { return time.Unix(int64(t), 0).UTC().Format(time.DateOnly) }

// parseInstant reads an RFC 3339 time and rounds it up to the next whole
// second, which keeps both "at or after" and "before" exact for rows that lie
// on whole seconds.
func parseInstant(s string) (instant, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, err
	}
	sec := t.Unix()
	if t.Nanosecond() > 0 {
		sec++
	}
	return instant(sec), nil
}

// encode writes v as JSON with <, > and & left as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func mustEncode(v any) []byte {
	b, err := encode(v)
	if err != nil {
		panic(fmt.Sprintf("rezoratest: encode: %v", err))
	}
	return b
}

// decode reads a JSON object, numbers with all their digits.
func decode(b []byte) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	m := map[string]any{}
	if err := dec.Decode(&m); err != nil {
		panic(fmt.Sprintf("rezoratest: decode row: %v", err))
	}
	return m
}
