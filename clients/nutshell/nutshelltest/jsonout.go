package nutshelltest

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer appends JSON to a buffer without reflection: a page of full records is
// thousands of values. Commas come by themselves.
type writer struct {
	b   []byte
	php bool // \uXXXX and \/ as PHP prints them
}

func (w *writer) sep() {
	if n := len(w.b); n > 0 {
		switch w.b[n-1] {
		case '{', '[', ':':
		default:
			w.b = append(w.b, ',')
		}
	}
}

func (w *writer) open(c byte)  { w.sep(); w.b = append(w.b, c) }
func (w *writer) close(c byte) { w.b = append(w.b, c) }

func (w *writer) raw(s string) { w.sep(); w.b = append(w.b, s...) }

// key writes a member name; the names of the contract need no escapes.
func (w *writer) key(k string) {
	w.sep()
	w.b = append(w.b, '"')
	w.b = append(w.b, k...)
	w.b = append(w.b, '"', ':')
}

// textKey writes a member name that a user chose.
func (w *writer) textKey(k string) {
	w.sep()
	w.quote(k)
	w.b = append(w.b, ':')
}

func (w *writer) str(s string) { w.sep(); w.quote(s) }

const hexDigits = "0123456789abcdef"

func (w *writer) quote(s string) {
	w.b = append(w.b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if !w.php && (r != utf8.RuneError || n > 1) {
				i += n
				continue
			}
			w.b = append(w.b, s[start:i]...)
			if r >= 0x10000 {
				r -= 0x10000
				w.unit(0xd800 + r>>10)
				w.unit(0xdc00 + r&0x3ff)
			} else {
				w.unit(r)
			}
			i += n
			start = i
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && (c != '/' || !w.php) {
			i++
			continue
		}
		w.b = append(w.b, s[start:i]...)
		switch c {
		case '"', '\\', '/':
			w.b = append(w.b, '\\', c)
		case '\n':
			w.b = append(w.b, '\\', 'n')
		case '\r':
			w.b = append(w.b, '\\', 'r')
		case '\t':
			w.b = append(w.b, '\\', 't')
		case '\b':
			w.b = append(w.b, '\\', 'b')
		case '\f':
			w.b = append(w.b, '\\', 'f')
		default:
			w.unit(rune(c))
		}
		i++
		start = i
	}
	w.b = append(w.b, s[start:]...)
	w.b = append(w.b, '"')
}

func (w *writer) unit(r rune) {
	w.b = append(w.b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

func (w *writer) num(n int64) { w.sep(); w.b = strconv.AppendInt(w.b, n, 10) }

func (w *writer) bool(v bool) { w.sep(); w.b = strconv.AppendBool(w.b, v) }

func (w *writer) null() { w.raw("null") }

func (w *writer) kstr(k, v string)       { w.key(k); w.str(v) }
func (w *writer) knum(k string, n int64) { w.key(k); w.num(n) }
func (w *writer) kbool(k string, v bool) { w.key(k); w.bool(v) }
func (w *writer) knull(k string)         { w.key(k); w.null() }
func (w *writer) kraw(k, v string)       { w.key(k); w.raw(v) }

// kopt writes null for an empty text.
func (w *writer) kopt(k, v string) {
	w.key(k)
	if v == "" {
		w.null()
		return
	}
	w.str(v)
}

func (w *writer) ktime(k string, t instant) { w.key(k); w.time(t) }

func (w *writer) time(t instant) {
	if t == 0 {
		w.null()
		return
	}
	w.sep()
	w.b = append(w.b, '"')
	w.b = t.append(w.b)
	w.b = append(w.b, '"')
}

// instant is a time in whole seconds; 0 is none.
type instant int64

// instantBias keeps the zero value free for "none".
const instantBias = 1 << 40

func at(t time.Time) instant { return instant(t.Unix() + instantBias) }

func (t instant) unix() int64 { return int64(t) - instantBias }

func (t instant) time() time.Time { return time.Unix(t.unix(), 0).UTC() }

// append prints the wire form 2006-01-02T15:04:05+0000; a page of full records
// holds hundreds of times.
func (t instant) append(b []byte) []byte {
	u := t.time()
	year, month, day := u.Date()
	hour, minute, second := u.Clock()
	b = append(b, byte('0'+year/1000%10), byte('0'+year/100%10))
	for _, part := range [...]struct {
		n     int
		after byte
	}{{year % 100, '-'}, {int(month), '-'}, {day, 'T'}, {hour, ':'}, {minute, ':'}, {second, '+'}} {
		b = append(b, byte('0'+part.n/10), byte('0'+part.n%10), part.after)
	}
	return append(b, "0000"...)
}

// text is the wire form, "" for none.
func (t instant) text() string {
	if t == 0 {
		return ""
	}
	return string(t.append(nil))
}
