package rezoratest

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // digest authentication of RFC 7616 as the contract has it
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"sync"

	"github.com/google/uuid"
)

func randomSecret() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return b
}

// LegacyCredential is one line of a credentials file.
type LegacyCredential struct {
	Level   string // company or agent
	AgentID string
	Credential
}

// Credentials lists the legacy credentials: the company's, then one for each
// live agent in the order of ids, save those in legacyNoCredential.
func (s *Server) Credentials() []LegacyCredential {
	c := s.config()
	out := []LegacyCredential{{"company", "", s.companyCredential(c)}}
	for _, id := range s.agentIDs() {
		if !slices.Contains(c.LegacyNoCredential, id) {
			out = append(out, LegacyCredential{"agent", id, s.agentCredential(c, id)})
		}
	}
	return out
}

func (s *Server) agentIDs() []string {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	var ids []string
	for _, r := range s.store.tables[agents].byID() {
		if r.deletedAt == 0 {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// WriteCredentials writes the credentials file of rezora contract 7.2,
// readable by its owner only.
func (s *Server) WriteCredentials(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("rezoratest: credentials file: %w", err)
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"level", "agent_id", "username", "password"})
	for _, c := range s.Credentials() {
		_ = w.Write([]string{c.Level, c.AgentID, c.User, c.Password})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return fmt.Errorf("rezoratest: credentials file: %w", err)
	}
	if err := f.Chmod(0o600); err != nil {
		_ = f.Close()
		return fmt.Errorf("rezoratest: credentials file: %w", err)
	}
	return f.Close()
}

func (s *Server) companyCredential(c Config) Credential {
	if c.LegacyCompany != (Credential{}) {
		return c.LegacyCompany
	}
	return Credential{"company", s.derive("company")}
}

func (s *Server) agentCredential(c Config, id string) Credential {
	if given, ok := c.LegacyAgents[id]; ok {
		return given
	}
	return Credential{"agent-" + id, s.derive("agent " + id)}
}

func (s *Server) derive(what string) string {
	h := hmac.New(sha256.New, s.secret)
	_, _ = h.Write([]byte(what))
	return hex.EncodeToString(h.Sum(nil))[:24]
}

// legacyLogin returns the agent of the credential, "" for the company's; it
// answers 401 itself.
func (x *exchange) legacyLogin() (agentID string, ok bool) {
	user, check := x.legacyScheme()
	if check != nil {
		for _, c := range x.s.Credentials() {
			if c.User == user && check(c.Credential) {
				x.cred = c.User
				return c.AgentID, true
			}
		}
	}
	challenge := `Basic realm="rezora"`
	if x.cfg.LegacyAuth == "digest" {
		challenge = `Digest realm="rezora", qop="auth", algorithm=MD5, nonce="` + x.s.digests.nonce() + `"`
	}
	x.w.Header().Set("WWW-Authenticate", challenge)
	x.fail(http.StatusUnauthorized, "unauthorized", "")
	return "", false
}

// legacyScheme reads the Authorization header: the user it names and the test
// of that user's password, nil if there is none to make.
func (x *exchange) legacyScheme() (string, func(Credential) bool) {
	if x.cfg.LegacyAuth == "basic" {
		user, password, given := x.r.BasicAuth()
		if !given {
			return "", nil
		}
		return user, func(c Credential) bool { return c.Password == password }
	}
	d := parseDigest(x.r.Header.Get("Authorization"))
	if d == nil || d["realm"] != "rezora" || d["qop"] != "auth" || d["uri"] != x.r.URL.RequestURI() || d["cnonce"] == "" ||
		d["algorithm"] != "" && d["algorithm"] != "MD5" || !x.s.digests.use(d["nonce"], d["nc"]) {
		return "", nil
	}
	return d["username"], func(c Credential) bool {
		ha1 := md5hex(c.User + ":rezora:" + c.Password)
		ha2 := md5hex(x.r.Method + ":" + d["uri"])
		return d["response"] == md5hex(ha1+":"+d["nonce"]+":"+d["nc"]+":"+d["cnonce"]+":auth:"+ha2)
	}
}

func md5hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

var digestParam = regexp.MustCompile(`(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))`)

func parseDigest(header string) map[string]string {
	if len(header) < 7 || !slices.Contains([]string{"Digest ", "digest "}, header[:7]) {
		return nil
	}
	m := map[string]string{}
	for _, p := range digestParam.FindAllStringSubmatch(header[7:], -1) {
		m[p[1]] = p[2] + p[3]
	}
	return m
}

// digestBook knows the nonces given out and the counts used with them.
type digestBook struct {
	mu     sync.Mutex
	nonces map[string]map[string]bool
}

func (b *digestBook) nonce() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nonces == nil {
		b.nonces = map[string]map[string]bool{}
	}
	n := uuid.NewString()
	b.nonces[n] = map[string]bool{}
	return n
}

// use accepts each count of a nonce once.
func (b *digestBook) use(nonce, count string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	used, known := b.nonces[nonce]
	if !known || len(count) != 8 || used[count] {
		return false
	}
	used[count] = true
	return true
}
