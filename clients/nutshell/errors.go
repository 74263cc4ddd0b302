package nutshell

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Outcome says what is known of a call that did not succeed.
type Outcome string

const (
	// Refused says that the server gave a definite no; nothing was stored.
	Refused Outcome = "refused"
	// NotSent says that the call is proved not to have been carried out: no byte
	// left this process, or the server's limiter turned it away (HTTP 429).
	NotSent Outcome = "not sent"
	// InDoubt is a write that may have been stored, or may yet be.
	InDoubt Outcome = "in doubt"
	// Failed is a read without an answer, after its retries.
	Failed Outcome = "failed"
)

// JSON-RPC codes of nutshell contract 1.4.
const (
	codeMethodMissing = -32601
	codeInternal      = -32603
)

// Error is the one error type of this package. Error() names the method, the
// outcome, the status and the code, and never what a record holds (I5).
type Error struct {
	Outcome Outcome
	// Method is the JSON-RPC method, or "rest.<route>".
	Method string
	Kind   Kind
	// HTTPStatus is 0 when there was no answer.
	HTTPStatus int
	// Code is the code of the error envelope, else 0.
	Code int
	// Reason holds the server's own words. They can repeat record data: show
	// them in reports, never in logs, metrics or Temporal.
	Reason string
	// RetryAfter is the wait that the server asked for, else 0.
	RetryAfter time.Duration
	// Fault says in fixed words what went wrong below HTTP or in the answer.
	Fault string
	// err is a cause to test with errors.Is: the end of a context, what the
	// limiter answered, or what a caller's writer answered (never printed: it
	// may name a file).
	err error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("nutshell %s: %s", e.Method, e.Outcome)
	if e.HTTPStatus != 0 {
		s += fmt.Sprintf(": HTTP %d", e.HTTPStatus)
	}
	if e.Code != 0 {
		s += fmt.Sprintf(", code %d", e.Code)
	}
	if e.Fault != "" {
		s += ": " + e.Fault
	}
	if e.err != nil && e.Fault != faultStore {
		s += ": " + e.err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.err }

// AsError finds the *Error in err.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

func is(err error, f func(*Error) bool) bool {
	e, ok := AsError(err)
	return ok && f(e)
}

// IsRefused tells a definite no: the call must not be sent again unchanged.
func IsRefused(err error) bool { return is(err, func(e *Error) bool { return e.Outcome == Refused }) }

// IsInDoubt tells a write that must be looked up before anything else is done.
func IsInDoubt(err error) bool { return is(err, func(e *Error) bool { return e.Outcome == InDoubt }) }

// IsNotSent says that the call was not carried out and may be sent again.
func IsNotSent(err error) bool { return is(err, func(e *Error) bool { return e.Outcome == NotSent }) }

// IsNotFound says that the record is missing, or deleted where such a record
// answers 404. A missing method is not a missing record.
func IsNotFound(err error) bool {
	return is(err, func(e *Error) bool {
		return e.status() == http.StatusNotFound && e.Code != codeMethodMissing
	})
}

// IsCut says that every transfer of a body ended too early.
func IsCut(err error) bool { return is(err, func(e *Error) bool { return e.Fault == faultCut }) }

// IsMethodMissing says that the server does not know the method: stop.
func IsMethodMissing(err error) bool {
	return is(err, func(e *Error) bool { return e.Code == codeMethodMissing })
}

// IsStale says that the rev of an edit or delete is not the record's.
func IsStale(err error) bool {
	return is(err, func(e *Error) bool {
		return e.status() == http.StatusConflict && (e.Kind == KindEdit || e.Kind == KindDelete)
	})
}

// IsExists says that a custom field of that name is there already (nutshell contract 5.1).
func IsExists(err error) bool {
	return is(err, func(e *Error) bool { return e.status() == http.StatusConflict && e.Kind == KindCreate })
}

// IsUnauthorized says that the credentials are not accepted: stop everything.
func IsUnauthorized(err error) bool {
	return is(err, func(e *Error) bool { return e.status() == http.StatusUnauthorized })
}

// IsForbidden tells a plan limit, a read-only key, or a note that can no longer be edited.
func IsForbidden(err error) bool {
	return is(err, func(e *Error) bool { return e.status() == http.StatusForbidden })
}

// IsRateLimited says that the server's limiter turned the call away, longer
// than the client was ready to wait. For a write that answered 503 it is in doubt all the same.
func IsRateLimited(err error) bool {
	return is(err, func(e *Error) bool {
		return e.HTTPStatus == http.StatusTooManyRequests || (e.HTTPStatus == http.StatusServiceUnavailable && e.Code == http.StatusServiceUnavailable)
	})
}

// IsNotOffered tells 404 or 405 to a REST call: on the first upload to a note that
// exists it means that the account takes no files (nutshell contract 7.16).
func IsNotOffered(err error) bool {
	return is(err, func(e *Error) bool {
		return e.HTTPStatus == http.StatusNotFound || e.HTTPStatus == http.StatusMethodNotAllowed
	})
}

// status is the HTTP status, else what the code of the envelope stands for.
func (e *Error) status() int {
	if e.HTTPStatus < 400 && e.Code != 0 {
		return statusOfCode(e.Code)
	}
	return e.HTTPStatus
}

// statusOfCode maps the codes of nutshell contract 1.4 to their HTTP status.
func statusOfCode(code int) int {
	switch code {
	case -32700, -32600, -32602:
		return http.StatusBadRequest
	case codeMethodMissing:
		return http.StatusNotFound
	}
	if code >= 400 && code <= 599 {
		return code
	}
	return http.StatusInternalServerError
}

// outcomeOf judges an answer that is no success. Only the rows of nutshell
// contract 1.4 with "written: no" are definite for a write; 408 and 499 speak
// of a connection, not of a record.
func outcomeOf(kind Kind, status, code int) Outcome {
	doubt := Failed
	if kind.writes() {
		doubt = InDoubt
	}
	if status == http.StatusTooManyRequests {
		return NotSent
	}
	judged := status
	if status < 400 && code != 0 {
		judged = statusOfCode(code)
	}
	switch {
	case judged < 400 || judged >= 500, code == codeInternal, code >= 500 && code <= 599:
		return doubt
	case judged == http.StatusTooManyRequests, judged == http.StatusRequestTimeout, judged == 499:
		return doubt
	}
	return Refused
}
