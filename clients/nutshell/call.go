package nutshell

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Kind says what a call does; the retry policy goes by it alone.
type Kind string

// The kinds of calls. All but KindRead change something.
const (
	KindCreate Kind = "create"
	KindEdit   Kind = "edit"
	KindDelete Kind = "delete"
	KindRead   Kind = "read"
	KindUpload Kind = "upload"
)

func (k Kind) writes() bool { return k != KindRead }

// Classes of calls that the server may limit apart (nutshell contract 1.5).
const (
	ClassAll  = "all"  // every call
	ClassFind = "find" // find* with full records
	ClassGet  = "get"  // get* of one record
)

// Limiter paces the calls of all workers together.
type Limiter interface {
	// Acquire waits for one permit of each class. An error means: do not call.
	Acquire(ctx context.Context, classes ...string) error
	// Done reports one answer. refused: the server's limiter turned the call
	// away. A retryAfter without refused holds all calls back for that long.
	Done(classes []string, latency time.Duration, refused bool, retryAfter time.Duration)
}

// CallInfo describes one request that was made, or that could not be sent.
// It holds nothing of a record and may be logged and counted.
type CallInfo struct {
	Method  string
	Kind    Kind
	Class   string // the narrowest class
	Attempt int    // from 1
	Status  int    // 0 without an answer
	Code    int    // of the error envelope, else 0
	Outcome string // "done" or an Outcome
	// Sent is false when it is proved that no byte of the call left.
	Sent       bool
	Latency    time.Duration
	RetryAfter time.Duration
	RequestID  string // the server's x-nutshell-request-id
}

// call is one logical call: what to send, and how to judge an answer.
type call struct {
	method      string
	kind        Kind
	classes     []string
	verb        string
	url         string
	contentType string
	username    string // acting user; "" = the client's
	timeout     time.Duration
	body        func() (io.Reader, error) // nil: no body
	size        int64
	// sink takes a 2xx body as it comes, instead of memory.
	sink *sink
	// accept reads a 2xx answer, and any other with a body it understands.
	accept func(status int, body []byte) *Error
}

func (c *call) class() string { return c.classes[len(c.classes)-1] }

// fail makes an *Error of this call.
func (c *call) fail(o Outcome, fault string, cause error) *Error {
	return &Error{Outcome: o, Method: c.method, Kind: c.kind, Fault: fault, err: cause}
}

// broken is the outcome of an answer that cannot be understood, or of none.
func (c *call) broken(status int, fault string) *Error {
	e := c.fail(Failed, fault, nil)
	if c.kind.writes() {
		e.Outcome = InDoubt
	}
	e.HTTPStatus = status
	return e
}

// answered is the error of an answer that is no success.
func (c *call) answered(status, code int, reason string) *Error {
	e := c.fail(outcomeOf(c.kind, status, code), "", nil)
	e.HTTPStatus, e.Code, e.Reason = status, code, reason
	return e
}

func success(status int) bool { return status >= http.StatusOK && status < http.StatusMultipleChoices }
