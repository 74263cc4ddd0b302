package report_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rezora2nutshell/internal/report"
)

// browser starts one headless Chromium; a machine without one fails here.
func browser(t *testing.T) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	require.NotEmpty(t, program, "no Chromium on the PATH; tools/prepare installs one")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	require.NoError(t, chromedp.Run(ctx))
	return ctx
}

// complaints gathers what the console and the browser's log say: errors of scripts, refusals by the page's policy.
type complaints struct {
	mu    sync.Mutex
	lines []string
}

func (c *complaints) listen(ctx context.Context) {
	chromedp.ListenTarget(ctx, func(event any) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if !strings.Contains(e.Entry.URL, "favicon.ico") {
				c.lines = append(c.lines, e.Entry.Text)
			}
		case *runtime.EventConsoleAPICalled:
			c.lines = append(c.lines, "console "+e.Type.String())
		case *runtime.EventExceptionThrown:
			c.lines = append(c.lines, e.ExceptionDetails.Text)
		}
	})
}

func (c *complaints) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lines...)
}

// serve gives pages under their names and counts what else a page asks for.
func serve(t *testing.T, pages map[string]report.Page) (*httptest.Server, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var others []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if p, ok := pages[strings.ReplaceAll(name, "%20", " ")]; ok {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_ = p.HTML(w)
			return
		}
		if name != "favicon.ico" {
			mu.Lock()
			others = append(others, name)
			mu.Unlock()
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s, func() []string { mu.Lock(); defer mu.Unlock(); return others }
}

// oddSample is 500 records with values that break careless pages.
func oddSample() report.SampleDiff {
	d := report.SampleDiff{Migration: "acme"}
	values := []string{
		strings.Repeat("averyverylongword", 40), "שלום וברוכים הבאים לכאן", "🏠🏡👩‍👩‍👧 emoji", `<script>document.title="hacked"</script><b>bold</b>`,
		strings.Repeat("a long note. ", 5000), "https://example.com/" + strings.Repeat("path/", 60), "tab\tand\nline\r\nend", "",
	}
	verdicts := []string{"equal", "transformed", "truncated", "mismatch", "missing"}
	for i := range 500 {
		rec := report.DiffRecord{Object: []string{"people", "companies", "leads", "notes"}[i%4], SourceID: fmt.Sprint(i), TargetType: "Contacts", TargetID: int64(i)}
		for f := range 12 {
			v := values[(i+f)%len(values)]
			if len(v) > 10_000 && i%50 > 0 {
				v = v[:300]
			}
			rec.Fields = append(rec.Fields, report.DiffField{Field: fmt.Sprintf("customFields.Field %d", f), Source: v, Target: v + "!", Verdict: verdicts[(i+f)%5], Reason: "a rule of the map"})
		}
		d.Records = append(d.Records, rec)
	}
	return d
}

const wider = `document.documentElement.scrollWidth - document.documentElement.clientWidth`

// faint lists visible texts whose contrast with what is behind them is less than 4.5.
const faint = `(() => {
  const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return {c: m.slice(0, 3), a: m.length > 3 ? m[3] : 1}; };
  const lum = c => { const f = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); }); return 0.2126*f[0] + 0.7152*f[1] + 0.0722*f[2]; };
  const behind = e => { const layers = []; for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e).backgroundColor); if (b.a > 0) { layers.push(b); if (b.a === 1) break; } }
    let c = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    for (const l of layers.reverse()) c = c.map((v, i) => v*(1-l.a) + l.c[i]*l.a); return c; };
  const out = {};
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(), seen = 0; n && seen < 6000; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.textContent.trim() || !e.checkVisibility({checkVisibilityCSS: true}) || ["SCRIPT", "STYLE"].includes(e.tagName)) continue;
    seen++;
    const s = getComputedStyle(e), fg = rgb(s.color), bg = behind(e), c = fg.c.map((v, i) => v*fg.a + bg[i]*(1-fg.a));
    const a = lum(c), b = lum(bg), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) out[e.tagName + "." + e.className + " " + s.color] = Math.round(ratio*100)/100;
  }
  return out;
})()`

// unnamed lists controls without a name that a screen reader could say, and those that keys do not reach.
const unnamed = `Array.from(document.querySelectorAll("a, button, select, input, summary")).filter(e => e.checkVisibility()).filter(e =>
  e.tabIndex < 0 || !(e.textContent.trim() || e.getAttribute("aria-label") || (e.labels && e.labels.length))).map(e => e.outerHTML.slice(0, 120))`

func TestReportsInABrowser(t *testing.T) {
	ctx := browser(t)
	pages := allPages(t)
	pages["odd"] = oddSample()
	server, others := serve(t, pages)
	assert.Less(t, len(text(t, pages["odd"].HTML)), 5_000_000)
	for _, name := range []string{"sample-diff", "pre-migration", "reconciliation", "rollback", "rebuild-guide", "odd", "empty sample-diff", "empty reconciliation"} {
		t.Run(name, func(t *testing.T) {
			tab, closeTab := chromedp.NewContext(ctx)
			defer closeTab()
			var said complaints
			said.listen(tab)
			for _, scheme := range []string{"light", "dark"} {
				var over float64
				var dim map[string]float64
				var nameless []string
				var title string
				require.NoError(t, chromedp.Run(tab,
					log.Enable(), runtime.Enable(),
					emulation.SetDeviceMetricsOverride(390, 844, 2, true),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
					chromedp.Navigate(server.URL+"/"+strings.ReplaceAll(name, " ", "%20")),
					chromedp.Evaluate(`document.querySelectorAll("details").forEach((d, i) => { d.open = i < 60; })`, nil),
					chromedp.Evaluate(wider, &over), chromedp.Evaluate(faint, &dim), chromedp.Evaluate(unnamed, &nameless), chromedp.Title(&title),
				))
				assert.LessOrEqual(t, over, 0.0, "%s: scrolls sideways at 390 px", scheme)
				assert.Empty(t, dim, "%s: text that is hard to read", scheme)
				assert.Empty(t, nameless, "%s: controls without a name, or out of reach of keys", scheme)
				assert.NotEqual(t, "hacked", title)
			}
			assert.Empty(t, said.all(), "the browser complains")
		})
	}
	assert.Empty(t, others(), "pages ask for nothing")
}

func TestAReportIsUsedByKeysAlone(t *testing.T) {
	ctx := browser(t)
	server, _ := serve(t, map[string]report.Page{"diff": sampleDiff()})
	const focused = `(() => { const e = document.activeElement, s = getComputedStyle(e); return e.tagName + (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 ? "" : " without outline"); })()`
	var first, bare []string
	require.NoError(t, chromedp.Run(ctx, chromedp.Navigate(server.URL+"/diff")))
	for range 60 { // as far as the filters and the records
		var at string
		require.NoError(t, chromedp.Run(ctx, chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(focused, &at)))
		first = append(first, at)
		if strings.Contains(at, "without") && !strings.HasPrefix(at, "BODY") {
			bare = append(bare, at)
		}
	}
	assert.Empty(t, bare, "a focus that nobody sees")
	for _, kind := range []string{"SUMMARY", "BUTTON", "SELECT", "INPUT"} {
		assert.Contains(t, first, kind, "keys reach it")
	}

	var before, open bool
	var shown string
	require.NoError(t, chromedp.Run(ctx,
		chromedp.Evaluate(`(() => { const s = document.querySelector(".rec summary"); s.focus(); return s.parentElement.open; })()`, &before),
		chromedp.KeyEvent(kb.Enter),
		chromedp.Evaluate(`document.querySelector(".rec").open`, &open),
		chromedp.Focus(`#filters [name=text]`), chromedp.KeyEvent("9001234"),
		chromedp.Poll(`document.querySelector("#filters output").textContent.includes(" of ")`, nil),
		chromedp.Text(`#filters output`, &shown),
	))
	assert.NotEqual(t, before, open, "Enter opens and closes a record")
	assert.Regexp(t, `^\d+ of 19 records$`, shown)
	var left, hidden int
	require.NoError(t, chromedp.Run(ctx, chromedp.Evaluate(`document.querySelectorAll(".rec:not([hidden])").length`, &left),
		chromedp.Evaluate(`document.querySelectorAll(".rec[hidden]").length`, &hidden)))
	assert.Equal(t, fmt.Sprintf("%d of 19 records", left), shown)
	assert.Equal(t, 19, left+hidden)
	assert.Positive(t, left)
}

// What the checks above look for is found where it is.
func TestTheChecksOfTheBrowserFindFaults(t *testing.T) {
	ctx := browser(t)
	var over float64
	var dim map[string]float64
	var nameless []string
	require.NoError(t, chromedp.Run(ctx, emulation.SetDeviceMetricsOverride(390, 844, 2, true), chromedp.Navigate("about:blank"),
		chromedp.Evaluate(`document.body.innerHTML = '<p style="color:#bbb;width:2000px">pale</p><button></button>'`, nil),
		chromedp.Evaluate(wider, &over), chromedp.Evaluate(faint, &dim), chromedp.Evaluate(unnamed, &nameless)))
	assert.Positive(t, over)
	assert.NotEmpty(t, dim)
	assert.Len(t, nameless, 1)
}
