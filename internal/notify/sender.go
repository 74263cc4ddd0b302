package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// patience is how long a receiver may take to answer; the next attempt has the same key.
const patience = 10 * time.Second

// mostWait bounds what a receiver may ask for by Retry-After.
const mostWait = time.Hour

// Sender posts notices to one webhook.
type Sender struct {
	url    string
	client *http.Client
}

// New makes the sender for a webhook that the settings have checked.
func New(webhook string) *Sender {
	return &Sender{url: webhook, client: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Failure is an attempt that delivered nothing.
type Failure struct {
	Cause string        // names no address
	After time.Duration // how long the receiver asks to be left alone; 0 = it does not say
}

func (f *Failure) Error() string { return "the notice was not delivered: " + f.Cause }

// Send makes one attempt. Every failure is a *Failure, and may be tried again.
func (s *Sender) Send(ctx context.Context, n Notice) error {
	body, err := json.Marshal(n.Complete())
	if err != nil {
		return &Failure{Cause: err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return &Failure{Cause: "NOTIFY_URL is not usable"}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Idempotency-Key", n.Key)
	req.Header.Set("User-Agent", "rezora2nutshell")
	res, err := s.client.Do(req)
	if err != nil {
		return &Failure{Cause: withoutURL(err)}
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, 1<<16) // so that the connection can be used again
	if res.StatusCode/100 == 2 {
		return nil
	}
	return &Failure{Cause: fmt.Sprintf("the receiver answered %d; see whether NOTIFY_URL is right", res.StatusCode), After: wait(res.Header)}
}

// withoutURL is the cause alone: net/http puts the whole address before it.
func withoutURL(err error) string {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return "no answer"
}

func wait(h http.Header) time.Duration {
	s, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || s <= 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, mostWait)
}
