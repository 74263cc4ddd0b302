package nutshell

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// maxAnswer bounds the memory of one answer.
const maxAnswer = 128 << 20

// exchange is one call on its way: its attempts and the verdict on the last.
type exchange struct {
	client   *Client
	call     *call
	attempts int
	faults   int       // attempts that ended in a fault, not in a refusal
	refused  time.Time // start of an unbroken row of limiter refusals
	last     *Error    // nil: success
	wait     time.Duration
}

type exchangeKey struct{}

// roundTripper makes one attempt a request of the retry loop. It reads the
// whole answer and judges it there, so that a cut or empty answer is a failed
// attempt like any other. It has no CloseIdleConnections on purpose: the retry
// loop would drop the other callers' connections after each failure.
type roundTripper struct{ base http.RoundTripper }

func (t roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	x := req.Context().Value(exchangeKey{}).(*exchange)
	x.attempt(t.base, req)
	// The verdict travels in the exchange. The retry loop sees no header, so
	// nothing in it can follow a redirect or a Retry-After of its own.
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

func (x *exchange) attempt(base http.RoundTripper, req *http.Request) {
	x.last, x.wait = nil, 0
	c, ctx := x.call, req.Context()
	leave, err := x.client.gates.enter(ctx, c)
	if err == nil {
		defer leave()
		err = x.client.acquire(ctx, c.classes)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		x.last = c.fail(NotSent, "no permit", err)
		return
	}
	x.attempts++
	info := CallInfo{Method: c.method, Kind: c.kind, Class: c.class(), Attempt: x.attempts, Sent: true, Outcome: "done"}
	start := time.Now()
	limited := x.exchangeOnce(ctx, base, req, &info)
	info.Latency = time.Since(start)
	if x.last != nil {
		info.Outcome, info.Code = string(x.last.Outcome), x.last.Code
	}
	x.client.done(ctx, c.classes, info, limited)
}

// exchangeOnce sends the request, judges the answer and tells whether the
// server's limiter refused it.
func (x *exchange) exchangeOnce(parent context.Context, base http.RoundTripper, req *http.Request, info *CallInfo) bool {
	c := x.call
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	var got net.Conn
	var before int64
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		got = i.Conn
		if cc := counted(got); cc != nil {
			before = cc.written.Load()
		}
	}})
	out := req.Clone(ctx)
	// Without GetBody and without an Idempotency-Key net/http cannot send a
	// request with a body again on another connection (I2).
	out.GetBody = nil
	resp, err := base.RoundTrip(out)
	if err != nil {
		x.last = c.broken(0, faultOf(err, c.timeout))
		if nothingLeft(err, base, got, before) {
			x.last.Outcome, info.Sent = NotSent, false
		}
		x.last.err = parent.Err()
		return false
	}
	defer resp.Body.Close()
	info.Status, info.RequestID = resp.StatusCode, resp.Header.Get("X-Nutshell-Request-Id")
	x.last = x.judge(resp)
	if x.last == nil {
		return false
	}
	if x.last.Outcome != Refused && x.last.err == nil {
		x.last.err = parent.Err()
	}
	x.last.RetryAfter = retryAfter(resp.Header, x.client.maxRetryAfter, time.Now())
	info.RetryAfter = x.last.RetryAfter
	return IsRateLimited(x.last)
}

// judge reads the answer and says what it means; nil is success.
func (x *exchange) judge(resp *http.Response) *Error {
	c := x.call
	if c.sink != nil && success(resp.StatusCode) {
		fault, err := c.sink.fill(resp.Body)
		if fault == "" {
			return nil
		}
		e := c.broken(resp.StatusCode, fault)
		e.err = err
		return e
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case success(resp.StatusCode) && err != nil:
		return c.broken(resp.StatusCode, "answer cut short")
	case len(body) > maxAnswer:
		return c.broken(resp.StatusCode, "answer too large")
	case err != nil:
		body = nil
	}
	return c.accept(resp.StatusCode, body)
}

// nothingLeft is the proof that no byte of a failed request left: it never had
// a connection, or its connection carries no byte more than before and is
// closed now.
func nothingLeft(err error, base http.RoundTripper, got net.Conn, before int64) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	if got == nil {
		// Foreign transports may send without telling the trace.
		_, own := base.(*http.Transport)
		return own
	}
	cc := counted(got)
	if cc == nil {
		return false
	}
	_ = cc.Close()
	return cc.written.Load() == before
}

// faultOf puts a transport error into words that cannot hold record data.
func faultOf(err error, timeout time.Duration) string {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var host x509.HostnameError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return op.Error()
	case errors.As(err, &cert), errors.As(err, &host), errors.As(err, &authority):
		return "the server's certificate is not trusted"
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within " + timeout.String()
	case errors.Is(err, context.Canceled):
		return "call abandoned"
	}
	return "connection broken"
}
