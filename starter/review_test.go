package main

import (
	"context"
	"encoding/json"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
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

	ctx, stop := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"review", "--listen", "127.0.0.1:0"}, console{in: strings.NewReader(""), out: &out, err: &errs, environ: env})
	}()
	link := regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/enter/\w+`)
	require.Eventually(t, func() bool { return link.MatchString(out.String()) }, waitMost, waitTick, "%s", &errs)
	found := link.FindStringSubmatch(out.String())

	b := browser.Start(t)
	b.Open(t, found[0], browser.View{Width: 390})
	answer := func(who string) *browser.Page {
		p := b.Open(t, found[1]+"/m/looked-at", browser.View{Width: 390})
		p.Do(chromedp.Focus("input[name=approver]"), chromedp.KeyEvent(who), chromedp.Focus("button.yes"), chromedp.KeyEvent(kb.Enter))
		return p
	}
	var said string
	answer("kim@example.com").Do(chromedp.Text("[role=alert]", &said))
	assert.Contains(t, said, "Those who may: jo@example.com")
	answer("jo@example.com").Do(chromedp.Text("main.message h1", &said))
	assert.Equal(t, "The report is approved", said)
	waitFor(t, "migration/looked-at", func(p api.Progress) bool { return p.Status == api.StatusCompleted })
	p := b.Open(t, found[1]+"/", browser.View{Width: 1280})
	require.Eventually(t, func() bool {
		p.Do(chromedp.Reload())
		return strings.Contains(browser.Ask[string](p, `document.querySelector("main").innerText`), "looked-at")
	}, waitMost, waitTick)
	stop()
	assert.Equal(t, exitDone, <-ended)
}
