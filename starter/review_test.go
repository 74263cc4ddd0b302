package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/api"
	"rezora2nutshell/internal/archive"
	"rezora2nutshell/internal/browser"
	"rezora2nutshell/internal/report"
	"rezora2nutshell/internal/step"
)

func TestReviewRefusesToServeStrangers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"everywhere, bare":       {[]string{"--listen", "0.0.0.0:0"}, "--identity-header"},
		"everywhere, no port":    {[]string{"--listen", ":0"}, "--tls-cert"},
		"by name":                {[]string{"--listen", "review.example.com:443", "--tls-cert", "a", "--tls-key", "b"}, "--identity-header"},
		"identity without TLS":   {[]string{"--identity-header", "X-Email"}, "--tls-cert"},
		"certificate, no key":    {[]string{"--tls-cert", "a"}, "go together"},
		"certificate is missing": {[]string{"--tls-cert", "/none/a", "--tls-key", "/none/b"}, "/none/a"},
		"no address":             {[]string{"--listen", "8090"}, "host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			command(t, live("LEDGER_URL", "sqlite:"+filepath.Join(t.TempDir(), "l.db")), append([]string{"review"}, c.args...)...).oneLine(t, exitUsage, c.says)
		})
	}
}

// From the printed link to a migration that goes on: a browser, a server and a workflow, all real.
func TestReviewDecidesInABrowser(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	dir := t.TempDir()
	env["ARCHIVE_URL"] = (&url.URL{Scheme: "file", Path: dir}).String()
	env["LEDGER_URL"] = "sqlite:" + filepath.Join(dir, "l.db")
	diff := report.SampleDiff{Migration: "looked-at", Approvers: []string{"jo@example.com"}}
	require.NoError(t, report.Seal(&diff, []byte("map"), "root"))
	a, err := archive.Open(t.Context(), env["ARCHIVE_URL"], "")
	require.NoError(t, err)
	require.NoError(t, a.For("looked-at").Write(t.Context(), "sample-diff.html", diff.HTML))
	require.NoError(t, a.Close())
	s.on(step.SampleDiff, func(context.Context, json.RawMessage) (any, error) {
		return step.ReportOut{URL: "file:///x/sample-diff.html", Digest: diff.Digest}, nil
	})
	command(t, env, "start", "looked-at", "--approvers", "jo@example.com", "--delta-window", "0s").done(t)
	waitFor(t, "migration/looked-at", atGate)

	link, stop := serveReview(t, env, regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/enter/\w+`))
	b := browser.Start(t)
	b.Open(t, link[0], browser.View{Width: 390})
	answer := func(who string) *browser.Page {
		p := b.Open(t, link[1]+"/m/looked-at", browser.View{Width: 390})
		p.Do(chromedp.Focus("input[name=approver]"), chromedp.KeyEvent(who), chromedp.Focus("button.yes"), chromedp.KeyEvent(kb.Enter))
		return p
	}
	var said string
	answer("kim@example.com").Do(chromedp.Text("[role=alert]", &said))
	assert.Contains(t, said, "Those who may: jo@example.com")
	answer("jo@example.com").Do(chromedp.Text("main.message h1", &said))
	assert.Equal(t, "The report is approved", said)
	waitFor(t, "migration/looked-at", func(p api.Progress) bool { return p.Status == api.StatusCompleted })
	p := b.Open(t, link[1]+"/", browser.View{Width: 1280})
	require.Eventually(t, func() bool {
		p.Do(chromedp.Reload())
		return strings.Contains(browser.Ask[string](p, `document.querySelector("main").innerText`), "looked-at")
	}, waitMost, waitTick)
	stop()
}

// serveReview runs the command until the test ends or stops it, and finds in what it prints where it serves.
func serveReview(t *testing.T, env map[string]string, address *regexp.Regexp, flags ...string) (found []string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"review", "--listen", "127.0.0.1:0"}, flags...), console{in: strings.NewReader(""), out: &out, err: &errs, environ: env})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.Equal(t, exitDone, <-ended)
	})
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return address.MatchString(out.String()) }, waitMost, waitTick, "%s", &errs)
	return address.FindStringSubmatch(out.String()), stop
}

// selfSigned writes a certificate for 127.0.0.1 and its key, and gives a client that trusts no other.
func selfSigned(t *testing.T) (cert, key string, trusting *http.Client) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	pair := s.TLS.Certificates[0]
	secret, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	file := func(name, kind string, body []byte) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: body}), 0o600))
		return path
	}
	return file("tls.crt", "CERTIFICATE", pair.Certificate[0]), file("tls.key", "PRIVATE KEY", secret), s.Client()
}

// Behind a reverse proxy: over TLS, for whom the header names, and for nobody else. A rollback that follows is shown to its end.
func TestReviewBehindAProxyShowsTheRollbackToo(t *testing.T) {
	t.Parallel()
	s, env := theWorker(t)
	dir := t.TempDir()
	env["ARCHIVE_URL"] = (&url.URL{Scheme: "file", Path: dir}).String()
	env["LEDGER_URL"] = "sqlite:" + filepath.Join(dir, "l.db")
	cert, key, trusting := selfSigned(t)
	found, _ := serveReview(t, env, regexp.MustCompile(`serving on (https://127\.0\.0\.1:\d+) for`), "--tls-cert", cert, "--tls-key", key, "--identity-header", "X-Forwarded-Email")
	base := found[1]
	read := func(path string, who ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		require.NoError(t, err)
		r.Header["X-Forwarded-Email"] = who
		answer, err := trusting.Do(r)
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(body)
	}

	for name, who := range map[string][]string{"nobody": nil, "no address": {"jo"}, "two people": {"jo@example.com", "kim@example.com"}} {
		code, page := read("/", who...)
		assert.Equal(t, http.StatusForbidden, code, name)
		assert.Contains(t, page, "X-Forwarded-Email", name)
	}
	code, page := read("/", "jo@example.com")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, page, "Signed in as jo@example.com")
	_, err := new(http.Client).Get(base) //nolint:noctx // refused before anything is sent
	require.ErrorContains(t, err, "certificate", "whoever does not know the certificate does not talk to it")
	plain, err := new(http.Client).Get("http" + strings.TrimPrefix(base, "https")) //nolint:noctx // one answer
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, plain.StatusCode, "no page without TLS")
	require.NoError(t, plain.Body.Close())

	command(t, env, "start", "taken-back", "--approvers", "jo@example.com", "--delta-window", "0s").done(t)
	waitFor(t, "migration/taken-back", atGate)
	command(t, env, "confirm", "taken-back", "--approve", "--approver", "jo@example.com", "--report", testDigest).done(t)
	command(t, env, "status", "taken-back").done(t)
	held := make(chan struct{})
	s.on(step.PlanUndo, func(context.Context, json.RawMessage) (any, error) {
		return step.PlanOut{Counters: step.Counters{Objects: []api.ObjectProgress{{Object: "people", Total: 1720, Reverted: 1234, Kept: 7}}}}, nil
	})
	s.on(step.Prove, func(ctx context.Context, _ json.RawMessage) (any, error) {
		select {
		case <-held:
		case <-ctx.Done():
		}
		return step.ReportOut{URL: "file:///x/rollback.html"}, ctx.Err()
	})
	command(t, env, "rollback", "taken-back").done(t)
	waitFor(t, "rollback/taken-back", func(p api.Progress) bool { return p.Objects[1].Reverted > 0 })
	_, page = read("/m/taken-back", "jo@example.com")
	assert.Contains(t, page, "Phase <b>rollback</b>, <b>running</b>")
	assert.Contains(t, page, `<th scope="row">people</th><td>1,234</td><td>7</td><td>1,720</td>`)
	assert.NotContains(t, page, "rollback.html")

	a, err := archive.Open(t.Context(), env["ARCHIVE_URL"], "")
	require.NoError(t, err)
	require.NoError(t, a.For("taken-back").Write(t.Context(), "rollback.html", func(w io.Writer) error { _, err := io.WriteString(w, "the proof"); return err }))
	require.NoError(t, a.Close())
	close(held)
	require.Eventually(t, func() bool {
		_, page = read("/m/taken-back", "jo@example.com")
		return strings.Contains(page, "Phase <b>rollback</b>, <b>rolled_back</b>")
	}, waitMost, waitTick)
	report := regexp.MustCompile(`/reports/\w+/taken-back/rollback\.html`).FindString(page)
	require.NotEmpty(t, report, page)
	_, text := read(report)
	assert.Equal(t, "the proof", text)
	require.Eventually(t, func() bool {
		_, page = read("/", "jo@example.com")
		return strings.Count(page, `href="/m/taken-back"`) == 1
	}, waitMost, waitTick, "both workflows are one migration")
}
