package account_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/clients/nutshell"
	"rezora2nutshell/internal/step"
)

// proxy is an account that behaves as the simulator does not: it changes JSON-RPC calls and their answers.
type proxy struct {
	http.RoundTripper
	call   func(method string, params map[string]any)
	answer func(method string, body map[string]any)
}

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Content-Type") != "application/json" || r.Body == nil {
		return p.RoundTripper.RoundTrip(r)
	}
	sent := decode(r.Body)
	method, _ := sent["method"].(string)
	if params, ok := sent["params"].(map[string]any); ok && p.call != nil {
		p.call(method, params)
	}
	raw, _ := json.Marshal(sent)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	resp, err := p.RoundTripper.RoundTrip(r)
	if err != nil || p.answer == nil {
		return resp, err
	}
	got := decode(resp.Body)
	p.answer(method, got)
	raw, _ = json.Marshal(got)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	resp.Header.Del("Content-Length")
	return resp, nil
}

func decode(body io.ReadCloser) map[string]any {
	defer body.Close()
	dec := json.NewDecoder(body)
	dec.UseNumber()
	out := map[string]any{}
	_ = dec.Decode(&out)
	return out
}

func through(p proxy) setup {
	return setup{before: everyField, options: func(o *nutshell.Options) {
		p.RoundTripper = nutshell.NewTransport(2)
		o.Transport = p
	}}
}

func result(body map[string]any) map[string]any {
	r, _ := body["result"].(map[string]any)
	return r
}

// Notes that are found in no way cannot be resolved: the run does not start.
func TestNotesThatAreNotFound(t *testing.T) {
	w := newWorld(t, through(proxy{answer: func(method string, body map[string]any) {
		switch method {
		case "findTimeline":
			body["result"] = []any{}
		case "getContact":
			if r := result(body); r != nil {
				r["notes"] = []any{}
			}
		}
	}}))
	_, err := w.Probe(t.Context())
	var parked *step.Parked
	require.ErrorAs(t, err, &parked)
	assert.Equal(t, "probe_14", parked.Park.Code)
	w.clean(t)
}

func TestNotesFoundOneWayOnly(t *testing.T) {
	w := newWorld(t, through(proxy{answer: func(method string, body map[string]any) {
		if method == "findTimeline" {
			body["result"] = []any{}
		}
	}}))
	out, err := w.Probe(t.Context())
	require.NoError(t, err)
	assert.Contains(t, texts(out)["P14"], "timeline does not show")
	w.clean(t)
}

// Old revs that are accepted are told, and the records are deleted all the same.
func TestOldRevsAccepted(t *testing.T) {
	for _, accepts := range []string{"deleteContact", "editContact"} {
		w := newWorld(t, through(proxy{call: func(method string, params map[string]any) {
			if method == accepts {
				params["rev"] = "REV_IGNORE"
			}
		}}))
		out, err := w.Probe(t.Context())
		require.NoError(t, err)
		assert.Contains(t, texts(out)["P11"], "is accepted", accepts)
		w.clean(t)
	}
}

// A given creation time that is honoured is told and not used.
func TestCreatedTimeHonoured(t *testing.T) {
	asked := map[string]any{}
	w := newWorld(t, through(proxy{
		call: func(method string, params map[string]any) {
			if c, ok := params["contact"].(map[string]any); ok && method == "newContact" {
				asked["time"] = c["createdTime"]
			}
		},
		answer: func(method string, body map[string]any) {
			if r := result(body); r != nil && method == "newContact" && asked["time"] != nil {
				r["createdTime"] = asked["time"]
			}
		}}))
	out, err := w.Probe(t.Context())
	require.NoError(t, err)
	assert.Contains(t, texts(out)["P16"], "honoured")
	w.clean(t)
}

// A value that comes back changed is told by its type.
func TestAlteredValues(t *testing.T) {
	w := newWorld(t, through(proxy{answer: func(method string, body map[string]any) {
		if custom, ok := result(body)["customFields"].(map[string]any); ok && method == "getContact" && custom["Probe date"] != nil {
			custom["Probe date"] = "2024-02-28"
		}
	}}))
	out, err := w.Probe(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"date"}, out.Altered)
	w.clean(t)
}
