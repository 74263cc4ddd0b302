package oracle

import (
	"regexp"
	"strings"
)

var phoneTail = regexp.MustCompile(`(ext\.?|x|#)([0-9]{1,7})$`)

// phone is a number as a snapshot shows it after the parsing of nutshell contract 3.1, "" when Nutshell refuses it.
func phone(s string) string {
	if s = fits(s, maxPhone); s == "" {
		return ""
	}
	body, ext := s, ""
	if at := phoneTail.FindStringSubmatchIndex(s); at != nil {
		body, ext = s[:at[0]], " x"+s[at[4]:at[5]]
	}
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()-./", r) {
			return -1
		}
		return r
	}, body)
	international := strings.HasPrefix(digits, "+")
	digits = strings.TrimPrefix(digits, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return s
	}
	switch n := len(digits); {
	case international && n >= 8 && n <= 15:
		return "+" + digits + ext
	case !international && n == 10:
		return "+1" + digits + ext
	case !international && n == 11 && digits[0] == '1':
		return "+" + digits + ext
	}
	return s
}
