package rezora

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"rezora2nutshell/clients/rezora/internal/canon"
)

// Call is what an observer hears of each request, after its last attempt.
type Call struct {
	API      string // current or legacy
	Resource string
	Status   int // 0 without an answer
	Attempts int
	Refused  int // answers 429 among them
	Waited   time.Duration
	Took     time.Duration
}

// api is one API: its address, its limits, its credential.
type api struct {
	name    string
	base    *url.URL
	limits  Limits
	gate    *gate
	http    *http.Client
	auth    authenticator
	agent   string
	errCode string // dotted path of the error code, "" for none
	observe func(Call)

	run  string
	last atomic.Uint64
}

func newAPI(name string, base *url.URL, limits Limits, auth authenticator, agent string, transport http.RoundTripper) *api {
	var seed [4]byte
	_, _ = rand.Read(seed[:]) // crypto/rand does not fail
	if agent == "" {
		agent = "rezora2nutshell"
	}
	if transport == nil {
		transport = wire(limits, nil)
	}
	a := &api{name: name, base: base, limits: limits, gate: newGate(name, limits), auth: auth, agent: agent,
		run: hex.EncodeToString(seed[:]), observe: func(Call) {}}
	a.http = &http.Client{
		Transport: &guarded{gate: a.gate, next: transport},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 5 {
				return errManyRedirects
			}
			if req.URL.Scheme != base.Scheme || req.URL.Host != base.Host {
				return errRedirect
			}
			return nil
		},
	}
	return a
}

// wire is a transport for HTTP/1.1. dial replaces the ordinary way to make connections.
func wire(l Limits, dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dial, TLSHandshakeTimeout: 30 * time.Second,
		MaxIdleConnsPerHost: l.InFlight, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 1 << 20}
}

// question is one GET.
type question struct {
	resource string // for messages
	path     string // under the base, escaped
	query    url.Values
	target   *url.URL // replaces base, path and query
	header   http.Header
	accept   func(body []byte) error // an error makes a 200 a passing fault
	stream   bool                    // leave the body of a 2xx or 3xx open
	follow   *http.Client            // replaces the API's own client
	foreign  bool                    // the target is another origin: no credential
}

// answer is the 2xx to a question.
type answer struct {
	status int
	header http.Header
	body   []byte
	resp   *http.Response // of a streaming question
	id     string
}

// date is the server's time of the answer, zero when it gave none.
func (a *answer) date() time.Time {
	t, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// get asks; a token that was refused is renewed once where the mode allows it.
func (a *api) get(ctx context.Context, q question) (*answer, error) {
	ans, used, err := a.once(ctx, q)
	var status *StatusError
	if !errors.As(err, &status) || status.Status != http.StatusUnauthorized || q.foreign {
		return ans, err
	}
	renewed, authErr := a.auth.renew(ctx, used)
	if authErr != nil {
		return nil, authErr
	}
	if !renewed {
		return ans, err
	}
	ans, _, err = a.once(ctx, q)
	return ans, err
}

func (a *api) once(ctx context.Context, q question) (*answer, string, error) {
	target := q.target
	if target == nil {
		target = a.address(q.path, q.query)
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, "", fmt.Errorf("read %s of the %s API: the address cannot be built", q.resource, a.name)
	}
	id := fmt.Sprintf("mig-%s-%06d", a.run, a.last.Add(1))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.agent)
	req.Header.Set("X-Request-Id", id)
	for name, values := range q.header {
		req.Header[name] = values
	}
	used := ""
	if !q.foreign {
		if used, err = a.auth.apply(ctx, req.Header); err != nil {
			return nil, "", err
		}
	}
	e := &exchange{api: a, question: q, id: id}
	start := time.Now()
	resp, err := e.do(req) //nolint:bodyclose // read and closed by the exchange, or handed to the caller of a streaming question
	a.report(e, resp, err, time.Since(start))
	if err != nil {
		return nil, used, err
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: e.body, resp: resp, id: id}, used, nil
}

func (a *api) report(e *exchange, resp *http.Response, err error, took time.Duration) {
	call := Call{API: a.name, Resource: e.question.resource, Attempts: e.sent, Refused: e.refused, Waited: e.waited, Took: took}
	var status *StatusError
	if errors.As(err, &status) {
		call.Status = status.Status
	} else if resp != nil {
		call.Status = resp.StatusCode
	}
	a.observe(call)
}

// address puts an escaped path under the base.
func (a *api) address(path string, query url.Values) *url.URL {
	u := *a.base
	escaped := a.base.EscapedPath() + path
	plain, err := url.PathUnescape(escaped)
	if err != nil {
		plain = escaped
	}
	u.Path, u.RawPath = plain, escaped
	u.RawQuery = query.Encode()
	return &u
}

// segment escapes an id as one segment of a path; the segments . and .. would be resolved away.
func segment(id string) string {
	switch id {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	return url.PathEscape(id)
}

func (a *api) errorCode(body []byte) string {
	if a.errCode == "" {
		return ""
	}
	root, err := canon.Parse(body)
	if err != nil {
		return ""
	}
	if code := root.Path(a.errCode).Text(); wellFormedCode.MatchString(code) {
		return code
	}
	return ""
}
