package oracle

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Hit is a personal value found where none may be.
type Hit struct {
	Where string // name of the text, and how the value was encoded there: base64, escaped
	Mark  string // the value
	Near  string // some characters around it
}

// minMark is the shortest mark that Scan can look for, in bytes.
const minMark = 6

// Scan looks for marks in texts of any kind: Temporal histories in JSON, logs, metrics, reports, bytes of files. Payloads in base64 are
// decoded, at any depth, escapes of JSON and Go and percent encoding are undone; letters compare without ASCII case. Each mark is
// reported once a text. Marks shorter than six bytes are ignored.
func Scan(texts iter.Seq2[string, []byte], marks []string) []Hit {
	s := newScanner(marks)
	var hits []Hit
	for name, text := range texts {
		seen := map[int]bool{}
		s.text(name, text, 0, seen, &hits)
	}
	return hits
}

// Texts makes the argument of Scan from a map.
func Texts(m map[string]string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, name := range keys(m, nil) {
			if !yield(name, []byte(m[name])) {
				return
			}
		}
	}
}

// scanner finds many marks in one pass: by a hash of their first six bytes.
type scanner struct {
	marks []string
	heads map[uint64][]int
	maybe [1 << 13]uint64 // a bit for each hash, so that most positions cost one load
}

func newScanner(marks []string) *scanner {
	s := &scanner{heads: map[uint64][]int{}}
	known := map[string]bool{}
	for _, m := range marks {
		folded := lower(m)
		if len(folded) < minMark || known[folded] {
			continue
		}
		known[folded] = true
		h := head([]byte(folded))
		s.heads[h] = append(s.heads[h], len(s.marks))
		s.marks = append(s.marks, folded)
		b := bucket(h)
		s.maybe[b>>6] |= 1 << (b & 63)
	}
	return s
}

func lower(s string) string { return string(lowered([]byte(s))) }

// lowered folds ASCII letters only, so that offsets stay.
func lowered(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

func head(b []byte) uint64 {
	return uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint16(b[4:]))<<32
}

func bucket(h uint64) uint64 { return h * 0x9e3779b97f4a7c15 >> 45 }

// deepest is how often a text is decoded again.
const deepest = 4

func (s *scanner) text(where string, raw []byte, depth int, seen map[int]bool, hits *[]Hit) {
	s.plain(where, raw, seen, hits)
	if depth == deepest {
		return
	}
	if open := unescape(raw); open != nil {
		s.text(where+" (escaped)", open, depth+1, seen, hits)
	}
	for _, run := range base64Form.FindAll(raw, -1) {
		pieces := [][]byte{run}
		if bytes.ContainsAny(run, "/_-") { // or a path, an id, with base64 in it
			pieces = append(pieces, bytes.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune("/_-", r) })...)
		}
		for _, p := range pieces {
			if decoded := decode64(p); decoded != nil {
				s.text(where+" (base64)", decoded, depth+1, seen, hits)
			}
		}
	}
}

func (s *scanner) plain(where string, raw []byte, seen map[int]bool, hits *[]Hit) {
	text := lowered(raw)
	for i := 0; i+minMark <= len(text); i++ {
		h := head(text[i:])
		if b := bucket(h); s.maybe[b>>6]&(1<<(b&63)) == 0 {
			continue
		}
		for _, m := range s.heads[h] {
			if mark := s.marks[m]; !seen[m] && i+len(mark) <= len(text) && string(text[i:i+len(mark)]) == mark && whole(text, i, i+len(mark)) {
				seen[m] = true
				*hits = append(*hits, Hit{where, mark, near(raw, i, i+len(mark))})
			}
		}
	}
}

// whole tells whether a match begins and ends where words do: digits inside a longer number are no phone.
func whole(text []byte, from, to int) bool {
	word := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }
	if from > 0 && word(text[from]) && word(text[from-1]) {
		return false
	}
	return to == len(text) || !word(text[to-1]) || !word(text[to])
}

func near(raw []byte, from, to int) string {
	return strings.ToValidUTF8(string(raw[max(0, from-40):min(len(raw), to+40)]), "?")
}

var (
	base64Form = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)
	escapeForm = regexp.MustCompile(`\\U[0-9a-fA-F]{8}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\["\\/nrtbf]|%[0-9a-fA-F]{2}|&(?:#[0-9]+|amp|lt|gt|quot|apos|nbsp);`)
)

// decode64 decodes a run of base64 of either alphabet, nil when the result is no readable text.
func decode64(run []byte) []byte {
	text := strings.TrimRight(string(run), "=")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	out, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(out) < minMark {
		return nil
	}
	readable := 0
	for _, c := range out {
		if c >= 0x20 && c != 0x7f || c == '\n' || c == '\t' {
			readable++
		}
	}
	if readable*10 < len(out)*8 {
		return nil
	}
	return out
}

// unescape undoes escapes once, nil when there are none.
func unescape(raw []byte) []byte {
	if !escapeForm.Match(raw) {
		return nil
	}
	text := escapeForm.ReplaceAllStringFunc(string(raw), func(e string) string {
		switch {
		case strings.HasPrefix(e, `\u`), strings.HasPrefix(e, `\x`), strings.HasPrefix(e, `\U`):
			n, _ := strconv.ParseUint(e[2:], 16, 32)
			if n >= 0xd800 && n < 0xe000 { // one half of a pair, put together below
				return e
			}
			if strings.HasPrefix(e, `\x`) {
				return string([]byte{byte(n)})
			}
			return string(rune(n))
		case strings.HasPrefix(e, "%"):
			if s, err := url.PathUnescape(e); err == nil {
				return s
			}
			return e
		case strings.HasPrefix(e, "&"):
			return named(e)
		}
		return shortEscapes.Replace(e)
	})
	text = pairForm.ReplaceAllStringFunc(text, func(p string) string {
		hi, _ := strconv.ParseUint(p[2:6], 16, 32)
		lo, _ := strconv.ParseUint(p[8:12], 16, 32)
		return string(rune((hi-0xd800)<<10 + (lo - 0xdc00) + 0x10000))
	})
	if text == string(raw) {
		return nil
	}
	return []byte(text)
}

var pairForm = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

var shortEscapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\b`, "\b", `\f`, "\f", `\"`, `"`, `\\`, `\`, `\/`, "/")

func named(e string) string {
	switch e {
	case "&amp;":
		return "&"
	case "&lt;":
		return "<"
	case "&gt;":
		return ">"
	case "&quot;":
		return `"`
	case "&apos;":
		return "'"
	case "&nbsp;":
		return "\u00a0"
	}
	n, err := strconv.ParseUint(strings.Trim(e, "&#;"), 10, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return e
	}
	return string(rune(n))
}
