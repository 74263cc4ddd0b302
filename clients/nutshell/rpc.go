package nutshell

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// maxRequest is the largest JSON body the server takes (nutshell contract 1.2).
const maxRequest = 4 << 20

// reply is the result of a JSON-RPC call, numbers as json.Number.
type reply struct {
	result  any
	present bool
}

// rpc describes one JSON-RPC call.
type rpc struct {
	method string
	kind   Kind
	params map[string]any
	actAs  string
	// usable tells whether a result is one: an answer without what every
	// answer of its kind has is no answer (nutshell contract 7.2). nil: any
	// result that is there.
	usable func(result any) bool
}

// call runs a JSON-RPC call and answers its result.
func (c *Client) call(ctx context.Context, r rpc) (any, error) {
	if r.params == nil {
		r.params = map[string]any{}
	}
	k := &call{
		method: r.method, kind: r.kind, classes: classesOf(r), verb: http.MethodPost, url: c.base + "/api/v1/json",
		contentType: "application/json", username: r.actAs, timeout: c.timeout,
	}
	var id string
	first, err := encode(map[string]any{"jsonrpc": "2.0", "method": r.method, "params": r.params})
	if err != nil {
		return nil, k.fail(NotSent, "params cannot be written as JSON", nil)
	}
	body := func() []byte { // each attempt has an id of its own
		id = c.nextID()
		return slices.Concat([]byte(`{"id":"`+id+`",`), first[1:])
	}
	if e := k.tooLarge(body()); e != nil {
		return nil, e
	}
	k.size = int64(len(body()))
	k.body = func() (io.Reader, error) { return bytes.NewReader(body()), nil }
	var result any
	k.accept = func(status int, b []byte) *Error {
		got, e := k.readEnvelope(status, b, id)
		if e != nil {
			return e
		}
		if !got.present || (r.usable != nil && !r.usable(got.result)) {
			return k.broken(status, "answer without a usable result")
		}
		result = got.result
		return nil
	}
	err = c.do(ctx, k)
	return result, err
}

func (c *call) setBody(b []byte) {
	c.size = int64(len(b))
	c.body = func() (io.Reader, error) { return bytes.NewReader(b), nil }
}

// tooLarge answers for the server, which would read the body only to refuse it.
func (c *call) tooLarge(body []byte) *Error {
	if len(body) <= maxRequest {
		return nil
	}
	e := c.answered(http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, "Request too large")
	e.Fault = "request above 4 MiB, not sent"
	return e
}

// readEnvelope reads a JSON-RPC answer: the body first, the HTTP status where
// the body is no JSON object (nutshell contract 7.3).
func (c *call) readEnvelope(status int, body []byte, id string) (reply, *Error) {
	v, err := decode(body)
	m, isObject := v.(map[string]any)
	switch {
	case !isObject && success(status) && len(bytes.TrimSpace(body)) == 0:
		return reply{}, c.broken(status, "empty answer")
	case !isObject && success(status) && err != nil:
		return reply{}, c.broken(status, "answer is not JSON, or cut short")
	case !isObject && success(status):
		return reply{}, c.broken(status, "answer is not an object")
	case !isObject:
		return reply{}, c.answered(status, 0, "")
	}
	if fault := m["error"]; fault != nil {
		code, reason := faultIn(fault)
		return reply{}, c.answered(status, code, reason)
	}
	if !success(status) {
		return reply{}, c.answered(status, 0, Text(m["message"]))
	}
	if echoed := Text(m["id"]); echoed != "" && echoed != id {
		return reply{}, c.broken(status, "answer to another call")
	}
	result, present := m["result"]
	return reply{result: result, present: present}, nil
}

// faultIn reads an error member: an object as documented, else its text.
func faultIn(v any) (code int, reason string) {
	m, ok := v.(map[string]any)
	if !ok {
		return codeInternal, Text(v)
	}
	n, ok := Number(m["code"])
	if !ok || n == 0 || n != float64(int(n)) {
		return codeInternal, Text(m["message"])
	}
	return int(n), Text(m["message"])
}

// classesOf names the limiters a call counts against (nutshell contract 1.5).
func classesOf(r rpc) []string {
	switch {
	case finds[r.method]:
		if stubs, set := r.params["stubResponses"].(bool); set && !stubs {
			return []string{ClassAll, ClassFind}
		}
	case strings.HasPrefix(r.method, "get") && gets[r.method[len("get"):]]:
		return []string{ClassAll, ClassGet}
	}
	return []string{ClassAll}
}

var finds = map[string]bool{
	"findContacts": true, "findAccounts": true, "findLeads": true, "findActivities": true,
	"findTasks": true, "findUsers": true, "findTeams": true,
}

var gets = map[string]bool{
	"Contact": true, "Account": true, "Lead": true, "Note": true,
	"Task": true, "Activity": true, "User": true, "Team": true,
}

// encode writes JSON without the HTML escapes of encoding/json.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// decode reads one JSON value, numbers as json.Number, and nothing after it.
func decode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, io.ErrUnexpectedEOF
	}
	return v, nil
}
