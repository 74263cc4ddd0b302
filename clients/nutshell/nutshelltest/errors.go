package nutshelltest

import (
	"fmt"
	"net/http"
)

// Error is a refusal in the terms of nutshell contract 1.4. Code is that of the
// JSON-RPC error object, Status that of the HTTP answer.
type Error struct {
	Code    int    `json:"code"`
	Status  int    `json:"-"`
	Message string `json:"message"`

	retryAfter int // seconds, with a rate limit
	challenge  bool
	title      string // REST: errors[].title of a 400
}

func (e *Error) Error() string { return fmt.Sprintf("nutshell answers %d: %s", e.Code, e.Message) }

var (
	errParse      = &Error{Code: -32700, Status: 400, Message: "Parse error"}
	errRequest    = &Error{Code: -32600, Status: 400, Message: "Invalid Request"}
	errMethod     = &Error{Code: -32601, Status: 404, Message: "Method not found"}
	errTooLarge   = &Error{Code: 413, Status: 413, Message: "Request too large"}
	errKey        = &Error{Code: 401, Status: 401, Message: "API key not found", challenge: true}
	errUser       = &Error{Code: 401, Status: 401, Message: "User not found"}
	errForbidden  = &Error{Code: 403, Status: 403, Message: "Forbidden"}
	errNoteClosed = &Error{Code: 403, Status: 403, Message: "note can no longer be edited"}
	errStale      = &Error{Code: 409, Status: 409, Message: "rev key is out-of-date"}
	errInternal   = &Error{Code: -32603, Status: 500, Message: "Internal error"}
	errNoRoute    = &Error{Code: 404, Status: 404, Message: "Not found"}
	errVerb       = &Error{Code: 405, Status: 405, Message: "Internal Error"}
)

func badParam(name string) *Error {
	return &Error{Code: -32602, Status: 400, Message: "Invalid params: " + name}
}

func invalid(field, reason string) *Error {
	return &Error{Code: 400, Status: 400, Message: field + ": " + reason}
}

func tooLong(field string, n int) *Error {
	return invalid(field, fmt.Sprintf("longer than %d characters", n))
}

func notThere(field string, k kind, id int64) *Error {
	return invalid(field, fmt.Sprintf("%s %d does not exist", k, id))
}

func notFound(k kind) *Error {
	return &Error{Code: 404, Status: 404, Message: k.singular() + " not found"}
}

func planLimit(which string, n int) *Error {
	return &Error{Code: 403, Status: 403, Message: fmt.Sprintf("%s limit reached (%d)", which, n)}
}

func (s *Server) rateLimited(wait int) *Error {
	status := s.cfg.LimiterStatus
	return &Error{Code: status, Status: status, Message: "Rate limit exceeded", retryAfter: wait}
}

func restInvalid(title, detail string) *Error {
	return &Error{Code: 400, Status: http.StatusBadRequest, Message: detail, title: title}
}
