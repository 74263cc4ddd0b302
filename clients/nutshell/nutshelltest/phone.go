package nutshelltest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// phone is one number. country is "" when the text could not be parsed; number
// is then the text as sent.
type phone struct{ country, number, ext string }

func (p phone) e164() string {
	if p.country == "" {
		return ""
	}
	return "+" + p.country + p.number
}

func (p phone) formatted() string {
	if p.country == "1" && len(p.number) == 10 {
		return p.number[:3] + "-" + p.number[3:6] + "-" + p.number[6:]
	}
	return p.number
}

// text is what a stub shows.
func (p phone) text() string {
	if e := p.e164(); e != "" {
		return e
	}
	return p.number
}

var extension = regexp.MustCompile(`(?:ext\.?|x|#)([0-9]{1,7})$`)

var phoneNoise = strings.NewReplacer(" ", "", "(", "", ")", "", "-", "", ".", "", "/", "")

func parsePhone(s string) phone {
	body, ext := s, ""
	if m := extension.FindStringSubmatchIndex(s); m != nil {
		body, ext = s[:m[0]], s[m[2]:m[3]]
	}
	digits := phoneNoise.Replace(body)
	digits, international := strings.CutPrefix(digits, "+")
	if !decimal(digits) {
		return phone{number: s}
	}
	n := len(digits)
	switch {
	case international && n >= 8 && n <= 15:
		cc := countryDigits(digits)
		return phone{digits[:cc], digits[cc:], ext}
	case !international && n == 10:
		return phone{"1", digits, ext}
	case !international && n == 11 && digits[0] == '1':
		return phone{"1", digits[1:], ext}
	}
	return phone{number: s}
}

const twoDigitCountries = " 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 " +
	"60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "

func countryDigits(digits string) int {
	switch {
	case digits[0] == '1' || digits[0] == '7':
		return 1
	case strings.Contains(twoDigitCountries, " "+digits[:2]+" "):
		return 2
	}
	return 3
}

// phones reads a text, or the object that the server itself prints.
func (p *parser) phones() valueReader[phone] {
	single := func(in object) bool {
		for _, k := range []string{"E164", "number", "numberFormatted", "countryCode"} {
			if _, ok := in[k]; ok {
				return true
			}
		}
		return false
	}
	read := func(field string, v any) (phone, bool, *Error) {
		ext := ""
		if in, ok := v.(map[string]any); ok {
			var err *Error
			if ext, err = asText(field, in["extension"]); err != nil {
				return phone{}, false, err
			}
			v = in["number"]
			if e, _ := in["E164"].(string); e != "" {
				v = e
			}
		}
		s, err := asText(field, v)
		if err != nil || s == "" {
			return phone{}, false, err
		}
		if utf8.RuneCountInString(s) > maxPhone {
			return phone{}, false, tooLong(field, maxPhone)
		}
		ph := parsePhone(s)
		if ext != "" {
			ph.ext = ext
		}
		return ph, true, nil
	}
	return valueReader[phone]{single, read}
}

func (w *view) phone(p phone) {
	w.open('{')
	w.kopt("countryCode", p.country)
	w.kstr("number", p.number)
	w.kopt("extension", p.ext)
	w.kstr("numberFormatted", p.formatted())
	w.kopt("E164", p.e164())
	w.close('}')
}
