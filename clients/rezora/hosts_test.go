package rezora

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrivateAddresses(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
		"::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::", "64:ff9b::7f00:1"} {
		assert.Error(t, publicIP(netip.MustParseAddr(ip)), ip)
	}
	for _, ip := range []string{"8.8.8.8", "203.0.114.7", "2606:4700::1111", "172.32.0.1", "100.128.0.1"} {
		assert.NoError(t, publicIP(netip.MustParseAddr(ip)), ip)
	}
}

func TestNothingButGetReachesTheWire(t *testing.T) {
	sent := 0
	g := &guarded{gate: newGate("current", Limits{}.withDefaults()), next: roundTrip(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, http.ErrServerClosed
	})}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get"} {
		req, err := http.NewRequestWithContext(context.Background(), method, "http://127.0.0.1/", nil)
		require.NoError(t, err)
		_, err = g.RoundTrip(req)
		require.ErrorIs(t, err, errMethod, method)
	}
	assert.Zero(t, sent)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSchemesOfLinks(t *testing.T) {
	assert.NoError(t, allowedScheme("https", "https"))
	assert.NoError(t, allowedScheme("http", "http"))
	assert.Error(t, allowedScheme("https", "http"), "never to http")
	assert.Error(t, allowedScheme("http", "ftp"))
	assert.Error(t, allowedScheme("http", "file"))
}

func TestHostPort(t *testing.T) {
	for raw, want := range map[string]string{"https://a.example.com/x": "a.example.com:443", "http://a.example.com": "a.example.com:80", "http://a:81": "a:81"} {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		assert.Equal(t, want, hostPort(u))
	}
}

func TestDigestOfRFC7616Form(t *testing.T) {
	p := challengeParams(`realm="re\"zora", nonce="n,1", qop="auth,auth-int", opaque=abc, algorithm=MD5`)
	assert.Equal(t, map[string]string{"realm": `re"zora`, "nonce": "n,1", "qop": "auth,auth-int", "opaque": "abc", "algorithm": "MD5"}, p)
	_, ok := parseChallenge([]string{`Digest realm="x", nonce="1", qop="auth-int"`})
	assert.False(t, ok)
	_, ok = parseChallenge([]string{`Basic realm="x"`, `Digest realm="x", nonce="1", qop="auth"`})
	assert.True(t, ok)
}

func FuzzChallengeParams(f *testing.F) {
	f.Add(`realm="x", nonce="y\"`)
	f.Add(`a=,,b`)
	f.Fuzz(func(_ *testing.T, s string) { challengeParams(s) })
}
