package target

import "strings"

// phone is a telephone number in the forms that comparison needs (nutshell contract 3.1, 7.9).
type phone struct {
	canon string // E.164 where the number can be brought to it, else its digits, else the text; "x" and the extension after it
	alt   string // meets a number of which only one side has E.164
}

// phoneText reads a number as the migration sends it.
func phoneText(s string) phone {
	s = strings.TrimSpace(s)
	body, ext := cutExtension(s)
	if e164 := toE164(body); e164 != "" {
		side := "n:" // a number without country says only its digits
		if body[0] == '+' {
			side = "d:"
		}
		return phone{e164 + ext, side + onlyDigits(body) + ext}
	}
	canon := plainNumber(s, body, ext)
	return phone{canon, "n:" + canon}
}

// phoneWire reads a number as Nutshell shows it: text, or an object with E164, number and extension.
func phoneWire(raw any) phone {
	m, ok := raw.(map[string]any)
	if !ok {
		s := textOf(raw)
		p := phoneText(s)
		body, ext := cutExtension(strings.TrimSpace(s))
		p.alt = "d:" + onlyDigits(body) + ext
		return p
	}
	number, ext := strings.TrimSpace(textOf(m["number"])), ""
	if e := strings.TrimSpace(textOf(m["extension"])); e != "" {
		ext = "x" + e
	} else {
		number, ext = cutExtension(number)
	}
	if e164 := strings.TrimSpace(textOf(m["E164"])); e164 != "" {
		return phone{e164 + ext, "n:" + onlyDigits(number) + ext}
	}
	if number == "" {
		number = strings.TrimSpace(textOf(m["numberFormatted"]))
	}
	if number == "" {
		return phone{}
	}
	alt := "d:" + onlyDigits(number) + ext
	if e164 := toE164(number); e164 != "" {
		return phone{e164 + ext, alt}
	}
	return phone{plainNumber(number+ext, number, ext), alt}
}

// plainNumber is the digits of a number that has nothing else to say, and the whole text of one that has.
func plainNumber(whole, body, ext string) string {
	digits := onlyDigits(body)
	if digits == "" || strings.ContainsFunc(body, func(r rune) bool { return !strings.ContainsRune("0123456789 ()-./+\u00a0", r) }) {
		return whole
	}
	return digits + ext
}

// cutExtension splits off a tail of x, ext, ext. or # and 1-7 digits, returned as "x<digits>".
func cutExtension(s string) (body, ext string) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	digits := s[i:]
	if len(digits) == 0 || len(digits) > 7 {
		return s, ""
	}
	head := strings.TrimRight(s[:i], " ")
	for _, mark := range [...]string{"ext.", "ext", "x", "#"} {
		if len(head) >= len(mark) && strings.EqualFold(head[len(head)-len(mark):], mark) {
			return strings.TrimRight(head[:len(head)-len(mark)], " "), "x" + digits
		}
	}
	return s, ""
}

// toE164 is "+" and the digits, or "" for a number that cannot be parsed.
func toE164(s string) string {
	plus := strings.HasPrefix(s, "+")
	if plus {
		s = s[1:]
	}
	b := make([]byte, 0, 16)
	b = append(b, '+')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '(', ')', '-', '.', '/':
		default:
			if c < '0' || c > '9' {
				return ""
			}
			b = append(b, c)
		}
	}
	n := len(b) - 1
	switch {
	case plus && n >= 8 && n <= 15, !plus && n == 11 && b[1] == '1':
		return string(b)
	case !plus && n == 10:
		return "+1" + string(b[1:])
	}
	return ""
}
