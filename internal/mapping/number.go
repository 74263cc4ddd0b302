package mapping

import (
	"math/big"
	"strconv"
	"strings"
)

// maxExponent bounds how long a number with an exponent may become when it is written out.
const maxExponent = 400

// plainNumber writes a JSON number, or text that is one, as its shortest decimal form: no exponent, no leading or trailing
// zeros, no minus before zero. It reports false for anything else.
func plainNumber(s string) (string, bool) {
	neg := strings.HasPrefix(s, "-")
	if neg {
		s = s[1:]
	}
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return "", false
		}
		s, exp = s[:i], e
	}
	whole, frac, point := strings.Cut(s, ".")
	if !allDigits(whole) || point && !allDigits(frac) {
		return "", false
	}
	digits, at := whole+frac, len(whole)+exp
	if at < 0 {
		digits, at = strings.Repeat("0", -at)+digits, 0
	}
	if at > len(digits) {
		digits += strings.Repeat("0", at-len(digits))
	}
	whole, frac = strings.TrimLeft(digits[:at], "0"), strings.TrimRight(digits[at:], "0")
	if whole == "" && frac == "" {
		return "0", true
	}
	if whole == "" {
		whole = "0"
	}
	if neg {
		whole = "-" + whole
	}
	if frac == "" {
		return whole, true
	}
	return whole + "." + frac, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// nutshellNumber is plainNumber for numbers that Nutshell takes: at most 15 significant digits and 4 decimals (nutshell
// contract 4.5). Zeros at the end of a whole number count as significant, which is the careful reading.
func nutshellNumber(s string) (string, bool) {
	n, ok := plainNumber(s)
	if !ok {
		return "", false
	}
	whole, frac, _ := strings.Cut(strings.TrimPrefix(n, "-"), ".")
	digits := strings.TrimLeft(whole+frac, "0")
	return n, len(digits) <= 15 && len(frac) <= 4
}

// rat reads a number exactly; nil when there is none.
func rat(s string) *big.Rat {
	n, ok := plainNumber(s)
	if !ok {
		return nil
	}
	r, ok := new(big.Rat).SetString(n)
	if !ok {
		return nil
	}
	return r
}

// rounded writes a number with at most so many decimals, rounded half away from zero, in its shortest decimal form.
func rounded(r *big.Rat, places int) string {
	n, _ := plainNumber(r.FloatString(places))
	return n
}

// ratio is part/whole with 4 decimals; false when either is missing or whole is 0.
func ratio(part, whole string) (string, bool) {
	p, w := rat(part), rat(whole)
	if p == nil || w == nil || w.Sign() == 0 {
		return "", false
	}
	return rounded(p.Quo(p, w), 4), true
}
