package nutshell

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// do runs a call under the retry policy of its kind and answers nil or *Error.
func (c *Client) do(ctx context.Context, k *call) error {
	x := &exchange{client: c, call: k}
	var raw any
	if k.body != nil {
		raw = retryablehttp.ReaderFunc(k.body)
	}
	req, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, exchangeKey{}, x), k.verb, k.url, raw)
	if err != nil {
		return k.fail(NotSent, "request could not be made", nil)
	}
	req.ContentLength = k.size
	if k.contentType != "" {
		req.Header.Set("Content-Type", k.contentType)
	}
	if k.sink == nil {
		req.Header.Set("Accept", "application/json")
	} else {
		req.Header.Set("Accept-Encoding", "identity")
	}
	req.Header.Set("User-Agent", c.userAgent)
	user := k.username
	if user == "" {
		user = c.username
	}
	req.SetBasicAuth(user, c.apiKey)

	loop := &retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     1 << 30, // the policy counts
		CheckRetry:   func(context.Context, *http.Response, error) (bool, error) { return x.again(ctx), nil },
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	_, err = loop.Do(req) //nolint:bodyclose // the round tripper read and closed the answer; what comes here is http.NoBody
	switch {
	case x.last != nil && err != nil && x.last.err == nil:
		x.last.err = ctx.Err()
		return x.last
	case x.last != nil:
		return x.last
	case err != nil:
		e := k.fail(NotSent, "request body could not be read", ctx.Err())
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			e.Fault = "call abandoned"
		}
		return e
	}
	return nil
}

// again is the retry policy. A write is sent again only when it is proved that
// it was not carried out; a read whenever another try can help. What a write
// left in doubt is the caller's to look up: no layer here repeats it.
func (x *exchange) again(ctx context.Context) bool {
	e := x.last
	if e == nil || ctx.Err() != nil || e.err != nil {
		return false
	}
	limited := IsRateLimited(e)
	if !limited {
		x.refused = time.Time{}
	}
	switch {
	case limited && (e.Outcome == NotSent || e.Outcome == Failed):
		now := time.Now()
		if x.refused.IsZero() {
			x.refused = now
		}
		if now.Sub(x.refused) > x.client.patience {
			return false
		}
		x.faults = 0
		x.wait = x.client.refusalWait(e, x.attempts)
		return true
	case e.Outcome == NotSent, e.Outcome == Failed && worthAgain(e.HTTPStatus):
		x.faults++
		x.wait = x.client.faultWait(e, x.faults)
		return x.faults <= x.client.retries
	}
	return false
}

// worthAgain: no answer, a broken 2xx, a fault of the server.
func worthAgain(status int) bool {
	return status == 0 || success(status) || status >= 500 || status == http.StatusRequestTimeout
}

// refusalWait is the wait after a refusal by the server's limiter. Where calls
// are paced, the limiter holds the next permit back; the short wait here only
// keeps the row of refusals from coming back in step.
func (c *Client) refusalWait(e *Error, attempt int) time.Duration {
	if c.limiter != nil {
		return jitter(20 * time.Millisecond)
	}
	if e.RetryAfter > 0 {
		return e.RetryAfter
	}
	return c.backoff(attempt)
}

func (c *Client) faultWait(e *Error, n int) time.Duration {
	if e.RetryAfter > 0 && c.limiter == nil {
		return e.RetryAfter
	}
	return c.backoff(n)
}

// backoff doubles from the base up to 5 s, with jitter.
func (c *Client) backoff(n int) time.Duration {
	d := c.retryWait << min(n-1, 10)
	return jitter(min(d, 5*time.Second))
}

// jitter is a time between half of d and d.
func jitter(d time.Duration) time.Duration {
	if d <= 1 {
		return d
	}
	return d/2 + rand.N(d/2) //nolint:gosec // spreads waits; nobody gains by predicting them
}

// retryAfter reads the header as whole seconds or as an HTTP date, at most
// limit; 0 when absent, past or unreadable.
func retryAfter(h http.Header, limit time.Duration, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		if n <= 0 {
			return 0
		}
		if n > int64(limit/time.Second) {
			return limit
		}
		return time.Duration(n) * time.Second
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(t.Sub(now), 0), limit)
}
