package canon

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// digits of an id or a money value may come as a float; more exponent than this is no id.
const maxExponent = 40

var (
	plainInteger = regexp.MustCompile(`^-?\d+$`)
	plainDecimal = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	anyNumber    = regexp.MustCompile(`^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$`)
)

// Integer gives the digits of a whole number, however it was written, without loss; false when it is none.
func Integer(literal string) (string, bool) {
	literal = strings.TrimSpace(literal)
	if plainInteger.MatchString(literal) {
		return literal, true
	}
	if !anyNumber.MatchString(literal) {
		return "", false
	}
	if _, exp, ok := strings.Cut(strings.ToLower(literal), "e"); ok {
		if n, err := strconv.Atoi(exp); err != nil || n > maxExponent || n < -maxExponent {
			return "", false
		}
	}
	r, ok := new(big.Rat).SetString(literal)
	if !ok || !r.IsInt() {
		return "", false
	}
	return r.Num().String(), true
}

// Boolean accepts true, false, 0, 1, Y, N, yes, no and the texts of these (rezora contract 3.8).
func Boolean(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "y", "yes":
		return true, true
	case "false", "0", "n", "no":
		return false, true
	}
	return false, false
}

// TimeForm says in which form a time came.
type TimeForm string

// The forms of times (rezora contract 3.8).
const (
	FormNull    TimeForm = "null"      // null, "" and zero dates
	FormRFC3339 TimeForm = "rfc3339"   // with zone
	FormLocal   TimeForm = "zone-less" // date and time without zone
	FormDate    TimeForm = "date"      // date only
	FormEpoch   TimeForm = "epoch"     // seconds
	FormEpochMS TimeForm = "epoch_ms"  // milliseconds
	FormBad     TimeForm = ""          // none of these
)

// Clock says how zone-less times and bare numbers are read.
type Clock struct {
	Zone  *time.Location // of zone-less times; nil is UTC
	Epoch TimeForm       // FormEpoch or FormEpochMS when bare numbers are times
}

var localLayouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"}

var zonedLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00"}

// Time reads a time in any tolerated form. The zero time is returned for FormNull and FormBad.
func (c Clock) Time(text string) (time.Time, TimeForm) {
	t, form := c.parse(text)
	if form != FormNull && (t.Year() < 1 || t.Year() > 9999) {
		return time.Time{}, FormBad
	}
	return t, form
}

func (c Clock) parse(text string) (time.Time, TimeForm) {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "0000-00-00") || strings.HasPrefix(text, "0001-01-01") {
		return time.Time{}, FormNull
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.UTC(), FormDate
	}
	upper := strings.Replace(strings.ToUpper(text), " UTC", "Z", 1)
	for _, layout := range zonedLayouts {
		if t, err := time.Parse(layout, upper); err == nil {
			return t.UTC(), FormRFC3339
		}
	}
	for _, layout := range localLayouts {
		if t, err := time.ParseInLocation(layout, upper, zone); err == nil {
			return t.UTC(), FormLocal
		}
	}
	return c.epoch(text)
}

func (c Clock) epoch(text string) (time.Time, TimeForm) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || c.Epoch != FormEpoch && c.Epoch != FormEpochMS {
		return time.Time{}, FormBad
	}
	if n == 0 {
		return time.Time{}, FormNull
	}
	t := time.Unix(n, 0).UTC()
	if c.Epoch == FormEpochMS {
		t = time.UnixMilli(n).UTC()
	}
	return t, c.Epoch
}

// CanonicalTime is the one form of a time in canonical items.
func CanonicalTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
