package review

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/mail"
	"strings"
	"sync"
)

const cookieName = "review"

// access knows who may look. Without an identity header there is one link, good for one browser; with it, the reverse proxy says who
// somebody is, and must delete that header from what comes from outside.
type access struct {
	header string // "" on loopback
	key    []byte // lives as long as the process: a restart ends every session

	mu      sync.Mutex
	once    string // the token of the link, "" when it has been used
	session string
}

func newAccess(header string) *access {
	return &access{header: header, key: []byte(rand.Text()), once: rand.Text()}
}

// enter exchanges the token of the link for a session, once.
func (a *access) enter(token string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.header != "" || a.once == "" || !hmac.Equal([]byte(token), []byte(a.once)) {
		return "", false
	}
	a.once, a.session = "", rand.Text()
	return a.session, true
}

// who is the reader: an e-mail from the proxy, or "" for the one browser of the link; false when it is neither.
func (a *access) who(r *http.Request) (string, bool) {
	if a.header != "" {
		values := r.Header.Values(a.header)
		if len(values) != 1 {
			return "", false
		}
		address, err := mail.ParseAddress(strings.TrimSpace(values[0]))
		if err != nil {
			return "", false
		}
		return address.Address, true
	}
	c, err := r.Cookie(cookieName)
	a.mu.Lock()
	defer a.mu.Unlock()
	return "", err == nil && a.session != "" && hmac.Equal([]byte(c.Value), []byte(a.session)) && loopbackHost(r.Host)
}

// loopbackHost keeps out names that somebody's DNS points to this machine.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// sign is a word that only this process can write: what for, and for whom.
func (a *access) sign(purpose, who string) string {
	m := hmac.New(sha256.New, a.key)
	_, _ = m.Write([]byte(purpose + "\x00" + who)) // a hash takes everything
	return hex.EncodeToString(m.Sum(nil))
}

func (a *access) signed(given, purpose, who string) bool {
	return hmac.Equal([]byte(given), []byte(a.sign(purpose, who)))
}
