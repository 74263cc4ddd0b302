package rezora

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxJitter bounds what is added to a Retry-After.
const maxJitter = time.Second

// errorBody is as much of an error answer as is read to find its code.
const errorBody = 64 << 10

// exchange is one request with its repetitions: the retry policy of rezora contract 3.6 and 3.7.
type exchange struct {
	api      *api
	question question
	id       string // X-Request-Id, the same in every attempt

	sent    int // attempts on the wire
	failed  int // of these, those that count against Limits.Attempts
	refused int // answers 429
	waited  time.Duration
	next    time.Duration // wait before the next attempt
	body    []byte
}

// do runs the request to its end. The answer has status 2xx, 206 and 3xx only where the question streams; its body is e.body, or
// still open when the question streams.
func (e *exchange) do(req *retryablehttp.Request) (*http.Response, error) {
	way := e.api.http
	if e.question.follow != nil {
		way = e.question.follow
	}
	client := retryablehttp.Client{
		HTTPClient: way,
		RetryMax:   1 << 30, // the policy below counts for itself
		CheckRetry: e.check,
		Backoff:    func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return e.next },
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) {
			if resp != nil {
				_ = resp.Body.Close()
			}
			return nil, err
		},
	}
	return client.Do(req)
}

// check decides on an attempt: nothing to do, repeat after e.next, or an error that ends the request.
func (e *exchange) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	e.sent++
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return e.noAnswer(err)
	}
	if e.question.stream && (resp.StatusCode/100 == 2 || resp.StatusCode/100 == 3 || resp.StatusCode == http.StatusRequestedRangeNotSatisfiable) {
		return false, nil
	}
	limit := e.api.limits.MaxBody
	if resp.StatusCode/100 != 2 {
		limit = errorBody
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(nil))
	if e.body = body; resp.StatusCode/100 != 2 {
		return e.status(resp)
	}
	switch {
	case err != nil:
		return e.noAnswer(fmt.Errorf("answer cut: %w", err))
	case int64(len(body)) > limit:
		return false, ErrBodyTooLarge
	}
	if e.question.accept != nil {
		if err := e.question.accept(body); err != nil {
			return e.again(&AnswerError{API: e.api.name, Resource: e.question.resource, Reason: err.Error(), RequestID: e.id})
		}
	}
	return false, nil
}

func (e *exchange) noAnswer(err error) (bool, error) {
	var wait *WaitError
	if errors.As(err, &wait) {
		return false, wait
	}
	if permanent(err) {
		return false, fmt.Errorf("read %s of the %s API: %w", e.question.resource, e.api.name, bare(err))
	}
	host := e.api.base.Host
	if e.question.target != nil {
		host = e.question.target.Host // a file may lie elsewhere
	}
	return e.again(&ConnectError{API: e.api.name, Resource: e.question.resource, Host: host, Cause: bare(err)})
}

func (e *exchange) status(resp *http.Response) (bool, error) {
	failure := &StatusError{API: e.api.name, Resource: e.question.resource, Status: resp.StatusCode, Code: e.api.errorCode(e.body),
		RequestID: e.id, Attempts: e.sent}
	if !passingStatus(resp.StatusCode) {
		return false, failure
	}
	asked, ok := retryAfter(resp.Header)
	if resp.StatusCode == http.StatusTooManyRequests {
		e.refused++
		if !ok {
			return e.wait(backoff(e.api.limits, e.refused))
		}
		return e.obey(asked)
	}
	if ok {
		if e.failed++; e.failed >= e.api.limits.Attempts {
			return false, failure
		}
		return e.obey(asked)
	}
	return e.again(failure)
}

// again repeats after a backoff while there are attempts left.
func (e *exchange) again(failure error) (bool, error) {
	if e.failed++; e.failed >= e.api.limits.Attempts {
		var (
			answer  *AnswerError
			connect *ConnectError
		)
		switch {
		case errors.As(failure, &answer):
			answer.Attempts = e.sent
		case errors.As(failure, &connect):
			connect.Attempts = e.sent
		}
		return false, failure
	}
	return e.wait(backoff(e.api.limits, e.failed))
}

// obey waits as long as the source asks, and keeps every other request to this API back for as long.
func (e *exchange) obey(asked time.Duration) (bool, error) {
	d := asked + rand.N(min(maxJitter, asked/10+50*time.Millisecond)) // #nosec G404 -- jitter needs no secrecy
	e.api.gate.closeFor(d)
	if asked > e.api.limits.MaxWait {
		return false, &WaitError{API: e.api.name, Due: time.Now().Add(d)}
	}
	return e.wait(d)
}

func (e *exchange) wait(d time.Duration) (bool, error) {
	if e.waited += d; e.waited > e.api.limits.MaxWaitTotal {
		return false, &WaitError{API: e.api.name, Due: time.Now().Add(d)}
	}
	e.next = d
	return true, nil
}

// backoff is full jitter: anything between nothing and a doubling ceiling.
func backoff(l Limits, n int) time.Duration {
	ceiling := l.BackoffMax
	if shift := n - 1; shift < 20 {
		ceiling = min(ceiling, l.BackoffBase<<shift)
	}
	return rand.N(ceiling + 1) // #nosec G404 -- jitter needs no secrecy
}

// retryAfter reads Retry-After, seconds or a date; a date counts from the answer's own Date, for the clocks may differ.
func retryAfter(h http.Header) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		const year = 365 * 24 * 60 * 60
		return time.Duration(max(0, min(seconds, year))) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now := time.Now()
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}
