package rezoratest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// issue is one entry of an error's details.
type issue struct {
	Field string `json:"field"`
	Issue string `json:"issue"`
}

type failure struct {
	Code      string  `json:"code"`
	Message   string  `json:"message"`
	Status    int     `json:"status"`
	RequestID string  `json:"request_id"`
	Details   []issue `json:"details"`
}

// fail answers with an error in the form of the API that was asked.
func (x *exchange) fail(status int, code, message string, details ...issue) {
	if details == nil {
		details = []issue{}
	}
	switch x.api {
	case apiLegacy:
		x.json(status, fmt.Appendf(nil, `[{"status":"%d"}]`, status))
	case apiPrototype:
		if status == 500 || status == 400 {
			x.json(status, mustEncode(message))
			return
		}
		x.send(status, "", nil)
	default:
		x.failDV1(failure{code, message, status, x.id, details})
	}
}

// failDV1 writes the envelope of rezora contract 3.6, or what errorBody asks
// for instead.
func (x *exchange) failDV1(f failure) {
	switch x.cfg.ErrorBody {
	case "empty":
		x.send(f.Status, "", nil)
	case "string":
		x.json(f.Status, mustEncode(f.Message))
	case "message":
		x.json(f.Status, mustEncode(map[string]string{"message": f.Message}))
	case "rfc7807":
		x.send(f.Status, "application/problem+json", mustEncode(map[string]any{
			"type": "about:blank", "title": http.StatusText(f.Status), "status": f.Status, "detail": f.Message,
		}))
	case "html":
		x.send(f.Status, "text/html; charset=utf-8", htmlPage(f.Status))
	default:
		x.json(f.Status, mustEncode(map[string]failure{"error": f}))
	}
}

func htmlPage(status int) []byte {
	return fmt.Appendf(nil, "<!DOCTYPE html>\n<html><head><title>%d %s</title></head><body><h1>%[2]s</h1></body></html>\n", status, http.StatusText(status))
}

// retryAfter sets the header in the form that retryAfterForm asks for.
func (x *exchange) retryAfter(n int) {
	form := x.cfg.RetryAfterForm
	if form == "mixed" {
		form = [...]string{"seconds", "date"}[x.s.faults.alternate()]
	}
	switch form {
	case "seconds":
		x.w.Header().Set("Retry-After", strconv.Itoa(n))
	case "date":
		// Dates carry whole seconds: one more keeps the wait at least n.
		at := x.now.Add(time.Duration(n+1) * time.Second)
		x.w.Header().Set("Retry-After", at.UTC().Format(http.TimeFormat))
	}
}
