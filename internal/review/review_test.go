package review_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/browser"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/review"
)

// world is one migration at its gate: a fake of what Temporal does, which holds decisions to the rules of the real workflow.
type world struct {
	mu        sync.Mutex
	flow      review.Flow
	decisions []api.Decision
	archive   *archive.Archive
}

func (w *world) List(context.Context) ([]review.Flow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []review.Flow{w.flow}, nil
}

func (w *world) Look(_ context.Context, name string) (review.Flow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name != w.flow.Name {
		return review.Flow{}, review.ErrUnknown
	}
	return w.flow, nil
}

func (w *world) Confirm(_ context.Context, _ review.Flow, d api.Decision) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.flow.Gate() {
		return &review.Refused{Reason: "no gate is open: the run is in phase companies, running"}
	}
	if err := d.Check(w.flow.Progress.Digest, w.flow.Approvers, true); err != nil {
		return &review.Refused{Reason: err.Error()}
	}
	w.decisions = append(w.decisions, d)
	w.flow.Progress.Status, w.flow.Progress.WaitingFor, w.flow.Progress.Phase = api.StatusRunning, "", "companies"
	return nil
}

// newReport puts a report of n records at the gate.
func (w *world) newReport(t *testing.T, n int) string {
	t.Helper()
	d := report.SampleDiff{Migration: "acme-2026", Approvers: w.flow.Approvers}
	for i := range n {
		d.Records = append(d.Records, report.DiffRecord{Object: "people", SourceID: fmt.Sprint(i), TargetType: "Contacts", TargetID: int64(i + 1),
			Fields: []report.DiffField{{Field: "name", Source: fmt.Sprintf("Person %d", i), Target: fmt.Sprintf("Person %d", i), Verdict: "equal"}}})
	}
	require.NoError(t, report.Seal(&d, []byte("map"), "root"))
	folder := w.archive.For("acme-2026")
	require.NoError(t, folder.Write(t.Context(), "sample-diff.html", d.HTML))
	require.NoError(t, folder.Write(t.Context(), "sample-diff.json", d.JSON))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flow.Progress.Digest = d.Digest
	return d.Digest
}

func newWorld(t *testing.T, header string, approvers ...string) (*world, *httptest.Server, string) {
	t.Helper()
	a, err := archive.Open(t.Context(), (&url.URL{Scheme: "file", Path: t.TempDir()}).String(), "")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	p := api.NewProgress("acme-2026", api.PhaseApproval)
	p.Status, p.WaitingFor, p.Reason = api.StatusWaiting, api.Confirm, "read the report, then confirm or reject it"
	p.Objects[1].Total, p.Objects[1].Created = 61230, 300
	w := &world{archive: a, flow: review.Flow{Name: "acme-2026", Run: "r", Approvers: approvers, Progress: p}}
	w.newReport(t, 12)
	s := review.New(w, a, header, zap.NewNop())
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return w, server, server.URL + s.Link()
}

// visitor is a browser without a screen.
type visitor struct {
	*http.Client
	header, who string
}

func (v visitor) do(t *testing.T, method, address string, form url.Values, more ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.header != "" {
		r.Header.Set(v.header, v.who)
	}
	for i := 0; i < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	answer, err := v.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body), answer.Header
}

func newVisitor(t *testing.T) visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return visitor{Client: &http.Client{Jar: jar}}
}

var hidden = regexp.MustCompile(`name="(token|report)" value="([0-9a-f]+)"`)

// fields are the hidden fields of the form on a page.
func fields(page string) url.Values {
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		v.Set(m[1], m[2])
	}
	return v
}

func TestLinkWorksOnce(t *testing.T) {
	_, server, link := newWorld(t, "")
	first, second := newVisitor(t), newVisitor(t)
	code, page, _ := second.do(t, "GET", server.URL+"/", nil)
	assert.Equal(t, http.StatusForbidden, code)
	assert.Contains(t, page, "one-time link")
	code, _, _ = first.do(t, "GET", server.URL+"/enter/guessed", nil)
	assert.Equal(t, http.StatusForbidden, code)
	code, page, head := first.do(t, "GET", link, nil)
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, page, "acme-2026")
	assert.NotContains(t, head.Get("Content-Security-Policy"), "unsafe")
	code, _, _ = second.do(t, "GET", link, nil)
	assert.Equal(t, http.StatusForbidden, code, "the link is spent")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/", nil)
	require.NoError(t, err)
	r.Host = "evil.example"
	answer, err := first.Do(r)
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Equal(t, http.StatusForbidden, answer.StatusCode, "a foreign name that points here")
}

func TestDecisions(t *testing.T) {
	w, server, link := newWorld(t, "", "jo@example.com")
	v := newVisitor(t)
	v.do(t, "GET", link, nil)
	address := server.URL + "/m/acme-2026"
	_, page, _ := v.do(t, "GET", address, nil)
	form := fields(page)
	send := func(f url.Values, more ...string) (int, string) {
		code, page, _ := v.do(t, "POST", address+"/decision", f, more...)
		return code, page
	}
	with := func(keys ...string) url.Values {
		f := url.Values{"token": form["token"], "report": form["report"], "decision": {"approve"}, "approver": {"jo@example.com"}}
		for i := 0; i < len(keys); i += 2 {
			f.Set(keys[i], keys[i+1])
		}
		return f
	}
	for name, c := range map[string]struct {
		form url.Values
		more []string
		code int
		says string
	}{
		"another site":   {with(), []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, "cross-origin"},
		"no token":       {with("token", ""), nil, http.StatusForbidden, "Nothing was sent"},
		"no choice":      {with("decision", "perhaps"), nil, http.StatusConflict, "approve or reject"},
		"no address":     {with("approver", "jo"), nil, http.StatusConflict, "e-mail address"},
		"no report":      {with("report", ""), nil, http.StatusConflict, "does not name the report"},
		"not entitled":   {with("approver", "kim@example.com"), nil, http.StatusConflict, "Those who may: jo@example.com"},
		"another report": {with("report", strings.Repeat("0", 64)), nil, http.StatusConflict, "not the one that waits"},
	} {
		code, page := send(c.form, c.more...)
		assert.Equal(t, c.code, code, name)
		assert.Contains(t, page, c.says, name)
		assert.Empty(t, w.decisions, name)
	}
	w.newReport(t, 13)
	code, page := send(with("comment", "<b>stale"))
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, page, "The report on your screen is not the one that waits")
	assert.Contains(t, page, "&lt;b&gt;stale", "what was typed is kept")
	form = fields(page)
	code, page = send(with("decision", "reject", "comment", "not yet"))
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, page, "The report is rejected")
	assert.Equal(t, []api.Decision{{Approver: "jo@example.com", Comment: "not yet", Report: form.Get("report")}}, w.decisions)
	code, page = send(with())
	assert.Equal(t, http.StatusConflict, code)
	assert.Contains(t, page, "somebody else has decided meanwhile")
	assert.Len(t, w.decisions, 1)
}

func TestProxyNamesTheReader(t *testing.T) {
	w, server, link := newWorld(t, "X-Email", "jo@example.com")
	code, _, _ := newVisitor(t).do(t, "GET", link, nil)
	assert.Equal(t, http.StatusForbidden, code, "there is no link beside an identity")
	kim, jo := newVisitor(t), newVisitor(t)
	kim.header, kim.who, jo.header, jo.who = "X-Email", "kim@example.com", "X-Email", "Jo@example.com"
	address := server.URL + "/m/acme-2026"
	_, page, _ := kim.do(t, "GET", address, nil)
	assert.Contains(t, page, "You may read, but not decide")
	assert.NotContains(t, page, "<button")
	_, page, _ = jo.do(t, "GET", address, nil)
	form := fields(page)
	form.Set("decision", "approve")
	form.Set("approver", "someone.else@example.com")
	code, _, _ = kim.do(t, "POST", address+"/decision", form)
	assert.Equal(t, http.StatusForbidden, code, "a form is good for whom it was made")
	code, _, _ = jo.do(t, "POST", address+"/decision", form)
	assert.Equal(t, http.StatusOK, code)
	require.Len(t, w.decisions, 1)
	assert.Equal(t, "Jo@example.com", w.decisions[0].Approver, "the proxy says who, not the form")
}

func TestOnlyReportsAreServed(t *testing.T) {
	w, server, link := newWorld(t, "")
	require.NoError(t, w.archive.For("acme-2026").Write(t.Context(), "audit.jsonl", func(w io.Writer) error { _, err := io.WriteString(w, "secret"); return err }))
	v := newVisitor(t)
	v.do(t, "GET", link, nil)
	_, page, _ := v.do(t, "GET", server.URL+"/m/acme-2026", nil)
	pass := regexp.MustCompile(`/reports/[0-9a-f]+/`).FindString(page)
	require.NotEmpty(t, pass)
	code, body, head := v.do(t, "GET", server.URL+pass+"acme-2026/sample-diff.html", nil)
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "Person 3")
	assert.Contains(t, head.Get("Content-Security-Policy"), "sandbox")
	assert.NotContains(t, head.Get("Content-Security-Policy"), "allow-same-origin")
	for _, path := range []string{pass + "acme-2026/audit.jsonl", pass + "acme-2026/..%2fx", pass + "..%2f..%2fetc/passwd", "/reports/0000/acme-2026/sample-diff.html", pass + "other/sample-diff.html", "/m/..%2f", "/m/other"} {
		code, body, _ := v.do(t, "GET", server.URL+path, nil)
		assert.Equal(t, http.StatusNotFound, code, path)
		assert.NotContains(t, body, "secret")
	}
	require.NoError(t, w.archive.For("acme-2026").Write(t.Context(), "sample-diff.html", func(w io.Writer) error { _, err := io.WriteString(w, "another"); return err }))
	_, page, _ = v.do(t, "GET", server.URL+"/m/acme-2026", nil)
	assert.Contains(t, page, "The report cannot be shown")
	assert.NotContains(t, page, "<button")
}

func TestReviewInABrowser(t *testing.T) {
	b := browser.Start(t)
	w, server, link := newWorld(t, "", "jo@example.com", "kim@example.com")
	b.Open(t, link, browser.View{Width: 390})
	for _, path := range []string{"/", "/m/acme-2026", "/m/none"} {
		for _, view := range []browser.View{{Width: 390}, {Width: 390, Dark: true}, {Width: 1280}, {Width: 1280, Dark: true}} {
			p := b.Open(t, server.URL+path, view)
			assert.Zero(t, p.Overflow(), "%s %s: too wide: %v", path, view, p.Wide())
			assert.Empty(t, p.Pale(), "%s %s", path, view)
			if !view.Dark && path != "/m/none" {
				assert.Empty(t, p.Unreachable(), "%s %s: by keyboard", path, view)
				assert.Empty(t, p.Problems(), "%s %s", path, view)
			}
			for _, asked := range p.Requests() {
				assert.True(t, strings.HasPrefix(asked, server.URL+"/") || strings.HasPrefix(asked, "data:"), asked)
			}
			if dir := os.Getenv("REPORT_PICTURES"); dir != "" && path != "/" {
				require.NoError(t, os.WriteFile(dir+"/review"+strings.NewReplacer(" ", "", ",", "-", "/", "-").Replace(path+view.String())+".png", p.Picture(), 0o600))
			}
		}
	}

	jo, kim := b.Open(t, server.URL+"/m/acme-2026", browser.View{Width: 1280}), b.Open(t, server.URL+"/m/acme-2026", browser.View{Width: 390, NoScript: true})
	decide := func(p *browser.Page, who string) {
		p.Do(chromedp.Focus("input[name=approver]"), chromedp.KeyEvent(who), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("all is well"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	}
	decide(jo, "jo@example.com")
	var done string
	jo.Do(chromedp.Text("main.message h1", &done))
	assert.Equal(t, "The report is approved", done)
	decide(kim, "kim@example.com")
	var said string
	kim.Do(chromedp.Text("[role=alert]", &said))
	assert.Contains(t, said, "somebody else has decided meanwhile")
	require.Len(t, w.decisions, 1)
	assert.Equal(t, "all is well", w.decisions[0].Comment)
	assert.Empty(t, jo.Problems())
}

func TestProgressIsLive(t *testing.T) {
	w, server, link := newWorld(t, "")
	b := browser.Start(t)
	b.Open(t, link, browser.View{Width: 390})
	p := b.Open(t, server.URL+"/m/acme-2026", browser.View{Width: 390})
	w.newReport(t, 14)
	p.Do(chromedp.WaitVisible("#changed"))
	assert.Empty(t, p.Problems())
}
