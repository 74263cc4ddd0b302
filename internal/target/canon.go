package target

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const canonTime = "2006-01-02T15:04:05Z"

// timeLayouts are the forms in which times come and go (nutshell contract 3.1, 7.7).
var timeLayouts = [...]string{"2006-01-02T15:04:05-0700", time.RFC3339}

// canonicalTime is a time in UTC without its fraction; a text that is no time stays as it is.
func canonicalTime(raw any) string {
	s := textOf(raw)
	if s == "" {
		return ""
	}
	t, ok := parseTime(s)
	if !ok {
		return s
	}
	return t.UTC().Format(canonTime)
}

func parseTime(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") {
		return time.Time{}, false
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// canonicalDate is YYYY-MM-DD: the written date of a date or date-time, or the UTC day of {"timestamp": seconds} (nutshell contract 4.5).
func canonicalDate(raw any) string {
	if m, ok := raw.(map[string]any); ok {
		seconds, err := strconv.ParseInt(textOf(m["timestamp"]), 10, 64)
		if err != nil {
			return textOf(raw)
		}
		return time.Unix(seconds, 0).UTC().Format(time.DateOnly)
	}
	s := textOf(raw)
	if len(s) > len(time.DateOnly) && (s[len(time.DateOnly)] == 'T' || s[len(time.DateOnly)] == ' ') {
		if day := s[:len(time.DateOnly)]; validDate(day) {
			return day
		}
	}
	return s
}

func validDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// canonicalBool is true or false for the forms of nutshell contract 4.5, else the text.
func canonicalBool(raw any) string {
	switch s := textOf(raw); s {
	case "1":
		return "true"
	case "0":
		return "false"
	default:
		return s
	}
}

// canonicalNumber is the shortest plain decimal of a number or numeric text, else the text.
func canonicalNumber(raw any) string {
	s := textOf(raw)
	if n, ok := plainDecimal(s); ok {
		return n
	}
	return s
}

// plainDecimal rewrites a JSON number or numeric text without exponent, leading plus, and needless zeros. It refuses exponents beyond
// 400, which no field can hold.
func plainDecimal(s string) (string, bool) {
	digits, exponent, negative := s, 0, false
	if digits == "" {
		return "", false
	}
	if digits[0] == '-' || digits[0] == '+' {
		negative, digits = digits[0] == '-', digits[1:]
	}
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		e, err := strconv.Atoi(digits[i+1:])
		if err != nil || e > 400 || e < -400 {
			return "", false
		}
		digits, exponent = digits[:i], e
	}
	whole, fraction, dot := strings.Cut(digits, ".")
	if whole == "" || dot && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return "", false
	}
	if exponent > 0 {
		if pad := exponent - len(fraction); pad > 0 {
			fraction += strings.Repeat("0", pad)
		}
		whole, fraction = whole+fraction[:exponent], fraction[exponent:]
	} else if exponent < 0 {
		if pad := -exponent - len(whole); pad > 0 {
			whole = strings.Repeat("0", pad) + whole
		}
		cut := len(whole) + exponent
		whole, fraction = whole[:cut], whole[cut:]+fraction
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, true
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func onlyDigits(s string) string {
	if allDigits(s) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// canonicalMoney is "<currency> <amount>" with the amount alone beside it, for a demand that names no currency (nutshell contract 4.5).
func canonicalMoney(raw any) (canon, alt string) {
	m, ok := raw.(map[string]any)
	if !ok {
		return canonicalNumber(raw), ""
	}
	amount := canonicalNumber(m["amount"])
	currency := textOf(m["currency"])
	if amount == "" || currency == "" {
		return amount, ""
	}
	return currency + " " + amount, amount
}

func canonicalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// canonicalURL is the address without its scheme.
func canonicalURL(s string) string {
	if i := strings.Index(s, "://"); i > 0 && isScheme(s[:i]) {
		return s[i+len("://"):]
	}
	return s
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || s[i] != '+' && s[i] != '-' && s[i] != '.' && (s[i] < '0' || s[i] > '9')) {
			return false
		}
	}
	return true
}

var partEscaper = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// joinParts makes one text of several so that different parts never give the same text.
func joinParts(parts ...string) string {
	n := len(parts)
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n)
	for i, p := range parts {
		if i > 0 {
			b = append(b, '|')
		}
		if strings.ContainsAny(p, `\|`) {
			p = partEscaper.Replace(p)
		}
		b = append(b, p...)
	}
	return string(b)
}

// textOf is a JSON value as text; "" for null and for empty maps and arrays, which mean no value (nutshell contract 1.3).
func textOf(raw any) string {
	switch x := raw.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case int:
		return strconv.Itoa(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case map[string]any:
		if len(x) == 0 {
			return ""
		}
	case []any:
		if len(x) == 0 {
			return ""
		}
	}
	b, err := json.Marshal(raw)
	if err != nil {
		return ""
	}
	return string(b)
}

// idOf reads an id as a number or decimal text, with or without the suffix of REST ids; 0 when there is none.
func idOf(raw any) int64 {
	s := textOf(raw)
	if i := strings.IndexByte(s, '-'); i > 0 {
		s = s[:i]
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return id
}
