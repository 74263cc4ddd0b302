package nutshelltest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

var numericText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// plainNumber reads a JSON number or a numeric text by value and prints it
// without exponent and without trailing decimal zeros.
func plainNumber(v any, digits, decimals int) (string, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = expand(v.String())
	case string:
		s = v
	}
	if !numericText.MatchString(s) {
		return "", false
	}
	body, negative := strings.CutPrefix(s, "-")
	integer, fraction, _ := strings.Cut(body, ".")
	integer = strings.TrimLeft(integer, "0")
	fraction = strings.TrimRight(fraction, "0")
	significant := len(integer) + len(fraction)
	if integer == "" {
		significant = len(strings.TrimLeft(fraction, "0"))
	}
	if significant > digits || len(fraction) > decimals {
		return "", false
	}
	if integer == "" {
		integer = "0"
	}
	out := integer
	if fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, true
}

// expand writes a JSON number with an exponent out; "" when it is out of reach.
func expand(s string) string {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s
	}
	exp, err := strconv.Atoi(s[i+1:])
	if err != nil || exp > 40 || exp < -40 {
		return ""
	}
	body, negative := strings.CutPrefix(s[:i], "-")
	integer, fraction, _ := strings.Cut(body, ".")
	digits, point := integer+fraction, len(integer)+exp
	switch {
	case point <= 0:
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	case point > len(digits):
		digits += strings.Repeat("0", point-len(digits))
	}
	out := digits[:point]
	if point < len(digits) {
		out += "." + digits[point:]
	}
	if negative {
		out = "-" + out
	}
	return out
}

func currencyCode(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range 3 {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// money reads {currency,amount} and, if bare is allowed, an amount alone.
func (p *parser) money(v any, bare bool) (money, bool) {
	m := money{currency: p.cfg.Currency}
	if in, ok := v.(map[string]any); ok {
		switch c := in["currency"].(type) {
		case nil:
		case string:
			m.currency = c
		default:
			return money{}, false
		}
		v = in["amount"]
	} else if !bare {
		return money{}, false
	}
	amount, ok := plainNumber(v, 15, 2)
	m.amount = amount
	return m, ok && currencyCode(m.currency)
}

// fixed2 pads a plain number to two decimals.
func fixed2(amount string) string {
	integer, fraction, _ := strings.Cut(amount, ".")
	return integer + "." + fraction + "00"[len(fraction):]
}
