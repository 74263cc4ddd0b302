package nutshell

import (
	"bytes"
	"net/http"
	"strings"
)

// rest prepares a REST call. route names it in errors and counters, so that
// paths and queries stay out of both.
func (c *Client) rest(route string, kind Kind, verb, path string) *call {
	return &call{method: "rest." + route, kind: kind, classes: []string{ClassAll}, verb: verb,
		url: c.base + path, timeout: c.timeout}
}

// readRest reads a REST answer that must be a JSON object.
func (c *call) readRest(status int, body []byte) (map[string]any, *Error) {
	v, e := c.readRestValue(status, body)
	if e != nil {
		return nil, e
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, c.broken(status, "answer is not an object")
	}
	return m, nil
}

// readRestValue reads a REST answer of any JSON form. Failures come as JSON in
// three forms, or as HTML (nutshell contract 5).
func (c *call) readRestValue(status int, body []byte) (any, *Error) {
	v, err := decode(body)
	if !success(status) {
		code, reason := restFault(v)
		return nil, c.answered(status, code, reason)
	}
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, c.broken(status, "empty answer")
	case err != nil:
		return nil, c.broken(status, "answer is not JSON, or cut short")
	}
	if m, ok := v.(map[string]any); ok {
		if errs := List(m["errors"]); len(errs) > 0 {
			_, reason := restFault(v)
			return nil, c.answered(status, http.StatusBadRequest, reason)
		}
	}
	return v, nil
}

// restFault reads code and reason: errors[].title and detail, else message.
func restFault(v any) (code int, reason string) {
	m, ok := v.(map[string]any)
	if !ok {
		return 0, Text(v)
	}
	var parts []string
	for _, item := range List(m["errors"]) {
		fault, _ := item.(map[string]any)
		for _, key := range []string{"title", "detail"} {
			if s := Text(fault[key]); s != "" {
				parts = append(parts, s)
			}
		}
	}
	if n, ok := Number(m["code"]); ok && n == float64(int(n)) {
		code = int(n)
	}
	if len(parts) == 0 {
		return code, Text(m["message"])
	}
	return code, strings.Join(parts, ": ")
}
