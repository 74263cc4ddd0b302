// Package nutshell is the client of a Nutshell account, JSON-RPC with the few
// REST routes that JSON-RPC lacks. It follows the Nutshell contract, and
// tolerates every shape that the contract defines.
//
// It guarantees:
//   - A write is sent again only with proof that it was not carried out: no
//     byte left, or the server answered 429. Everything else that is not a
//     definite answer comes back as InDoubt, for the caller to look up (I2).
//   - Reads are retried, cut and empty answers included.
//   - No redirect is followed; plain http is for loopback hosts only.
//   - Errors and CallInfo hold no record data, no credentials and no URLs (I5);
//     only Error.Reason, the server's own words, may.
package nutshell

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Options of a Client. BaseURL, Username and APIKey are required.
type Options struct {
	// BaseURL is the account's host, https except for loopback hosts.
	BaseURL string
	// Username is the e-mail of the acting user, or the company domain.
	Username string
	APIKey   string
	// Limiter paces the calls; nil: no pacing.
	Limiter Limiter
	// Observer is told of every request, from many goroutines at once. ctx is
	// that of the call: it tells whose call it was.
	Observer func(ctx context.Context, info CallInfo)
	// Timeout bounds one attempt. Defaults to 30 s.
	Timeout time.Duration
	// UploadTimeout bounds one file transfer. Defaults to 300 s.
	UploadTimeout time.Duration
	// Concurrency is the most calls in flight. Defaults to 4.
	Concurrency int
	// WritesParallel is the most writes in flight. Defaults to Concurrency.
	WritesParallel int
	// FindsParallel is the most finds with full records in flight. Defaults to 1.
	FindsParallel int
	// Retries is how often a faulty read, or a call without a connection, is
	// tried again. Defaults to 4; negative: never.
	Retries int
	// RetryWait is the first wait between such tries; it doubles. Defaults to 200 ms.
	RetryWait time.Duration
	// MaxRetryAfter caps what a Retry-After may ask for. Defaults to 60 s.
	MaxRetryAfter time.Duration
	// Patience is how long a row of limiter refusals of one call is sat out. Defaults to 2 min.
	Patience  time.Duration
	UserAgent string
	// Transport replaces NewTransport(Concurrency), for tests of crashes.
	Transport http.RoundTripper
}

// Client is safe for use by many goroutines.
type Client struct {
	base          string
	username      string
	apiKey        string
	userAgent     string
	limiter       Limiter
	observer      func(context.Context, CallInfo)
	timeout       time.Duration
	uploadTimeout time.Duration
	retries       int
	retryWait     time.Duration
	maxRetryAfter time.Duration
	patience      time.Duration
	gates         gates
	http          *http.Client
	idPrefix      string
	idCount       atomic.Uint64
}

// New makes a client; it makes no call.
func New(o Options) (*Client, error) {
	base, err := checkBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Username == "" {
		return nil, errors.New("nutshell: user name missing")
	}
	if o.APIKey == "" {
		return nil, errors.New("nutshell: API key missing")
	}
	concurrency := orInt(o.Concurrency, 4)
	transport := o.Transport
	if transport == nil {
		transport = NewTransport(concurrency)
	}
	return &Client{
		base: base, username: o.Username, apiKey: o.APIKey,
		userAgent:     orText(o.UserAgent, "rezora2nutshell"),
		limiter:       o.Limiter,
		observer:      o.Observer,
		timeout:       orTime(o.Timeout, 30*time.Second),
		uploadTimeout: orTime(o.UploadTimeout, 300*time.Second),
		retries:       orInt(o.Retries, 4),
		retryWait:     orTime(o.RetryWait, 200*time.Millisecond),
		maxRetryAfter: orTime(o.MaxRetryAfter, 60*time.Second),
		patience:      orTime(o.Patience, 2*time.Minute),
		gates:         newGates(concurrency, orInt(o.WritesParallel, concurrency), orInt(o.FindsParallel, 1)),
		http: &http.Client{
			Transport:     roundTripper{base: transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		idPrefix: uuid.NewString()[:8],
	}, nil
}

func checkBase(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("nutshell: base URL must be like https://app.nutshell.com")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	default:
		return "", fmt.Errorf("nutshell: base URL %s: https is required, except for loopback hosts", u.Scheme+"://"+u.Host)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// nextID is the string id of a JSON-RPC request, unique over all processes and always of one length.
func (c *Client) nextID() string { return fmt.Sprintf("%s-%010d", c.idPrefix, c.idCount.Add(1)) }

func (c *Client) acquire(ctx context.Context, classes []string) error {
	if c.limiter == nil {
		return nil
	}
	return c.limiter.Acquire(ctx, classes...)
}

// done tells the limiter and the observer of one attempt.
func (c *Client) done(ctx context.Context, classes []string, info CallInfo, limited bool) {
	if c.limiter != nil {
		latency, hold := info.Latency, time.Duration(0)
		if !info.Sent {
			latency = 0
		}
		if limited || info.Status == http.StatusServiceUnavailable {
			hold = info.RetryAfter
		}
		c.limiter.Done(classes, latency, limited, hold)
	}
	if c.observer != nil {
		c.observer(ctx, info)
	}
}

func orInt(n, otherwise int) int {
	switch {
	case n == 0:
		return otherwise
	case n < 0:
		return 0
	}
	return n
}

func orTime(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
