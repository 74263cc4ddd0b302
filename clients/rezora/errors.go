package rezora

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"time"
)

// StatusError is an answer that ends a request. It names no text of the answer but a well-formed error code.
type StatusError struct {
	API       string // current or legacy
	Resource  string
	Status    int
	Code      string // "" when the answer had none
	RequestID string
	Attempts  int
}

func (e *StatusError) Error() string {
	code := e.Code
	if code != "" {
		code = " " + code
	}
	return fmt.Sprintf("read %s of the %s API: status %d%s (request %s, attempt %d)", e.Resource, e.API, e.Status, code, e.RequestID, e.Attempts)
}

// WaitError says that the source wants to be left alone until Due, later than the client waits in place. Nothing is sent before.
type WaitError struct {
	API string
	Due time.Time
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("the %s API asks to wait until %s", e.API, e.Due.UTC().Format(time.RFC3339))
}

// AnswerError is a 200 that is no answer: cut, not JSON, or without the expected content, after all attempts.
type AnswerError struct {
	API, Resource, Reason, RequestID string
	Attempts                         int
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("read %s of the %s API: bad answer: %s (request %s, attempt %d)", e.Resource, e.API, e.Reason, e.RequestID, e.Attempts)
}

// ConnectError is a request without an answer after all attempts.
type ConnectError struct {
	API, Resource, Host string
	Attempts            int
	Cause               error
}

func (e *ConnectError) Error() string {
	return fmt.Sprintf("read %s of the %s API: no answer from %s after %d attempts: %v", e.Resource, e.API, e.Host, e.Attempts, e.Cause)
}

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Cause }

// Errors of a walk and of the transport.
var (
	ErrCursorLoop    = errors.New("the source handed out a cursor twice: paging does not advance")
	ErrRestarts      = errors.New("the source dropped the cursor more than 5 times in one walk")
	ErrNoCursor      = errors.New("the source refused the cursor it handed out")
	ErrBodyTooLarge  = errors.New("the answer is larger than max_body_mib")
	ErrNotSwept      = errors.New("the resource is append-only and never swept")
	ErrDisabled      = errors.New("the resource is disabled in the settings")
	errMethod        = errors.New("refused: the source is only read")
	errRedirect      = errors.New("redirect to another scheme or host refused")
	errManyRedirects = errors.New("more than 5 redirects")
	errNoTime        = fmt.Errorf("no permit in the time that is left: %w", context.DeadlineExceeded)
)

// IsNotOffered reports that the account does not offer the resource, or the credential does not reach it.
func IsNotOffered(err error) bool {
	var s *StatusError
	return errors.As(err, &s) && (s.Status == 403 || s.Status == 404)
}

// IsRejected reports a credential that the source does not accept; the whole source pauses.
func IsRejected(err error) bool {
	var s *StatusError
	return errors.As(err, &s) && s.Status == 401
}

// Due gives the time before which the source must not be called again.
func Due(err error) (time.Time, bool) {
	var w *WaitError
	if errors.As(err, &w) {
		return w.Due, true
	}
	return time.Time{}, false
}

// IsPassing reports a fault that a later try may not meet: overload, outage, network, cut answers.
func IsPassing(err error) bool {
	var s *StatusError
	if errors.As(err, &s) {
		return passingStatus(s.Status)
	}
	var (
		w *WaitError
		a *AnswerError
		c *ConnectError
	)
	return errors.As(err, &w) || errors.As(err, &a) || errors.As(err, &c) || errors.Is(err, context.DeadlineExceeded)
}

func passingStatus(status int) bool {
	switch status {
	case 408, 429, 500, 502, 503, 504:
		return true
	}
	return false
}

// bare takes the address out of a transport error: its query may hold a signature or an e-mail.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return errors.New("host not found")
	}
	return err
}

// permanent reports transport errors that no retry cures.
func permanent(err error) bool {
	var (
		w    *WaitError
		cert *tls.CertificateVerificationError
	)
	for _, fixed := range []error{errMethod, errRedirect, errManyRedirects, errPrivateHost, ErrBodyTooLarge, errNoTime} {
		if errors.Is(err, fixed) {
			return true
		}
	}
	return errors.As(err, &w) || errors.As(err, &cert)
}

var wellFormedCode = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,39}$`)

func statusOf(err error) (int, bool) {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status, true
	}
	return 0, false
}
