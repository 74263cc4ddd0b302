package rezora

import (
	"crypto/md5" // #nosec G501 -- RFC 7616 MD5 is what the legacy API speaks
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

type digestKey struct{}

// digestTransport answers Digest challenges (RFC 7616, MD5, qop=auth) with the credential of the request's context, and reuses a
// challenge until the server wants another.
type digestTransport struct {
	next   http.RoundTripper
	mu     sync.Mutex
	states map[string]*digestState
}

// digestState is the latest challenge for one credential.
type digestState struct {
	realm, nonce, opaque string
	count                uint32
}

// RoundTrip sends the request, twice when a fresh challenge comes.
func (t *digestTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	cred, ok := req.Context().Value(digestKey{}).(Credential)
	if !ok {
		return t.next.RoundTrip(req)
	}
	resp, err := t.next.RoundTrip(t.sign(req, cred))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	fresh, ok := parseChallenge(resp.Header.Values("WWW-Authenticate"))
	if !ok {
		return resp, nil
	}
	t.mu.Lock()
	old := t.states[cred.Username]
	t.states[cred.Username] = &fresh
	t.mu.Unlock()
	if old != nil && old.nonce == fresh.nonce {
		return resp, nil // refused, not stale
	}
	_, _ = io.CopyN(io.Discard, resp.Body, errorBody)
	_ = resp.Body.Close()
	return t.next.RoundTrip(t.sign(req, cred))
}

func (t *digestTransport) sign(req *http.Request, cred Credential) *http.Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.states[cred.Username]
	if s == nil {
		return req
	}
	s.count++
	var salt [8]byte
	_, _ = rand.Read(salt[:]) // crypto/rand does not fail
	cnonce, nc, uri := hex.EncodeToString(salt[:]), fmt.Sprintf("%08x", s.count), req.URL.RequestURI()
	ha1 := md5hex(cred.Username + ":" + s.realm + ":" + cred.Password)
	ha2 := md5hex(req.Method + ":" + uri)
	response := md5hex(strings.Join([]string{ha1, s.nonce, nc, cnonce, "auth", ha2}, ":"))
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
	value := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", algorithm=MD5, qop=auth, nc=%s, cnonce="%s", response="%s"`,
		quote(cred.Username), quote(s.realm), quote(s.nonce), uri, nc, cnonce, response)
	if s.opaque != "" {
		value += fmt.Sprintf(`, opaque="%s"`, quote(s.opaque))
	}
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", value)
	return out
}

func md5hex(s string) string {
	sum := md5.Sum([]byte(s)) // #nosec G401 -- see the import
	return hex.EncodeToString(sum[:])
}

// parseChallenge finds a Digest challenge that can be answered: MD5, qop auth.
func parseChallenge(headers []string) (digestState, bool) {
	for _, h := range headers {
		scheme, rest, ok := strings.Cut(strings.TrimSpace(h), " ")
		if !ok || !strings.EqualFold(scheme, "Digest") {
			continue
		}
		p := challengeParams(rest)
		if alg := p["algorithm"]; p["nonce"] == "" || alg != "" && !strings.EqualFold(alg, "MD5") {
			continue
		}
		for _, qop := range strings.Split(p["qop"], ",") {
			if strings.EqualFold(strings.TrimSpace(qop), "auth") {
				return digestState{realm: p["realm"], nonce: p["nonce"], opaque: p["opaque"]}, true
			}
		}
	}
	return digestState{}, false
}

// challengeParams splits `name="value", name=value`.
func challengeParams(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, ", \t") {
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		var value strings.Builder
		if rest = strings.TrimLeft(rest, " \t"); strings.HasPrefix(rest, `"`) {
			i := 1
			for ; i < len(rest) && rest[i] != '"'; i++ {
				if rest[i] == '\\' && i+1 < len(rest) {
					i++
				}
				value.WriteByte(rest[i])
			}
			s = rest[min(i+1, len(rest)):]
		} else {
			token, after, _ := strings.Cut(rest, ",")
			value.WriteString(strings.TrimSpace(token))
			s = after
		}
		out[strings.ToLower(strings.TrimSpace(name))] = value.String()
	}
	return out
}
