package rezoratest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"strings"
	"sync"
)

// cursor is what the opaque text of next_cursor carries.
type cursor struct {
	place
	AsOf   int64  `json:"a"`           // of the walk
	Issued int64  `json:"t"`           // of this cursor
	Page   int    `json:"p"`           // number of the page it asks for
	Walk   string `json:"w"`           // digest of the fixed parameters
	From   bool   `json:"f,omitempty"` // begin at the start: a repeat of page one
	Again  bool   `json:"r,omitempty"` // the page is a repeat of the one before
}

const cursorVersion = "v1."

func (c cursor) String() string {
	b := mustEncode(c)
	sum := crc32.ChecksumIEEE(b)
	b = append([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}, b...)
	return cursorVersion + base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor refuses everything this server has not made.
func parseCursor(s string) (cursor, bool) {
	var c cursor
	enc, ok := strings.CutPrefix(s, cursorVersion)
	if !ok {
		return c, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(enc)
	if err != nil || len(b) < 4 {
		return c, false
	}
	sum := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	if crc32.ChecksumIEEE(b[4:]) != sum || json.Unmarshal(b[4:], &c) != nil {
		return c, false
	}
	return c, true
}

// walkDigest names the parameters that rule 5 wants unchanged.
func walkDigest(q query) string {
	sum := sha256.Sum256([]byte(q.identity))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// walkBook remembers what the paging switches need between requests.
type walkBook struct {
	mu      sync.Mutex
	expired map[string]bool   // resources whose third page has answered 410
	first   map[string]string // first cursor of a walk, for the cycle
}

func (b *walkBook) expireOnce(resource string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expired == nil {
		b.expired = map[string]bool{}
	}
	was := b.expired[resource]
	b.expired[resource] = true
	return !was
}

// cycle keeps the first cursor of a walk and gives it back on page three.
func (b *walkBook) cycle(c cursor) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	walk := c.Walk + instant(c.AsOf).String()
	if b.first == nil || len(b.first) > 10_000 {
		b.first = map[string]string{}
	}
	if c.Page == 2 {
		b.first[walk] = c.String()
	}
	if first, ok := b.first[walk]; ok && c.Page > 3 {
		return first
	}
	return c.String()
}
