// Package rezora reads Rezora: the current API in the dialect that a profile describes, and the legacy API. It guarantees that
// nothing but GET leaves the process (I10; the token exchange is the one exception), that an incomplete read never looks like a
// complete one, that credentials reach no other host, no log and no error, and that every record comes out in the canonical form
// of package record with the item as served beside it.
package rezora

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	_ "time/tzdata" // zones of zone-less times must be known on hosts without a zone database

	"rezora2nutshell/internal/record"
)

// Mode is how the client shows who it is (rezora contract 3.2, 2.1).
type Mode string

// The authentication modes.
const (
	Bearer        Mode = "bearer"
	Header        Mode = "header"
	Basic         Mode = "basic"
	TokenExchange Mode = "token_exchange"
	Digest        Mode = "digest" // legacy only
)

// SecretFunc fetches a secret when it is needed: the token or key, or `username:password` for the modes basic and token_exchange.
type SecretFunc func(context.Context) (string, error)

// Static is a SecretFunc of a text that is known already.
func Static(secret string) SecretFunc {
	return func(context.Context) (string, error) { return secret, nil }
}

// Auth says how requests are authenticated.
type Auth struct {
	Mode   Mode // "" is bearer
	Secret SecretFunc
	Header string // name of the header in mode header; "" is that of the profile
}

// Limits bound what the client asks of an API (rezora contract 3.7). Zero values are the defaults of the contract.
type Limits struct {
	RequestsPerS float64       // 2
	InFlight     int           // 2
	Attempts     int           // 8, for one request; waiting for a 429 does not count
	BackoffBase  time.Duration // 0.5 s
	BackoffMax   time.Duration // 60 s
	MaxWait      time.Duration // 300 s: a longer Retry-After is handed to the caller as a WaitError
	MaxWaitTotal time.Duration // 1 h of waiting for one request
	Timeout      time.Duration // 60 s without a byte
	MaxBody      int64         // 64 MiB of one answer, unpacked
}

// Attachments are the settings of downloads (rezora contract 5).
type Attachments struct {
	MaxBytes          int64 // 0 is 2 GiB; larger files are not fetched
	AllowPrivateHosts bool
}

// Options describe one deployment of the current API (rezora contract 7.2).
type Options struct {
	Profile     string // dv1, prototype or the path of a profile file; "" is dv1
	BaseURL     string // "" is that of the profile
	BasePath    string // "" is that of the profile
	AllowHTTP   bool   // plain http to a host that is not loopback
	Zone        string // IANA name for zone-less times; "" is that of the profile
	Disabled    []record.Kind
	Auth        Auth
	Limits      Limits
	Attachments Attachments
	UserAgent   string
	// CampaignHTML asks for the HTML of campaigns too; that of templates always comes.
	CampaignHTML bool
	// Transport replaces the network, for tests of crashes.
	Transport http.RoundTripper
}

func (l Limits) withDefaults() Limits {
	def := Limits{RequestsPerS: 2, InFlight: 2, Attempts: 8, BackoffBase: 500 * time.Millisecond, BackoffMax: time.Minute,
		MaxWait: 300 * time.Second, MaxWaitTotal: time.Hour, Timeout: time.Minute, MaxBody: 64 << 20}
	fill(&l.RequestsPerS, def.RequestsPerS)
	fill(&l.InFlight, def.InFlight)
	fill(&l.Attempts, def.Attempts)
	fill(&l.BackoffBase, def.BackoffBase)
	fill(&l.BackoffMax, def.BackoffMax)
	fill(&l.MaxWait, def.MaxWait)
	fill(&l.MaxWaitTotal, def.MaxWaitTotal)
	fill(&l.Timeout, def.Timeout)
	fill(&l.MaxBody, def.MaxBody)
	return l
}

func fill[T int | int64 | float64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// baseAddress checks the address of an API: absolute, https or an allowed http, without user, query or fragment.
func baseAddress(setting, raw, path string, allowHTTP bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s is not an absolute http or https address; write it like https://data.example.com", setting)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%s holds a user, a query or a fragment; give scheme, host and path only", setting)
	}
	if u.Scheme == "http" && !allowHTTP && !isLoopback(u.Hostname()) {
		return nil, fmt.Errorf("%s is plain http to another host; use https, or set allow_http", setting)
	}
	return u.JoinPath(path), nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func zone(setting, name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%s %q is not a time zone; use an IANA name such as America/Denver", setting, name)
	}
	return loc, nil
}
