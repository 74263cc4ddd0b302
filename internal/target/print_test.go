package target_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

func printName(v any) map[string]any {
	if text, ok := v.(string); ok {
		given, family := text, ""
		if i := strings.LastIndex(text, " "); i >= 0 {
			given, family = text[:i], text[i+1:]
		}
		return map[string]any{"givenName": given, "familyName": family, "salutation": nil, "displayName": text}
	}
	m := maps.Clone(v.(map[string]any))
	if m["displayName"] == nil {
		m["displayName"] = strings.TrimSpace(fmt.Sprint(or(m["givenName"]), " ", or(m["familyName"])))
	}
	m["salutation"] = or(m["salutation"])
	return m
}

func or(v any) any {
	if v == nil {
		return ""
	}
	return v
}

func (s *server) printDictionary(out map[string]any, name string, items []item) {
	if len(items) == 0 {
		if s.full {
			out[name] = []any{}
		}
		return
	}
	m := map[string]any{}
	n := s.from
	for _, it := range items {
		k := it.label
		if k == "" {
			k = strconv.Itoa(n)
			n++
		}
		shown := it.value
		switch name {
		case "phone":
			shown = printPhone(it.value)
		case "address":
			shown = printAddress(it.value.(map[string]any))
		}
		m[k] = shown
		if it.primary {
			m["--primary"] = shown
		}
	}
	out[name] = m
}

func printPhone(v any) map[string]any {
	if m, ok := v.(map[string]any); ok {
		return m
	}
	text := v.(string)
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	if len(digits) == 11 && digits[0] == '1' {
		digits = digits[1:]
	}
	if len(digits) != 10 {
		return map[string]any{"countryCode": nil, "number": text, "extension": nil, "numberFormatted": text, "E164": nil}
	}
	return map[string]any{"countryCode": "1", "number": digits, "extension": nil, "E164": "+1" + digits,
		"numberFormatted": digits[:3] + "-" + digits[3:6] + "-" + digits[6:]}
}

func printAddress(in map[string]any) map[string]any {
	out := map[string]any{"name": nil, "location": nil, "locationAccuracy": nil, "timezone": nil}
	for _, part := range []string{"address_1", "address_2", "address_3", "city", "state", "postalCode", "country"} {
		out[part] = or(in[part])
	}
	if in["name"] != nil {
		out["name"] = in["name"]
	}
	return out
}
