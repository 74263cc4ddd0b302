package nutshelltest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Sizes in characters, nutshell contract 6.4.
const (
	maxName            = 255
	maxEmail           = 255
	maxPhone           = 50
	maxURL             = 2048
	maxLabel           = 64
	maxLeadDescription = 100
	maxLong            = 65536
	maxShort           = 255
)

type object = map[string]any

// actor is who a call acts as, and the key it came with. A user at work in the
// account itself has no key.
type actor struct {
	user *user
	key  APIKey
}

func (a *actor) mayWrite() *Error {
	if a.key.ReadOnly {
		return errForbidden
	}
	return nil
}

// parser reads the records that callers send. It never changes the store.
type parser struct {
	cfg   *Config
	db    *store
	actor *actor
	now   instant
	// limits are those of the moment of the call.
	limits Limits
	// born is the call's time in Unix nanoseconds when finds lag, else 0.
	born int64
}

// clean refuses U+0000 anywhere and applies trimStrings and stripAstral.
func (p *parser) clean(field string, v any) (any, *Error) {
	switch v := v.(type) {
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			return nil, invalid(field, "contains U+0000")
		}
		if p.cfg.TrimStrings {
			v = strings.TrimSpace(v)
		}
		if p.cfg.StripAstral {
			v = strings.Map(func(r rune) rune {
				if r > 0xffff {
					return '?'
				}
				return r
			}, v)
		}
		return v, nil
	case []any:
		for i := range v {
			c, err := p.clean(field, v[i])
			if err != nil {
				return nil, err
			}
			v[i] = c
		}
	case map[string]any:
		for k := range v {
			if strings.IndexByte(k, 0) >= 0 {
				return nil, invalid(field, "contains U+0000")
			}
			inner := k
			if field != "" {
				inner = field + "." + k
			}
			c, err := p.clean(inner, v[k])
			if err != nil {
				return nil, err
			}
			v[k] = c
		}
	}
	return v, nil
}

var (
	serverDates = []string{"createdTime", "modifiedTime", "deletedTime", "creator"}
	neverKeys   = []string{"file", "id", "rev", "entityType", "stub"}
)

// record cleans a record and applies the switches about its keys.
func (p *parser) record(in object, known []string) *Error {
	if _, err := p.clean("", in); err != nil {
		return err
	}
	if p.cfg.DateAuthorInput == "reject" {
		for _, k := range serverDates {
			if _, sent := in[k]; sent {
				return invalid(k, "cannot be set")
			}
		}
	}
	if p.cfg.UnknownKeys == "reject" {
		for _, k := range slices.Sorted(maps.Keys(in)) {
			if !slices.Contains(known, k) && !slices.Contains(serverDates, k) && !slices.Contains(neverKeys, k) {
				return invalid(k, "unknown key")
			}
		}
	}
	return nil
}

// limited reads a text of at most n characters; null is "".
func (p *parser) limited(field string, v any, n int) (string, *Error) {
	s, err := asText(field, v)
	if err != nil || len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s, err
	}
	if p.cfg.TruncateSilently {
		return string([]rune(s)[:n]), nil
	}
	return "", tooLong(field, n)
}

// text sets *to when the key was sent.
func (p *parser) text(in object, k string, n int, to *string) *Error {
	v, sent := in[k]
	if !sent {
		return nil
	}
	s, err := p.limited(k, v, n)
	if err == nil {
		*to = s
	}
	return err
}

func (p *parser) required(in object, k string, n int, to *string) *Error {
	if err := p.text(in, k, n, to); err != nil {
		return err
	}
	if *to == "" {
		return invalid(k, "required")
	}
	return nil
}

func (p *parser) flag(in object, k string, to *bool) *Error {
	switch v := in[k].(type) {
	case nil:
	case bool:
		*to = v
	default:
		return invalid(k, "not a boolean")
	}
	return nil
}

// whole reads a JSON integer or its decimal text.
func whole(v any) (int64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = v
	default:
		return 0, false
	}
	if digits := strings.TrimPrefix(s, "-"); !decimal(digits) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func (p *parser) time(in object, k string, to *instant) *Error {
	v, sent := in[k]
	if !sent {
		return nil
	}
	if v == nil {
		*to = 0
		return nil
	}
	s, _ := v.(string)
	t, ok := parseTime(s)
	if !ok {
		return invalid(k, "not a date-time")
	}
	*to = t
	return nil
}

// parseTime takes RFC 3339 with offset or the compact offset; fractions are dropped.
func parseTime(s string) (instant, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			return at(t), true
		}
	}
	return 0, false
}

// noteTexts reads the note key of a record: one text or several.
func (p *parser) noteTexts(in object) ([]string, *Error) {
	v := in["note"]
	if v == nil || v == "" {
		return nil, nil
	}
	many, ok := v.([]any)
	if !ok {
		many = []any{v}
	}
	var texts []string
	for _, one := range many {
		s, err := p.noteText("note", one)
		if err != nil {
			return nil, err
		}
		texts = append(texts, s)
	}
	return texts, nil
}

func (p *parser) noteText(field string, v any) (string, *Error) {
	if in, ok := v.(map[string]any); ok {
		if p.cfg.DateAuthorInput == "reject" {
			for _, k := range append([]string{"date", "user"}, serverDates...) {
				if _, sent := in[k]; sent {
					return "", invalid(k, "cannot be set")
				}
			}
		}
		v = in["note"]
	}
	s, err := p.limited(field, v, maxLong)
	if err == nil && strings.TrimSpace(s) == "" {
		err = invalid(field, "required")
	}
	return s, err
}
