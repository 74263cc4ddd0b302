package rezoratest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// tokenBook knows the tokens given out and the age of all tokens.
type tokenBook struct {
	mu      sync.Mutex
	started time.Time
	issued  map[string]issuedToken
	uses    map[string]int
}

type issuedToken struct {
	at   time.Time
	user string
}

func (b *tokenBook) issue(user string, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.issued == nil {
		b.issued = map[string]issuedToken{}
	}
	token := uuid.NewString()
	b.issued[token] = issuedToken{now, user}
	return token
}

func (b *tokenBook) lookup(token string) (issuedToken, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.issued[token]
	return t, ok
}

// expired counts a use and reports whether the token is too old for it.
func (b *tokenBook) expired(token string, c Config, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.uses == nil {
		b.uses = map[string]int{}
	}
	b.uses[token]++
	at := b.started
	if t, ok := b.issued[token]; ok {
		at = t.at
	}
	return c.ExpireTokenAfter > 0 && b.uses[token] > c.ExpireTokenAfter ||
		c.TokenTTL > 0 && now.Sub(at) >= time.Duration(c.TokenTTL)*time.Second
}

// authorized checks the credential of a current-API request (rezora contract
// 3.2), sets cred, and answers 401 itself.
func (x *exchange) authorized() bool {
	mode := x.cfg.Auth
	if x.api == apiPrototype && mode != "token_exchange" {
		mode = "bearer"
	}
	who, token, ok := x.identify(mode)
	if !ok {
		x.challenge(mode, "")
		x.fail(http.StatusUnauthorized, "unauthorized", "credential missing or unknown")
		return false
	}
	if token != "" && x.s.tokens.expired(token, x.cfg, x.now) {
		x.challenge(mode, `, error="invalid_token"`)
		x.fail(http.StatusUnauthorized, "token_expired", "the token has expired")
		return false
	}
	x.cred = who
	return true
}

// identify returns who asks and, in token modes, the token used.
func (x *exchange) identify(mode string) (who, token string, ok bool) {
	switch mode {
	case "basic":
		user, password, given := x.r.BasicAuth()
		return user, "", given && slices.Contains(x.cfg.Users, Credential{user, password})
	case "header":
		token = x.r.Header.Get(x.cfg.Header)
		return token, token, token != "" && slices.Contains(x.cfg.Tokens, token)
	}
	scheme, token, _ := strings.Cut(x.r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", "", false
	}
	if mode == "token_exchange" {
		t, known := x.s.tokens.lookup(token)
		return t.user, token, known
	}
	return token, token, slices.Contains(x.cfg.Tokens, token)
}

func (x *exchange) challenge(mode, extra string) {
	scheme := "Bearer"
	if mode == "basic" {
		scheme = "Basic"
	}
	x.w.Header().Set("WWW-Authenticate", scheme+` realm="rezora"`+extra)
}

// exchangeToken answers POST /auth/token.
func (x *exchange) exchangeToken() {
	var in struct{ Username, Password string }
	body, err := io.ReadAll(io.LimitReader(x.r.Body, 64<<10))
	if err != nil || json.Unmarshal(body, &in) != nil {
		x.fail(http.StatusBadRequest, "invalid_parameter", "body must be a JSON object with username and password")
		return
	}
	if !slices.Contains(x.cfg.Users, Credential{in.Username, in.Password}) {
		x.challenge("token_exchange", "")
		x.fail(http.StatusUnauthorized, "unauthorized", "user name or password unknown")
		return
	}
	ttl := x.cfg.TokenTTL
	if ttl == 0 {
		ttl = 604800
	}
	x.json(http.StatusOK, fmt.Appendf(nil, `{"access_token":%q,"token_type":"Bearer","expires_in":%d}`,
		x.s.tokens.issue(in.Username, x.now), ttl))
}

// inScope reports whether the credential may see a resource.
func (x *exchange) inScope(resource string) bool {
	scope, limited := x.cfg.Scopes[x.cred]
	return !limited || slices.Contains(scope, resource)
}
